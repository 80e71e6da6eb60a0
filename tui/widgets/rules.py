"""The rules of a new password (R-030), ticking as one types."""

from __future__ import annotations

from evlink.settings.password_policy import Demand, unmet
from tui.widgets.lines import Line, Lines, Span
from tui.words import say


class PasswordRules(Lines, can_focus=False):
    """One line a rule: `[x]` where the password meets it."""

    def judge(self, lang: str, password: str, again: str) -> bool:
        """Tick the rules that a password meets; whether it meets them all and was typed twice the same."""
        missing = unmet(password)
        rows = [
            (demand not in missing, demand.text_fr if lang == "fr" else demand.text_en)
            for demand in Demand
            if demand is not Demand.BOUND or demand in missing
        ]
        rows.append((bool(password) and password == again, say(lang, "rule.same")))
        lines: list[Line] = [(Span(f"[{'x' if met else ' '}] {text}", "good" if met else ""),) for met, text in rows]
        self.styles.height = len(lines)
        self.show(lines)
        return all(met for met, _ in rows)
