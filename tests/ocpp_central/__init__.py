"""A central system for tests: a process of its own, on bare websockets and the JSON schemas.

    python -m tests.ocpp_central --port 0 --log messages.jsonl [--control] [--interval 300] [--speak 1.6|1.5|soap]

With `--tls FOLDER` it serves TLS with the chain and key of `server.pem` there, and demands a client certificate that
`clients.pem` issued where there is such a file.

It speaks OCPP 1.6 or 1.5 over a websocket, or 1.5 by SOAP; 1.5 is judged by the service descriptions in tests/data.

It prints `{"listening": PORT}`, answers every request of a charge, judges each message and each order of messages,
and writes all of it to the log, one JSON object a line, before it answers. Started again on the same log it knows
the transactions and the messages it has answered, as a central system with a database would. With `--control` it
takes commands from standard input, one JSON object a line (see `control.py`), and ends with it.
"""
