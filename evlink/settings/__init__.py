"""What can be set: every setting declared once, with the checks that hold for all who set it.

The rooms of use, from the vocabulary to the readers:

- `model` (Setting, Tab, Action, Right, Role, Apply, Scope, Store), `kinds` and `places` (kinds of values),
  `conditions`, `facts` (Facts, Model), `label` (Label);
- one module a sub-tab with its declarations, `internal` and `extension`, put together in `registry`
  (SETTINGS, TABS, ACTIONS, find);
- `values` (Values): factory values and deviations; `check` (check_changes, load, Problem); `view` (forms).

    from evlink.settings.check import Checked, check_changes
    from evlink.settings.facts import Facts
    from evlink.settings.model import Role
    from evlink.settings.values import Values

    values = Values(Facts(outlet_count=2))
    values.get("configuration.general.authentication_timeout")              # 10
    values.get("energy_management.outlets.1.derated_current")               # 32
    values.get("energy_management.outlets.derated_current", 2)              # 32, the same by key and outlet
    values.amps("energy_management.outlets.derated_current", 1, phases=3)   # 32, or 0 below the floor

    outcome = check_changes(values, {"energy_management.outlets.derated_current": "20"}, Role.ADMIN)
    if isinstance(outcome, Checked):
        values = outcome.values          # both outlets at 20 A; outcome.changes, .restart and .notices say more
    else:
        for problem in outcome:          # nothing was changed
            print(problem.sentence("en"))

A *key* is a setting's name in the registry; a *path* has the outlet's number before its last part where there is one
value an outlet (`energy_management.outlets.1.derated_current`). A value is a str, int, bool or float; "" is "not set".
"""
