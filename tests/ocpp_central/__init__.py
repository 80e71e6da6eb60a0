"""An OCPP 1.6 central system for tests: a process of its own, on bare websockets and the JSON schemas.

    python -m tests.ocpp_central --port 0 --log messages.jsonl [--control] [--interval 300]

It prints `{"listening": PORT}`, answers every request of a charge, judges each message and each order of messages,
and writes all of it to the log, one JSON object a line, before it answers. Started again on the same log it knows
the transactions and the messages it has answered, as a central system with a database would. With `--control` it
takes commands from standard input, one JSON object a line (see `control.py`), and ends with it.
"""
