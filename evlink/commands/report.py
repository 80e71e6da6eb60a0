"""`evlink report`: the maintenance report as text, or as the HTML file that the terminal exports (R-219)."""

from __future__ import annotations

import os
import shutil
import sys
from typing import Any

from evlink.client import Client
from evlink.commands.files import check_name, write_file
from evlink.commands.output import clean, print_notice, wrong
from evlink.commands.station import Context, running


def report(context: Context) -> int:
    """Print the report, or write its HTML to a file; in the report's own language unless `--lang` says another."""
    args, t = context.args, context.t
    if args.file is not None and args.html is not None:
        raise wrong(t("{0} and {1} exclude each other").replace("{0}", "FILE.html").replace("{1}", "--html"))
    name = args.html if args.html is not None else args.file
    lang = getattr(args, "lang", "")
    if name is not None:
        if name != "-":
            check_name(name, t)
            if not name.lower().endswith((".html", ".htm")):
                raise wrong(t("{file}: a name that ends in .html is allowed", file=clean(name)))
        with running(context) as client:
            text = fetch(client, format="html", lang=lang)
        write_file(name, text, t)
        if name != "-":
            print_notice(t("Written: {file}", file=clean(name)))
        return 0
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() or "COLUMNS" in os.environ else 100
    with running(context) as client:
        text = fetch(client, format="text", lang=lang, width=max(40, min(400, width)))
    sys.stdout.write(text)
    return 0


def fetch(client: Client, **params: Any) -> str:
    """The whole report, piece by piece."""
    pieces: list[str] = []
    offset: int | None = 0
    while offset is not None:
        answer = client.call("report", offset=offset, **params)
        pieces.append(answer["text"])
        offset = answer["next"]
    return "".join(pieces)
