"""An update as the terminal sends, shows and follows it."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tui.clean import clean
from tui.session import Session
from tui.words import say

PIECE = 192 << 10


async def send(session: Session, path: Path, told: Callable[[int], None]) -> Mapping[str, Any]:
    """Send a file to the station, telling the percentage; what the station says of the package in it.

    CallError where it refuses, OSError where the file can't be read.
    """
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as file:
        size = os.fstat(handle).st_size
        await session.call("update.begin", name=path.name, size=size)
        sent = 0
        while piece := await asyncio.to_thread(file.read, PIECE):
            await session.call("update.piece", data=base64.b64encode(piece).decode())
            sent += len(piece)
            told(100 * sent // max(1, size))
    answer: Mapping[str, Any] = await session.call("update.commit")
    return answer


def state_text(lang: str, document: Mapping[str, Any]) -> tuple[str, str]:
    """What an update does now, and its tone."""
    phase = str(document.get("phase", "idle"))
    package = document.get("package") or {}
    problem = clean(document.get("problem_fr" if lang == "fr" else "problem") or "")
    if phase == "idle" and problem:
        return say(lang, "update.problem", why=problem), "bad"
    data = {"n": int(document.get("percent") or 0), "version": clean(package.get("version", ""))}
    known = ("receiving", "checking", "ready", "installing", "waiting", "restarting")
    return say(lang, f"update.{phase if phase in known else 'idle'}", **data), "wait" if phase in known else ""


def last_text(lang: str, document: Mapping[str, Any]) -> tuple[str, str]:
    """How the last update ended, and its tone; empty before the first."""
    last = document.get("last")
    if not last:
        return "", ""
    how = clean(last.get("text_fr" if lang == "fr" else "text", ""))
    return say(lang, "update.last", version=clean(last.get("version", "")), how=how), "good" if last["ok"] else "bad"


def offer_pairs(lang: str, package: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is to be known of a package, by label."""
    size = f"{int(package.get('size') or 0) / (1 << 20):.1f}"
    return [
        (say(lang, "update.package"), clean(package.get("name", ""))),
        (say(lang, "update.version"), f"{clean(package.get('version', ''))} ({clean(package.get('built', ''))})"),
        (say(lang, "update.size"), say(lang, "update.mebibytes", n=size if lang == "en" else size.replace(".", ","))),
    ]


def notes(lang: str, package: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """The release notes: a title and its lines each."""
    found = [(say(lang, "update.note"), str(package.get("note_fr" if lang == "fr" else "note", "")))]
    if package.get("beside"):
        found.append((say(lang, "update.beside"), str(package["beside"])))
    return [(title, [clean(line) for line in text.splitlines()]) for title, text in found]
