"""The list of badges: stable numbers, cleaned comments, thousands of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from evlink.domain.record import Badge, BadgeType
from evlink.storage.badges import BadgeError, Badges
from tests.unit.storage_bench import database


@pytest.fixture
def badges(tmp_path: Path) -> Iterator[Badges]:
    base = database(tmp_path / "evlink.db")
    yield base.badges
    base.close()


def uids(badges: Badges) -> list[str]:
    return [badge.uid for badge in badges.list(0, 20_000).badges]


def test_a_badge_is_user_unless_said_otherwise(badges: Badges) -> None:
    """R-174."""
    assert badges.add("04:aa-bb cc", comment="Anna") == Badge(1, "04AABBCC", BadgeType.USER, "Anna")
    assert badges.find("04aabbcc") == badges.list().badges[0]
    assert badges.find("nobody") is None
    assert badges.find("!") is None


@pytest.mark.parametrize("uid", ["", "!!", "A" * 21, "é", "04\x00"])
def test_a_bad_uid_is_refused_by_name(badges: Badges, uid: str) -> None:
    with pytest.raises(ValueError, match="1 to 20 letters or digits are allowed"):
        badges.add(uid)
    assert badges.count() == 0


def test_a_uid_that_is_there_is_refused(badges: Badges) -> None:
    badges.add("AA")
    with pytest.raises(ValueError, match="badge uid AA: the list has it already"):
        badges.add("a:a")


@pytest.mark.parametrize("comment", ["x" * 51, "a\x1b[2J", "\u202eevil", "tab\there", "\u0085", "\u200b"])
def test_a_comment_that_would_be_cut_is_refused(badges: Badges, comment: str) -> None:
    """R-174, S27: what is stored is what was given, or nothing is."""
    badges.add("AA", comment="before")
    for change in (
        lambda: badges.add("BB", comment=comment),
        lambda: badges.edit(["AA"], BadgeType.VIP, comment),
        lambda: badges.replace([Badge(0, "BB", BadgeType.USER, comment)]),
    ):
        with pytest.raises(BadgeError, match="at most 50 printable characters") as refusal:
            change()
        assert (refusal.value.key, len(refusal.value.value) <= 50) == ("comment", True)
        assert f"de {len(comment)} caractères non autorisé" in refusal.value.sentence.fr
        assert badges.list().badges == (Badge(1, "AA", BadgeType.USER, "before"),)


def test_a_comment_of_50_is_kept_whole(badges: Badges) -> None:
    """R-174. An accent that comes apart from its letter counts as the one letter that it makes."""
    assert badges.add("AA", comment="x" * 49 + "e\u0301").comment == "x" * 49 + "é"


def test_numbers_stay_when_others_go(badges: Badges) -> None:
    for uid in ("AA", "BB", "CC"):
        badges.add(uid)
    assert badges.remove(["bb", "b:b"]) == 1
    badges.remove(["CC"])
    assert badges.add("DD").number == 4
    assert [(b.number, b.uid) for b in badges.list().badges] == [(1, "AA"), (4, "DD")]


def test_several_are_edited_at_once(badges: Badges) -> None:
    """R-182, R-187: type of several; what is not said stays."""
    for uid in ("AA", "BB", "CC"):
        badges.add(uid, comment=uid.lower())
    assert badges.edit(["AA", "CC", "cc"], badge_type=BadgeType.VIP) == 2
    assert badges.edit(["AA"], comment="") == 1
    assert [(b.uid, b.type.value, b.comment) for b in badges.list().badges] == [
        ("AA", "vip", ""),
        ("BB", "user", "bb"),
        ("CC", "vip", "cc"),
    ]


def test_one_that_is_not_there_changes_nothing(badges: Badges) -> None:
    """All or nothing, and each one that the list does not have is named."""
    badges.add("AA")
    changes: tuple[Callable[[list[str]], int], ...] = (badges.remove, lambda uids: badges.edit(uids, BadgeType.VIP))
    for change in changes:
        with pytest.raises(BadgeError, match=r"badge uid NOPE, ZZ: not in the list") as refusal:
            change(["AA", "no-pe", "zz"])
        assert refusal.value.sentence.fr == "uid de badge NOPE, ZZ : pas dans la liste"
        with pytest.raises(BadgeError, match="1 to 20"):
            change(["AA", "!"])
        assert badges.list().badges == (Badge(1, "AA"),)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["AA11", "BB22"]),
        ("aa", ["AA11"]),
        ("ÉMILE", ["BB22"]),
        ("%", []),
        ("_", []),
        ("1\nx", []),
        ("22", ["BB22"]),
    ],
)
def test_a_search_looks_into_uid_and_comment(badges: Badges, query: str, found: list[str]) -> None:
    badges.add("AA11", comment="Anna")
    badges.add("BB22", comment="Émile")
    page = badges.list(query=query)
    assert ([b.uid for b in page.badges], page.total) == (found, len(found))


def test_clear_removes_all_and_says_how_many(badges: Badges) -> None:
    """R-186."""
    badges.add("AA")
    badges.add("BB")
    assert badges.clear() == 2
    assert badges.count() == 0


def test_replace_is_all_or_nothing(badges: Badges) -> None:
    """R-189: the badges held before are gone; a bad list changes nothing."""
    badges.add("OLD")
    for bad in ([Badge(0, "NEW"), Badge(0, "!")], [Badge(0, "NEW"), Badge(0, "n:ew")]):
        with pytest.raises(ValueError, match="badge uid"):
            badges.replace(bad)
        assert uids(badges) == ["OLD"]
    assert badges.replace([Badge(0, "BB"), Badge(0, "AA", BadgeType.VIP, "x")]) == 2
    assert badges.list().badges == (Badge(1, "BB"), Badge(2, "AA", BadgeType.VIP, "x"))
    assert badges.add("CC").number == 3
    assert badges.replace([]) == 0
    assert badges.count() == 0


def test_replace_keeps_the_numbers_of_a_backup(badges: Badges) -> None:
    """R-188: a backup brought back is the same list, gaps included."""
    for uid in ("AA", "BB", "CC"):
        badges.add(uid)
    badges.remove(["BB"])
    backup = badges.list().badges
    badges.clear()
    badges.replace(backup)
    assert badges.list().badges == backup


def test_ten_thousand_badges(badges: Badges) -> None:
    """Replaced in one transaction, paged, searched and found."""
    assert badges.replace([Badge(0, f"{n:08X}", BadgeType.USER, f"driver {n}") for n in range(10_000)]) == 10_000
    page = badges.list(offset=9_950, limit=100)
    assert (page.total, len(page.badges), page.badges[0].number) == (10_000, 50, 9_951)
    assert badges.list(query="driver 9999").total == 1
    found = badges.find(f"{9_999:08X}")
    assert found is not None
    assert found.number == 10_000
    assert badges.edit([f"{n:08X}" for n in range(1_000)], BadgeType.VIP) == 1_000
    assert badges.remove([f"{n:08X}" for n in range(5_000)]) == 5_000
