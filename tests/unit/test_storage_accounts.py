"""Accounts: who may set which password, what a wrong guess costs, and what is kept of a password."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from evlink.settings.password_policy import Demand, unmet
from evlink.storage.accounts import Level, wait_after
from evlink.storage.database import Database
from evlink.storage.errors import PasswordError, PolicyError, RefusedError, TooSoonError
from evlink.storage.opening import directly, found_accounts
from evlink.storage.passwords import Passwords, hasher
from tests.unit.storage_bench import HandClock, database, quick_hasher

GOOD = "Abcdefgh123!"
OTHER = "Zyxwvuts987&"
FACTORY = {"admin": "ADMIN", "utilisateur": "UTILISATEUR"}


class Station:
    """A database with its accounts, as after the first boot, that can be restarted."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = HandClock()
        self.hasher = quick_hasher()
        self.start()
        found_accounts(self.base, self.clock.wall, self.hasher)

    def start(self) -> None:
        self.base: Database = database(self.path)
        self.passwords = Passwords(directly(self.base), self.clock.wall, self.hasher)

    def restart(self) -> None:
        self.base.close()
        self.start()


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    made = Station(tmp_path / "evlink.db")
    yield made
    made.base.close()


def set_both(station: Station) -> None:
    station.passwords.change("admin", "admin", "ADMIN", GOOD)
    station.passwords.change("utilisateur", "utilisateur", "UTILISATEUR", OTHER)


# The policy


@pytest.mark.parametrize(
    ("password", "missing"),
    [
        ("Abcdefgh123!", []),
        ("Abcdefgh12!", [Demand.LENGTH]),
        ("abcdefgh123!", [Demand.UPPER]),
        ("ABCDEFGH123!", [Demand.LOWER]),
        ("Abcdefghijk!", [Demand.DIGIT]),
        ("Abcdefgh1234", [Demand.SPECIAL]),
        ("Abcdefgh123#", [Demand.SPECIAL]),
        ("Abcdefgh123#?", []),
        ("Éàcdefgh123*", []),
        ("Abcdefgh²³¹!", [Demand.DIGIT]),
        ("ADMIN", [Demand.LENGTH, Demand.LOWER, Demand.DIGIT, Demand.SPECIAL]),
        ("UTILISATEUR", [Demand.LENGTH, Demand.LOWER, Demand.DIGIT, Demand.SPECIAL]),
        ("", [Demand.LENGTH, Demand.UPPER, Demand.LOWER, Demand.DIGIT, Demand.SPECIAL]),
        ("Ab1!" * 64, []),
        ("Ab1!" * 64 + "x", [Demand.BOUND]),
    ],
)
def test_the_policy_names_what_is_missing(password: str, missing: list[Demand]) -> None:
    """R-030, R-031, N-01, N-02."""
    assert list(unmet(password)) == missing


@pytest.mark.parametrize("special", list("@$!%*?&"))
def test_each_special_character_will_do(special: str) -> None:
    """N-02: the printed 1 is read as &."""
    assert unmet(f"Abcdefgh123{special}") == ()


def test_every_demand_has_words_in_both_languages() -> None:
    assert all(demand.text_en and demand.text_fr and demand.text_en != demand.text_fr for demand in Demand)


# What is kept


def test_the_factory_accounts_exist_and_their_passwords_are_due(station: Station) -> None:
    """R-025, R-027, and S01: they are good for setting a new one alone."""
    assert [(a.account, a.level, a.password_due) for a in station.base.accounts.all()] == [
        ("admin", Level.ADMIN, True),
        ("utilisateur", Level.USER, True),
    ]
    assert station.passwords.login("admin", "ADMIN").password_due
    changed = station.passwords.change("admin", "admin", "ADMIN", GOOD)
    assert (changed.password_due, changed.epoch) == (False, 1)
    assert not station.passwords.login("admin", GOOD).password_due
    with pytest.raises(PasswordError):
        station.passwords.login("admin", "ADMIN")


