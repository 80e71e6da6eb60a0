"""An FTP server of one account in a process: `python -m tests.ocpp_central.ftp --folder DIR --port N`."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from pyftpdlib.authorizers import DummyAuthorizer  # type: ignore[import-untyped]
from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler  # type: ignore[import-untyped]
from pyftpdlib.servers import FTPServer  # type: ignore[import-untyped]

from tests.ocpp_central.places import USER, WORD


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--certificate")
    parser.add_argument("--passive-only", action="store_true")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    authorizer = DummyAuthorizer()
    authorizer.add_user(USER, WORD, str(arguments.folder), perm="elradfmw")
    handler = TLS_FTPHandler if arguments.certificate else FTPHandler
    handler.authorizer = authorizer
    handler.auth_failed_timeout = 0
    if arguments.certificate:
        handler.certfile = arguments.certificate
        handler.tls_control_required = True
        handler.tls_data_required = True
    if arguments.passive_only:
        handler.proto_cmds = {name: what for name, what in handler.proto_cmds.items() if name not in ("PORT", "EPRT")}
    server = FTPServer(("127.0.0.1", arguments.port), handler)
    print("listening", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
