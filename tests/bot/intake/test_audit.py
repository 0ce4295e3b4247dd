"""The chain of the audit: any tampering is found, and people who act at once keep one chain."""

import threading

import pytest
from sqlalchemy import delete, update

from bot.intake import audit
from bot.intake.accounttables import AuditLine
from bot.intake.people import TERMINAL
from tests.bot.intake.home import Home

pytest_plugins = ["tests.bot.intake.fixtures"]


def fill(home: Home, count: int, name: str = "deed") -> None:
    for i in range(count):
        with home.database.transaction() as session:
            audit.append(session, TERMINAL, name, f"thing:{i}", {"名": [1, 2.5, None], "n": i}, home.clock())


def finding(home: Home) -> audit.Finding | None:
    with home.database.reading() as session:
        return audit.verify(session)


def test_an_untouched_chain_holds(either_home: Home) -> None:
    assert finding(either_home) is None
    fill(either_home, 5)
    assert finding(either_home) is None


@pytest.mark.parametrize("column", ["person_name", "action", "subject", "data", "previous", "hash"])
def test_a_changed_line_is_found(home: Home, column: str) -> None:
    fill(home, 5)
    value: object = {} if column == "data" else "other"
    with home.database.transaction() as session:
        session.execute(update(AuditLine).where(AuditLine.seq == 3).values({column: value}))
    found = finding(home)
    assert found is not None and found.seq == 3


@pytest.mark.parametrize(("seq", "what"), [(1, "missing"), (3, "missing"), (5, "cut_off")])
def test_a_removed_line_is_found(home: Home, seq: int, what: str) -> None:
    fill(home, 5)
    with home.database.transaction() as session:
        session.execute(delete(AuditLine).where(AuditLine.seq == seq))
    assert finding(home) == audit.Finding(seq, what)


def test_a_deed_that_is_rolled_back_leaves_no_line(either_home: Home) -> None:
    fill(either_home, 1)
    with pytest.raises(RuntimeError), either_home.database.transaction() as session:
        audit.append(session, TERMINAL, "deed", "thing:x", {}, either_home.clock())
        raise RuntimeError
    fill(either_home, 1)
    assert finding(either_home) is None
    with either_home.database.reading() as session:
        assert [line.seq for line in audit.lines(session)] == [1, 2]


def test_people_who_act_at_once_keep_one_chain(either_home: Home) -> None:
    threads = [threading.Thread(target=fill, args=(either_home, 10, f"t{n}")) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with either_home.database.reading() as session:
        assert sum(1 for _ in audit.lines(session)) == 60
    assert finding(either_home) is None