def test_the_parameters_are_the_recommended_ones() -> None:
    """S11: Argon2id with 64 MiB, 3 passes, 4 lanes and a salt of 16 bytes."""
    found = extract_parameters(hasher().hash("x"))
    assert (found.type, found.memory_cost, found.time_cost, found.parallelism) == (Type.ID, 65536, 3, 4)
    assert found.salt_len == 16


def test_two_accounts_with_one_password_have_different_hashes(station: Station) -> None:
    """S11 (CVE-2021-22774)."""
    station.passwords.change("admin", "admin", "ADMIN", GOOD)
    station.passwords.change("utilisateur", "utilisateur", "UTILISATEUR", GOOD)
    one, other = (station.base.accounts.hash_of(account) for account in FACTORY)
    assert one is not None
    assert other is not None
    assert one != other
    assert one.startswith("$argon2id$")


def test_no_password_is_in_the_files(station: Station) -> None:
    set_both(station)
    station.base.connection.execute("PRAGMA wal_checkpoint(FULL)").fetchall()
    for path in station.path.parent.iterdir():
        content = path.read_bytes()
        assert all(word.encode() not in content for word in (GOOD, OTHER, "UTILISATEUR"))


def test_a_login_renews_a_hash_of_lower_parameters(station: Station) -> None:
    """S11: rehash at login when the floor rises."""
    old = station.base.accounts.hash_of("admin")
    stronger = Passwords(
        directly(station.base), station.clock.wall, PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    )
    account = stronger.login("admin", "ADMIN")
    new = station.base.accounts.hash_of("admin")
    assert new is not None
    assert new != old
    assert extract_parameters(new).memory_cost == 16
    assert (account.epoch, account.password_due) == (0, True)
    assert stronger.login("admin", "ADMIN").account == "admin"


# Who may change what


def test_passwords_and_names_are_case_sensitive(station: Station) -> None:
    """R-026."""
    for account, password in (("admin", "admin"), ("Admin", "ADMIN"), ("ADMIN", "ADMIN"), ("admin ", "ADMIN")):
        with pytest.raises(PasswordError):
            station.passwords.login(account, password)
    station.clock.forward(400)
    assert station.passwords.login("admin", "ADMIN").account == "admin"


def test_a_user_changes_its_own_password_only(station: Station) -> None:
    """R-033."""
    set_both(station)
    with pytest.raises(RefusedError, match="'utilisateur' may change its own only"):
        station.passwords.change("utilisateur", "admin", OTHER, "Newpassword1!")
    with pytest.raises(RefusedError, match="'utilisateur' may change its own only"):
        station.passwords.change("utilisateur", "admin", GOOD, "Newpassword1!")
    assert station.passwords.login("admin", GOOD).level is Level.ADMIN


def test_admin_replaces_a_lost_user_password_with_its_own(station: Station) -> None:
    """R-034, N-05: the field takes Admin's own current password."""
    set_both(station)
    with pytest.raises(PasswordError):
        station.passwords.change("admin", "utilisateur", OTHER, "Newpassword1!")
    assert station.passwords.change("admin", "utilisateur", GOOD, "Newpassword1!").epoch == 2
    assert station.passwords.login("utilisateur", "Newpassword1!").level is Level.USER


def test_a_due_admin_password_changes_no_other(station: Station) -> None:
    with pytest.raises(RefusedError):
        station.passwords.change("admin", "utilisateur", "ADMIN", GOOD)


def test_a_new_password_has_to_meet_the_policy(station: Station) -> None:
    """R-030; the message says what is missing, and nothing is changed."""
    with pytest.raises(PolicyError, match=r"new password: it needs at least 12 characters, one digit$"):
        station.passwords.change("admin", "admin", "ADMIN", "Abcdef!")
    assert station.passwords.login("admin", "ADMIN").password_due


