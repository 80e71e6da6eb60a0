"""The letters themselves: records as CSV under a name of their own, alarms as a text, and the letter of a test."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from evlink.domain.letter import Alarm, Letter, LetterKind, message_id
from evlink.domain.record import ChargeRecord
from evlink.domain.text import clean
from evlink.domain.words import EVENT_NAMES, Evt
from evlink.formats import csv
from evlink.publication.carrying import Parcel
from evlink.settings.values import Values

_LANGUAGE = "internal.report_global.language"
_DOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_NO_DOMAIN = "evlink.local"


@dataclass(frozen=True, slots=True)
class Style:
    """How letters are written: the station's name, zone, separators and language (`[REPORT GLOBAL] Language`)."""

    station: str
    zone: tzinfo
    separators: csv.Separators
    lang: str
    domain: str

    @classmethod
    def of(cls, values: Values) -> Style:
        """As it is set."""
        french = str(values.get(_LANGUAGE)).lower().startswith("fr")
        _, _, domain = str(values.get("charge_history.publication.smtp_sender")).rpartition("@")
        return cls(
            clean(str(values.get("configuration.general.station_name")), 60),
            zone_of(values),
            csv.Separators.of(values),
            "fr" if french else "en",
            domain if _DOMAIN.fullmatch(domain) else _NO_DOMAIN,
        )


def zone_of(values: Values) -> tzinfo:
    """The station's time zone; UTC for one that this machine does not know."""
    try:
        return ZoneInfo(str(values.get("configuration.date_time.timezone")))
    except (KeyError, ValueError, OSError):
        return UTC


def stem(station: str, what: str, at: datetime) -> str:
    """A name for a file: letters, digits, - and _ alone, whatever the station is called."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", station).strip("-")[:40] or "evlink"
    return f"{plain}_{what}_{at.astimezone(UTC):%Y%m%dT%H%M%S}Z"


def records(found: Sequence[ChargeRecord], style: Style, now: datetime) -> Letter:
    """A letter of charge records, given oldest first; the file has the newest first (R-193)."""
    first, last = found[0].number, found[-1].number
    name = stem(style.station, f"charges_{first}-{last}", now)
    count = len(found)
    if style.lang == "fr":
        subject = f"{style.station} : charges {first} à {last}"
        text = f"{count} charge{'s' if count > 1 else ''} de la borne {style.station} en pièce jointe.\n"
    else:
        subject = f"{style.station}: charges {first} to {last}"
        text = f"{count} charge{'s' if count > 1 else ''} of the station {style.station} attached.\n"
    return Letter(
        number=0,
        kind=LetterKind.RECORDS,
        name=name,
        domain=style.domain,
        made=now,
        next_try=now,
        subject=subject,
        text=text,
        file=f"{name}.csv",
        content=csv.history(list(reversed(found)), style.zone, style.separators, style.lang),
        records=tuple(one.number for one in found),
    )


def alarm(alarms: Sequence[Alarm], style: Style, now: datetime) -> Letter:
    """A letter about events that began, the oldest first."""
    first, last = alarms[0], alarms[-1]
    name = stem(style.station, f"alarm_{first.number}-{last.number}", now)
    head = f"{style.station} : alarme" if style.lang == "fr" else f"{style.station}: alarm"
    subject = f"{head}, {_event(first, style.lang)}" + (f" (+{len(alarms) - 1})" if len(alarms) > 1 else "")
    lines = [f"{one.start.astimezone(style.zone):%Y-%m-%d %H:%M:%S}  {_event(one, style.lang)}" for one in alarms]
    return Letter(
        number=0,
        kind=LetterKind.ALARM,
        name=name,
        domain=style.domain,
        made=now,
        next_try=now,
        subject=subject,
        text="\n".join(lines) + "\n",
    )


def test(style: Style, now: datetime) -> Parcel:
    """The parcel of TEST: the heading of the columns with no charge below it, so that none is sent twice (R-205)."""
    name = stem(style.station, "test", now)
    french = style.lang == "fr"
    return Parcel(
        name,
        message_id(name, style.domain),
        now,
        f"{style.station} : essai" if french else f"{style.station}: test",
        (
            f"Essai des paramètres de publication de la borne {style.station} ; le fichier joint n'a pas de charge.\n"
            if french
            else f"A test of the publication settings of station {style.station}; the attached file has no charge.\n"
        ),
        f"{name}.csv",
        csv.history([], style.zone, style.separators, style.lang),
    )


def parcel(letter: Letter) -> Parcel:
    """A letter as it is sent."""
    return Parcel(
        letter.name,
        letter.message_id,
        letter.made,
        letter.subject,
        letter.text,
        letter.file,
        letter.content,
    )


def _event(one: Alarm, lang: str) -> str:
    where = ("borne" if lang == "fr" else "station") if one.outlet == 0 else ""
    where = where or (f"prise {one.outlet}" if lang == "fr" else f"outlet {one.outlet}")
    name = EVENT_NAMES[Evt(one.event)] if one.event in set(Evt) else ""
    colon = " :" if lang == "fr" else ":"
    detail = f"{colon} {one.detail}" if one.detail else ""
    return f"Evt #{one.event} {name} ({where}){detail}"
