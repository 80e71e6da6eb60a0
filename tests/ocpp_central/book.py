"""What the central system knows: transactions, answered messages, and the judgement of what arrives."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


@dataclass
class Transaction:
    """A transaction by its id: which start made it, and the last energy seen."""

    id: int
    connector: int
    energy_wh: int
    stopped: bool = False


@dataclass
class Book:
    """The central system's memory, kept in its log: one JSON object a line, written before anything is answered."""

    log: Path
    interval_s: int = 300
    answered: dict[str, dict[str, Any]] = field(default_factory=dict)
    transactions: dict[int, Transaction] = field(default_factory=dict)
    accepted: bool = False
    next_transaction: int = 1001

    def __post_init__(self) -> None:
        if self.log.exists():
            requests: dict[str, tuple[str, dict[str, Any]]] = {}
            for line in self.log.read_text("utf-8").splitlines():
                entry = json.loads(line)
                match entry:
                    case {"dir": "in", "message": [2, str(id_), str(action), dict(payload)]}:
                        requests[id_] = (action, payload)
                    case {"dir": "out", "message": [3, str(id_), dict(answer)]} if id_ in requests:
                        self._learn(id_, *requests[id_], answer)
        self._file = self.log.open("ab", buffering=0)

    def write(self, direction: str, connection: int, **fields: Any) -> None:
        """Add a line to the log."""
        entry = {"at": time.time(), "dir": direction, "connection": connection, **fields}
        self._file.write(json.dumps(entry).encode() + b"\n")

    def judge(self, id_: str, action: str, payload: dict[str, Any]) -> str:
        """What is wrong with a valid request at this point of the story, empty where nothing is."""
        if action != "BootNotification" and not self.accepted:
            return f"{action} before the station was accepted"
        if id_ in self.answered:
            return ""
        if action not in ("MeterValues", "StopTransaction") or "transactionId" not in payload:
            return ""
        transaction = self.transactions.get(payload["transactionId"])
        if transaction is None:
            return f"{action} of transaction {payload['transactionId']}, which nobody started"
        if transaction.stopped:
            return f"{action} of transaction {transaction.id}, which is stopped"
        if action == "StopTransaction" and payload["meterStop"] < transaction.energy_wh:
            return f"meterStop {payload['meterStop']} is below the last meter value {transaction.energy_wh}"
        return ""

    def answer(self, id_: str, action: str, changes: dict[str, Any]) -> dict[str, Any]:
        """The answer to a request: the same again for a message that was answered before."""
        if id_ in self.answered:
            return self.answered[id_]
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        accepted = {"idTagInfo": {"status": "Accepted"}}
        usual: dict[str, Any] = {}
        match action:
            case "BootNotification":
                usual = {"status": "Accepted", "currentTime": now, "interval": self.interval_s}
            case "Heartbeat":
                usual = {"currentTime": now}
            case "Authorize":
                usual = accepted
            case "SignCertificate":
                usual = {"status": "Accepted"}
            case "StartTransaction":
                usual = {"transactionId": self.next_transaction, **accepted}
                self.next_transaction += 1
        return usual | changes

    def take(self, id_: str, action: str, payload: dict[str, Any], answer: dict[str, Any]) -> None:
        """Remember an answered request."""
        self._learn(id_, action, payload, answer)

    def _learn(self, id_: str, action: str, payload: dict[str, Any], answer: dict[str, Any]) -> None:
        if action == "BootNotification":
            self.accepted = answer.get("status") == "Accepted"
        if id_ in self.answered:
            return
        if action in ("StartTransaction", "MeterValues", "StopTransaction"):
            self.answered[id_] = answer
        if action == "StartTransaction" and isinstance(answer.get("transactionId"), int):
            number = answer["transactionId"]
            self.transactions[number] = Transaction(number, payload["connectorId"], payload["meterStart"])
            self.next_transaction = max(self.next_transaction, number + 1)
        transaction = self.transactions.get(payload.get("transactionId", 0))
        if transaction is None:
            return
        if action == "StopTransaction":
            transaction.stopped = True
        for sample in samples(payload):
            if sample.get("measurand") == "Energy.Active.Import.Register":
                transaction.energy_wh = int(sample["value"])


def literal(payload: Any) -> Any:
    """A payload with its meter values in the form that follows from the schema, whichever form they came in."""
    match payload:
        case {"timestamp": _, "values": [*samples]}:
            return {"timestamp": payload["timestamp"], "value": samples}
        case {"$value": text}:
            return {"value": text, **payload.get("attributes", {})}
        case dict():
            return {name: literal(value) for name, value in payload.items()}
        case list():
            return [literal(value) for value in payload]
        case _:
            return payload


def samples(payload: dict[str, Any]) -> list[dict[str, Any]]:
    """The samples of a MeterValues request of either version, in any form."""
    if "meterValue" in payload:
        return [sample for value in payload["meterValue"] for sample in value["sampledValue"]]
    return [sample for value in literal(payload.get("values", [])) for sample in value["value"]]