def test_an_unknown_account_changes_nothing(station: Station) -> None:
    for actor, account in (("nobody", "admin"), ("admin", "nobody")):
        with pytest.raises(RefusedError, match="there is no such account"):
            station.passwords.change(actor, account, "ADMIN", GOOD)


def test_a_change_made_meanwhile_is_not_written_over(station: Station) -> None:
    """S10: the check and the change are two steps; what was checked has to hold still."""
    old = station.base.accounts.hash_of("admin")
    assert old is not None
    station.passwords.change("admin", "admin", "ADMIN", GOOD)
    assert not station.base.accounts.change("admin", old, "admin", old)
    assert station.passwords.login("admin", GOOD).account == "admin"


@pytest.mark.parametrize("password", ["e\u0301" * 6 + "Ab1!xx", "Ab1!\ud800aaaaaaaa", "Ab1! ééé\x00aaaaa"])
def test_any_text_can_be_a_password(station: Station, password: str) -> None:
    station.passwords.change("admin", "admin", "ADMIN", password)
    assert station.passwords.login("admin", password).account == "admin"


def test_one_character_is_one_however_it_is_typed(station: Station) -> None:
    station.passwords.change("admin", "admin", "ADMIN", "\u00e9Abcdefgh123!")
    assert station.passwords.login("admin", "e\u0301Abcdefgh123!").account == "admin"


def test_a_password_past_the_bound_is_wrong(station: Station) -> None:
    longest = "Ab1!" * 64
    station.passwords.change("admin", "admin", "ADMIN", longest)
    with pytest.raises(PasswordError):
        station.passwords.login("admin", longest + "x")
    assert station.passwords.login("admin", longest).account == "admin"


# Guessing


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(0, 0), (1, 0), (2, 0), (3, 1), (4, 2), (5, 900), (6, 900), (10**6, 900)],
)
def test_the_wait_rises_to_a_quarter_of_an_hour(failures: int, seconds: int) -> None:
    assert wait_after(failures) == seconds


def fail(station: Station, account: str = "admin") -> int:
    with pytest.raises(PasswordError) as told:
        station.passwords.login(account, "wrong")
    return told.value.wait_s


def test_guesses_wait_also_after_a_restart(station: Station) -> None:
    """S13: after three failures; the right password is not looked at before the wait is over."""
    assert [fail(station) for _ in range(3)] == [0, 0, 1]
    station.clock.forward(1)
    assert fail(station) == 2
    station.restart()
    with pytest.raises(TooSoonError, match="wait 2 s") as told:
        station.passwords.login("admin", "ADMIN")
    assert told.value.wait_s == 2
    with pytest.raises(TooSoonError):
        station.passwords.change("admin", "admin", "ADMIN", GOOD)
    station.clock.forward(2)
    assert station.passwords.login("admin", "ADMIN").account == "admin"
    assert fail(station) == 0  # a right one forgets the wrong ones


def test_a_guess_counts_before_it_is_looked_at(station: Station) -> None:
    """S13: killing the station during the check wins no guess."""
    for _ in range(3):
        assert station.base.accounts.guess("admin", station.clock.wall())  # the check never came to its end
    station.restart()
    with pytest.raises(TooSoonError):
        station.passwords.login("admin", "ADMIN")


def test_one_accounts_guesses_do_not_lock_another_out(station: Station) -> None:
    """S13."""
    for _ in range(3):
        fail(station, "utilisateur")
        fail(station, "nobody")
    assert station.passwords.login("admin", "ADMIN").account == "admin"
    with pytest.raises(TooSoonError):
        station.passwords.login("utilisateur", "UTILISATEUR")
    with pytest.raises(TooSoonError):
        station.passwords.login("somebody", "x")  # unknown names share one count


