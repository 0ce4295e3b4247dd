"""The inbox: stored once, claimed in order for each resident, and never lost with a worker."""

import threading
from datetime import timedelta

import pytest

from bot.intake import inbox
from bot.intake.conversations import get_conversation
from bot.intake.errors import BadInput, LeaseLost
from bot.intake.tables import InboxItem
from tests.bot.intake.home import LEASE, Home

pytest_plugins = ["tests.bot.intake.fixtures"]


def test_the_same_update_again_changes_nothing(either_home: Home) -> None:
    resident = either_home.resident()
    first = either_home.receive(resident, "路灯坏了", update_id="7")
    again = either_home.receive(resident, "别的话", update_id="7")
    assert first == again
    assert either_home.item(first).payload == {"text": "路灯坏了"}
    assert either_home.counts()["inbox"] == 1


def test_the_same_update_id_of_another_resident_is_another_thing(home: Home) -> None:
    a, b = home.resident("a"), home.resident("b")
    assert home.receive(a, "一", update_id="7") != home.receive(b, "二", update_id="7")


def test_the_same_update_at_the_same_moment_is_stored_once(either_home: Home) -> None:
    resident = either_home.resident()
    start, ids, lock = threading.Barrier(4), [], threading.Lock()

    def send() -> None:
        start.wait()
        item = either_home.receive(resident, "路灯坏了", update_id="same")
        with lock:
            ids.append(item)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 4 and len(set(ids)) == 1
    assert either_home.counts()["inbox"] == 1


def test_updates_out_of_order_are_handled_as_they_came(home: Home) -> None:
    """A channel's numbers name an update; when it came in is what counts."""
    resident = home.resident()
    late, early = home.receive(resident, "二", update_id="2"), home.receive(resident, "一", update_id="1")
    first = home.claimed()
    assert first.id == late
    home.complete(first)
    assert home.claimed().id == early


@pytest.mark.parametrize("kind", ["", "telepathy", "TEXT"])
def test_an_unknown_kind_is_refused(home: Home, kind: str) -> None:
    with pytest.raises(BadInput, match="use one of"):
        home.receive(home.resident(), "x", kind=kind)


def test_a_text_is_taken_up_to_the_limit_and_refused_beyond_it(home: Home) -> None:
    resident = home.resident()
    whole = home.receive(resident, "灯" * inbox.MAX_TEXT)
    assert len(home.item(whole).payload["text"]) == inbox.MAX_TEXT
    with pytest.raises(BadInput, match="in parts"):
        home.receive(resident, "灯" * (inbox.MAX_TEXT + 1))


def test_any_text_can_be_stored_and_keeps_its_length(either_home: Home) -> None:
    resident = either_home.resident()
    for text in ("灯\x00坏了", "\ud800灯", "a\x07b", "😀" * 50, '/report{"a": 1}', "\u2060灯"):
        stored = either_home.item(either_home.receive(resident, text)).payload["text"]
        assert len(stored) == len(text) and "\x00" not in stored


def test_one_residents_messages_are_claimed_one_after_the_other(either_home: Home) -> None:
    resident = either_home.resident()
    ids = [either_home.receive(resident, word) for word in "一二三"]
    for expected in ids:
        item = either_home.claimed()
        assert item.id == expected
        assert either_home.claim() is None, "the next one waits until this one is done"
        either_home.complete(item)
    assert either_home.claim() is None


def test_residents_do_not_wait_for_each_other(either_home: Home) -> None:
    a, b = either_home.resident("a"), either_home.resident("b")
    ids = [either_home.receive(a, "一"), either_home.receive(a, "二"), either_home.receive(b, "三")]
    assert [either_home.claimed().id, either_home.claimed().id] == [ids[0], ids[2]]
    assert either_home.claim() is None


def test_two_workers_at_once_never_have_the_same_item(either_home: Home) -> None:
    for n in range(8):
        either_home.receive(either_home.resident(f"r{n}"), "路灯坏了")
    start, got, lock = threading.Barrier(4), [], threading.Lock()

    def work() -> None:
        start.wait()
        while (item := either_home.claim()) is not None:
            with lock:
                got.append(item.id)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == sorted(set(got)) and len(got) == 8


def test_a_stalled_lease_is_taken_over_and_the_old_holder_is_fenced_off(either_home: Home) -> None:
    either_home.receive(either_home.resident(), "路灯坏了")
    old = either_home.claimed()
    either_home.clock.forward(seconds=LEASE.total_seconds())
    assert either_home.claim() is None, "the lease still holds at its last moment"
    either_home.clock.forward(seconds=1)
    new = either_home.claimed()
    assert (new.id, new.attempts) == (old.id, 2) and new.lease_token != old.lease_token
    with pytest.raises(LeaseLost):
        either_home.complete(old)
    assert either_home.complete(new)


def test_an_item_put_back_waits_for_its_time_and_holds_back_what_follows(home: Home) -> None:
    resident = home.resident()
    first, second = home.receive(resident, "一"), home.receive(resident, "二")
    item = home.claimed()
    put_back(home, item, 20)
    assert home.claim() is None
    assert home.item(first).trouble == "EngineDown"
    home.clock.forward(seconds=20)
    again = home.claimed()
    assert (again.id, again.attempts) == (first, 2)
    home.complete(again)
    assert home.item(first).trouble is None
    assert home.claimed().id == second


def test_who_lost_the_lease_cannot_put_the_item_back(home: Home) -> None:
    home.receive(home.resident(), "一")
    old = home.claimed()
    home.clock.forward(seconds=31)
    new = home.claimed()
    put_back(home, old, 20)
    kept = home.item(new.id)
    assert (kept.state, kept.lease_token, kept.trouble) == ("claimed", new.lease_token, None)


def test_a_done_item_cannot_be_put_back(home: Home) -> None:
    home.receive(home.resident(), "一")
    item = home.claimed()
    home.complete(item)
    put_back(home, item, 20)
    assert home.item(item.id).state == "done"


def test_next_due_is_the_next_moment_at_which_something_changes(home: Home) -> None:
    assert next_due(home) is None
    a, b = home.resident("a"), home.resident("b")
    home.receive(a, "一")
    assert next_due(home) is None, "due already: nothing to wait for"
    item = home.claimed()
    assert next_due(home) == home.clock() + LEASE
    home.receive(b, "二")
    other = home.claimed()
    put_back(home, other, 5)
    assert next_due(home) == home.clock() + timedelta(seconds=5)
    home.complete(item)
    home.clock.forward(seconds=5)
    home.complete(home.claimed())
    assert next_due(home) is None


def test_unfinished_items_are_counted_for_each_resident(home: Home) -> None:
    a, b = home.resident("a"), home.resident("b")
    home.receive(a, "一")
    home.receive(a, "二")
    home.receive(b, "三")
    home.complete(home.claimed())
    with home.database.reading() as session:
        assert (inbox.count_unfinished(session, a), inbox.count_unfinished(session, b)) == (1, 1)


def test_receiving_marks_when_the_resident_was_last_seen(home: Home) -> None:
    resident = home.resident()
    home.clock.forward(hours=3)
    home.receive(resident, "在吗")
    with home.database.reading() as session:
        assert get_conversation(session, resident).last_seen_at == home.clock()


def put_back(home: Home, item: InboxItem, seconds: float) -> None:
    at = home.clock() + timedelta(seconds=seconds)
    with home.database.transaction() as session:
        inbox.put_back(session, item.id, item.lease_token or "", at, "EngineDown")


def next_due(home: Home) -> object:
    with home.database.reading() as session:
        return inbox.next_due(session, home.clock())
