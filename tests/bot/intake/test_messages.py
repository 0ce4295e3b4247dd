"""Messages to residents: numbered without gaps, pushed in order within a chat, never waiting for another chat."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from bot.intake import messages
from bot.intake.conversations import close_conversation, get_conversation
from bot.intake.say import Button, Say
from bot.intake.tables import Message
from tests.bot.intake.home import Home

pytest_plugins = ["tests.bot.intake.fixtures"]


def body(text: str) -> dict[str, Any]:
    return {"text": text, "buttons": [], "expects": None, "card": None, "ticket": None, "emergency": False}


def queue(home: Home, resident: str, text: str, wait: float = 0) -> int:
    now = home.clock()
    with home.database.transaction() as session:
        conversation = get_conversation(session, resident)
        not_before = now + timedelta(seconds=wait) if wait else None
        return messages.queue_body(session, conversation, body(text), now, not_before=not_before).id


def claim(home: Home) -> str | None:
    message = claimed(home)
    return message.body["text"] if message else None


def claimed(home: Home) -> Message | None:
    with home.database.transaction() as session:
        return messages.claim_message(session, "telegram", home.clock())


def do(home: Home, work: Any, *arguments: Any) -> None:
    with home.database.transaction() as session:
        work(session, *arguments)


def listed(home: Home, resident: str, after: int = 0, limit: int = 200) -> list[int]:
    def read(session: Session) -> list[int]:
        return [m.seq for m in messages.list_messages(session, resident, after, home.clock(), limit)]

    with home.database.reading() as session:
        return read(session)


def test_seq_counts_from_one_in_each_conversation(either_home: Home) -> None:
    a, b = either_home.resident("a"), either_home.resident("b")
    for resident in (a, a, b, a):
        queue(either_home, resident, "x")
    assert (listed(either_home, a), listed(either_home, b)) == ([1, 2, 3], [1])


def test_a_transaction_that_fails_uses_up_no_seq(home: Home) -> None:
    resident = home.resident()
    try:
        with home.database.transaction() as session:
            messages.queue_body(session, get_conversation(session, resident), body("lost"), home.clock())
            raise RuntimeError("the turn failed")
    except RuntimeError:
        queue(home, resident, "kept")
    assert listed(home, resident) == [1]
    assert [b["text"] for b in home.bodies(resident)] == ["kept"]


def test_pages_list_what_is_due_after_a_seq_oldest_first(home: Home) -> None:
    resident = home.resident()
    for text in "一二三四":
        queue(home, resident, text)
    queue(home, resident, "later", wait=60)
    assert listed(home, resident, after=1) == [2, 3, 4]
    assert listed(home, resident, after=1, limit=2) == [2, 3]
    home.clock.forward(seconds=60)
    assert listed(home, resident, after=4) == [5]


def test_what_a_page_reads_itself_is_never_pushed(home: Home) -> None:
    queue(home, home.resident("w", channel="web"), "x")
    queue(home, home.resident("t", channel="terminal"), "x")
    assert claim(home) is None


def test_push_keeps_the_order_of_a_chat_and_other_chats_do_not_wait(either_home: Home) -> None:
    home = either_home
    a, b = home.resident("a", "telegram"), home.resident("b", "telegram")
    first = queue(home, a, "a1")
    queue(home, a, "a2")
    queue(home, b, "b1")
    assert [claim(home), claim(home), claim(home)] == ["a1", "b1", None]
    do(home, messages.mark_sent, first, home.clock())
    assert [claim(home), claim(home)] == ["a2", None]


def test_a_message_whose_sender_died_is_sent_again_and_nothing_overtakes_it(either_home: Home) -> None:
    home = either_home
    resident = home.resident("a", "telegram")
    queue(home, resident, "a1")
    queue(home, resident, "a2")
    assert claim(home) == "a1"
    home.clock.forward(seconds=messages.LEASE.total_seconds())
    assert claim(home) is None
    home.clock.forward(seconds=1)
    again = claimed(home)
    assert again is not None and (again.body["text"], again.attempts) == ("a1", 2)


def test_news_held_until_morning_does_not_hold_back_an_answer(home: Home) -> None:
    resident = home.resident("a", "telegram")
    queue(home, resident, "news", wait=3600)
    answer = queue(home, resident, "answer")
    assert claim(home) == "answer"
    do(home, messages.mark_sent, answer, home.clock())
    assert claim(home) is None
    home.clock.forward(hours=1)
    assert claim(home) == "news"


def test_a_message_that_can_never_be_sent_lets_the_next_one_go(home: Home) -> None:
    resident = home.resident("a", "telegram")
    first = queue(home, resident, "a1")
    queue(home, resident, "a2")
    claim(home)
    do(home, messages.fail_message, first)
    assert claim(home) == "a2"


def test_a_closed_conversation_gets_nothing_until_it_opens_again(home: Home) -> None:
    resident = home.resident("a", "telegram")
    queue(home, resident, "a1")
    do(home, close_conversation, resident, home.clock())
    assert claim(home) is None
    home.resident("a", "telegram")
    assert claim(home) == "a1"


def test_words_are_in_the_residents_language_and_carry_everything(home: Home) -> None:
    resident = home.resident()
    say = Say(
        "filed",
        {"number": "XH-1", "service": home.desk.city.catalogue["UM-G02"].short},
        (Button("status", "button_status"),),
        ticket={"number": "XH-1", "service_code": "UM-G02"},
    )
    for language in ("zh", "en"):
        with home.database.transaction() as session:
            conversation = get_conversation(session, resident)
            conversation.language = language
            messages.queue_message(session, conversation, say, home.desk.city.phrases, home.clock())
    chinese, english = home.bodies(resident)
    assert "路灯" in chinese["text"] and "XH-1" in chinese["text"]
    assert english["text"].isascii() and "XH-1" in english["text"]
    assert chinese["ticket"] == english["ticket"] == {"number": "XH-1", "service_code": "UM-G02"}
    assert set(chinese) == {"text", "buttons", "expects", "card", "ticket", "emergency"}
    assert [b["payload"] for b in english["buttons"]] == ["status"]