def test_a_thousand_guesses_at_full_speed_are_few_checks(station: Station) -> None:
    """S13: in any 15 minutes an account has five checks and no more, however long it goes on."""
    checked: list[int] = []
    for second in range(4000):
        station.clock.forward(1)
        try:
            station.passwords.login("admin", "wrong")
        except PasswordError:
            checked.append(second)
        except TooSoonError:
            pass
    assert max(sum(at <= one < at + 900 for one in checked) for at in range(4000)) == 5
    assert len(checked) == 9


def test_a_clock_set_back_does_not_lock_out_for_ever(station: Station) -> None:
    """R10: the wall clock may step; the wait is never longer than it was."""
    for _ in range(3):
        fail(station)
    station.clock.forward(-86_400)
    with pytest.raises(TooSoonError, match="wait 1 s"):
        station.passwords.login("admin", "ADMIN")
    station.clock.forward(1)
    assert station.passwords.login("admin", "ADMIN").account == "admin"


def test_an_unknown_account_is_checked_like_a_known_one(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    """S28: the same hashing is done, so that the time tells nothing."""
    verified: list[str] = []
    verify = PasswordHasher.verify

    def watching(self: PasswordHasher, stored: str, password: bytes) -> bool:
        verified.append(stored)
        return verify(self, stored, password)

    monkeypatch.setattr(PasswordHasher, "verify", watching)
    for account in ("admin", "nobody"):
        with pytest.raises(PasswordError, match="the account or the password is wrong"):
            station.passwords.login(account, "wrong")
    known, dummy = map(extract_parameters, verified)
    assert known == dummy


class Changes(RuleBasedStateMachine):
    """S10 (CVE-2021-22773): whatever is tried, a password changes only through a current one."""

    texts = st.sampled_from(["ADMIN", "UTILISATEUR", GOOD, OTHER, "Third-passw0rd!", "short", ""])
    names = st.sampled_from(["admin", "utilisateur", "nobody", ""])

    @initialize()
    def boot(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.station = Station(Path(self.folder.name) / "evlink.db")
        self.true = dict(FACTORY)
        self.due = dict.fromkeys(FACTORY, True)

    @rule(actor=names, account=names, current=texts, new=texts)
    def change(self, actor: str, account: str, current: str, new: str) -> None:
        may = actor == account or (actor == "admin" and not self.due.get("admin"))
        allowed = {actor, account} <= set(FACTORY) and may and self.true[actor] == current and not unmet(new)
        try:
            self.station.passwords.change(actor, account, current, new)
        except TooSoonError:
            return
        except (PasswordError, RefusedError, PolicyError):
            assert not allowed
            return
        assert allowed
        self.true[account] = new
        self.due[account] = False

    @rule(account=names, password=texts)
    def login(self, account: str, password: str) -> None:
        try:
            found = self.station.passwords.login(account, password)
        except TooSoonError:
            return
        except PasswordError:
            assert self.true.get(account) != password
            return
        assert (found.account, self.true[account]) == (account, password)
        assert found.password_due == self.due[account]

    @rule(seconds=st.sampled_from([-86_400, 1, 60, 400]))
    def time_passes(self, seconds: int) -> None:
        self.station.clock.forward(seconds)

    @rule()
    def restart(self) -> None:
        self.station.restart()
        assert found_accounts(self.station.base, self.station.clock.wall, self.station.hasher) == ()

    @precondition(lambda self: hasattr(self, "station"))
    @invariant()
    def the_passwords_are_those_that_were_set(self) -> None:
        for account, password in self.true.items():
            stored = self.station.base.accounts.hash_of(account)
            assert stored is not None
            assert self.station.hasher.verify(stored, password.encode())

    def teardown(self) -> None:
        if hasattr(self, "station"):
            self.station.base.close()
            self.folder.cleanup()


def test_no_path_changes_a_password_without_a_current_one() -> None:
    """S10, N-05, R-033, R-034."""
    run_state_machine_as_test(
        Changes, settings=settings(max_examples=40, stateful_step_count=20, deadline=None, database=None)
    )
