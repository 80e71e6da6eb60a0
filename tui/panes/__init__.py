"""The panes: what stands below the tabs, one sub-tab each. `pane_for` says which pane a sub-tab has."""

from __future__ import annotations

from tui.panes.base import Pane


def pane_for(subtab: str) -> Pane:
    """A new pane for a sub-tab; those without one of their own are forms drawn from the declarations.

    A pane is imported when it is first opened: the login stands on the screen the sooner for it.
    """
    match subtab:
        case "configuration.general":
            from tui.panes.general import GeneralPane

            return GeneralPane(subtab)
        case "configuration.date_time":
            from tui.panes.date_time import DateTimePane

            return DateTimePane(subtab)
        case "configuration.supervision":
            from tui.panes.supervision import SupervisionPane

            return SupervisionPane(subtab)
        case "energy_management.meters":
            from tui.panes.meters import MetersPane

            return MetersPane(subtab)
        case "extension":
            from tui.panes.extension import ExtensionPane

            return ExtensionPane(subtab)
        case "authentication":
            from tui.panes.badges import BadgesPane

            return BadgesPane(subtab)
        case "charge_history.history":
            from tui.panes.history import HistoryPane

            return HistoryPane(subtab)
        case "charge_history.publication":
            from tui.panes.publication import PublicationPane

            return PublicationPane(subtab)
        case "maintenance.status":
            from tui.panes.status import StatusPane

            return StatusPane(subtab)
        case "maintenance.report":
            from tui.panes.report import ReportPane

            return ReportPane(subtab)
        case "maintenance.control":
            from tui.panes.control import ControlPane

            return ControlPane(subtab)
        case "maintenance.password":
            from tui.panes.password import PasswordPane

            return PasswordPane(subtab)
        case "maintenance.update":
            from tui.panes.update import UpdatePane

            return UpdatePane(subtab)
        case _:
            from tui.panes.form import FormPane

            return FormPane(subtab)
