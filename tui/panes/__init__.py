"""The panes: what stands below the tabs, one sub-tab each. `pane_for` says which pane a sub-tab has."""

from __future__ import annotations

from tui.panes.badges import BadgesPane
from tui.panes.base import Pane
from tui.panes.control import ControlPane
from tui.panes.form import FormPane
from tui.panes.general import GeneralPane
from tui.panes.history import HistoryPane
from tui.panes.password import PasswordPane
from tui.panes.report import ReportPane
from tui.panes.status import StatusPane
from tui.panes.update import UpdatePane


def pane_for(subtab: str) -> Pane:
    """A new pane for a sub-tab; those without one of their own are forms drawn from the declarations."""
    match subtab:
        case "configuration.general":
            return GeneralPane(subtab)
        case "authentication":
            return BadgesPane(subtab)
        case "charge_history.history":
            return HistoryPane(subtab)
        case "maintenance.status":
            return StatusPane(subtab)
        case "maintenance.report":
            return ReportPane(subtab)
        case "maintenance.control":
            return ControlPane(subtab)
        case "maintenance.password":
            return PasswordPane(subtab)
        case "maintenance.update":
            return UpdatePane(subtab)
        case _:
            return FormPane(subtab)
