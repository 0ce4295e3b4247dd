"""Conversations: one for each address on a channel, whoever opens it first."""

import threading

import pytest

from bot.intake.conversations import close_conversation, find_conversation, get_conversation, open_conversation
from tests.bot.intake.home import Home

pytest_plugins = ["tests.bot.intake.fixtures"]


def test_the_same_address_is_the_same_conversation(home: Home) -> None:
    with home.database.transaction() as session:
        first, new = open_conversation(session, "telegram", "42", home.clock(), "en")
        again, new_again = open_conversation(session, "telegram", "42", home.clock(), "zh")
        assert (new, new_again) == (True, False)
        assert first.id == again.id and again.language == "en", "coming back changes no language"


def test_the_same_address_on_another_channel_is_somebody_else(home: Home) -> None:
    assert home.resident("42", "telegram") != home.resident("42", "web")


def test_opening_again_opens_what_was_closed_and_notes_the_moment(home: Home) -> None:
    resident = home.resident()
    with home.database.transaction() as session:
        close_conversation(session, resident, home.clock())
    assert home.conversation(resident).closed_at == home.clock()
    home.clock.forward(days=3)
    assert home.resident() == resident
    assert (home.conversation(resident).closed_at, home.conversation(resident).last_seen_at) == (None, home.clock())


def test_two_first_messages_at_once_open_one_conversation(either_home: Home) -> None:
    start, ids, lock = threading.Barrier(4), [], threading.Lock()

    def arrive() -> None:
        start.wait()
        found = either_home.resident("42", "telegram")
        with lock:
            ids.append(found)

    threads = [threading.Thread(target=arrive) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 4 and len(set(ids)) == 1


def test_an_id_that_vanished_is_a_fault_and_an_unknown_address_is_not(home: Home) -> None:
    with home.database.reading() as session:
        assert find_conversation(session, "web", "nobody") is None
        with pytest.raises(LookupError, match="no conversation"):
            get_conversation(session, "nobody")


def test_ids_cannot_be_guessed_from_one_another(home: Home) -> None:
    ids = {home.resident(str(n)) for n in range(20)}
    assert len(ids) == 20 and all(len(i) == 32 and int(i, 16) >= 0 for i in ids)
