"""Publication over the socket: its state, and TEST (R-196 to R-209)."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from evlink.publication.office import Office
from evlink.runtime.desk import Tasks
from evlink.runtime.rpc import NOT_NOW, Failure, Method, NoParams, Session


class Test(msgspec.Struct, forbid_unknown_fields=True):
    """Parameters of `publication.test`."""

    action: Literal["start", "status"] = "status"


def table(office: Office, tasks: Tasks) -> dict[str, Method]:
    """The methods; one TEST runs at a time."""

    async def status(session: Session, params: NoParams) -> dict[str, Any]:
        return await office.document()

    async def test(session: Session, params: Test) -> dict[str, Any]:
        if params.action == "start":
            if office.testing:
                raise Failure(NOT_NOW, "a test of the publication runs", fr="un essai de la publication est en cours")
            office.begin()
            tasks.start(office.test())
        return {"running": False} if office.trial is None else office.trial.document()

    return {"publication.status": Method(NoParams, status), "publication.test": Method(Test, test)}
