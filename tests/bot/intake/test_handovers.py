"""A resident and a person in the same chat: the bot steps back, danger excepted, and returns; on either database."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.dialogue.worker import put_off
from bot.intake import handovers
from bot.intake.accounttables import AuditLine
from bot.intake.conversations import close_conversation
from bot.intake.errors import BadInput
from bot.intake.handovertables import Handover
from bot.intake.people import Person
from bot.intake.tables import Review
from tests.bot.intake.home import LAMP, Home, document

pytest_plugins = ["tests.bot.intake.fixtures"]

WANG = Person("p1", "王芳", "operator", "zh")
LI = Person("p2", "李雷", "operator", "zh")


def call(home: Home, resident: str) -> str:
    """The resident asks for a person; the hand-over's id."""
    home.says(resident, "转人工", document("转人工", "handoff"))
    return open_one(home, resident).id


def open_one(home: Home, resident: str) -> Handover:
    with home.database.reading() as session:
        found = handovers.find_open(session, resident)
        assert found is not None
        return found


def get(home: Home, handover_id: str) -> Handover:
    with home.database.reading() as session:
        return session.get_one(Handover, handover_id)


def take(home: Home, handover_id: str, person: Person = WANG) -> None:
    with home.database.transaction() as session:
        handovers.take(session, person, handover_id, home.desk.city.phrases, home.clock())


def say(home: Home, handover_id: str, text: str, key: str = "", person: Person = WANG) -> bool:
    with home.database.transaction() as session:
        return handovers.say(session, person, handover_id, text, key, home.desk.city.phrases, home.clock())


def sweep(home: Home) -> int:
    with home.database.transaction() as session:
        return handovers.end_overdue(session, home.desk.city.patience, home.desk.city.phrases, home.clock())


def texts(home: Home, resident: str) -> list[str]:
    return [body["text"] for body in home.bodies(resident)]


def test_the_bot_is_silent_while_a_person_talks_and_returns_afterwards(either_home: Home) -> None:
    home = either_home
    resident = home.resident()
    handover_id = call(home, resident)
    assert home.says(resident, "你好", document("你好", "smalltalk")) != [], "nobody has come yet: the bot goes on"
    take(home, handover_id)
    assert "工作人员" in texts(home, resident)[-1]
    assert home.says(resident, LAMP, document(LAMP)) == [] and home.presses(resident, "status") == []
    assert say(home, handover_id, "您好，{我}来看看")
    assert texts(home, resident)[-1] == "【工作人员】您好，{我}来看看"
    with home.database.transaction() as session:
        assert handovers.end(session, WANG, handover_id, home.desk.city.phrases, home.clock())
        assert not handovers.end(session, WANG, handover_id, home.desk.city.phrases, home.clock())
    assert home.says(resident, LAMP, document(LAMP)) != []
    with home.database.reading() as session:
        assert [review.state for review in session.scalars(select(Review).where(Review.reason == "handoff"))] == [
            "decided"
        ]
        actions = list(session.scalars(select(AuditLine.action).order_by(AuditLine.seq)))
    assert actions == ["handover.take", "handover.say", "handover.end"]


def test_danger_gets_its_number_at_once_even_then(either_home: Home) -> None:
    home = either_home
    resident = home.resident()
    take(home, call(home, resident))
    gas = "厨房煤气泄漏了，味道很大"
    (warning,) = home.says(resident, gas, document(gas))
    assert warning["emergency"]
    assert home.says(resident, gas, document(gas)) == [], "the same warning is not said again right away"
    with home.database.reading() as session:
        assert "danger" in session.scalars(select(Review.reason)).all()


def test_asking_twice_is_one_call_and_taking_over_is_said_once(either_home: Home) -> None:
    home = either_home
    resident = home.resident()
    first = call(home, resident)
    assert call(home, resident) == first
    take(home, first)
    before = len(texts(home, resident))
    take(home, first)
    take(home, first, LI)
    assert len(texts(home, resident)) == before, "the resident need not know that colleagues changed"
    with pytest.raises(BadInput):
        say(home, first, "还在", person=WANG)
    assert say(home, first, "我接着来", person=LI)


@pytest.mark.parametrize("text", ["", "   ", "字" * 2001])
def test_words_that_cannot_be_sent_are_refused(home: Home, text: str) -> None:
    handover_id = call(home, home.resident())
    take(home, handover_id)
    with pytest.raises(BadInput):
        say(home, handover_id, text)


def test_a_form_sent_twice_is_said_once(home: Home) -> None:
    resident = home.resident()
    handover_id = call(home, resident)
    take(home, handover_id)
    assert say(home, handover_id, "您好", "k1") and not say(home, handover_id, "您好", "k1")
    assert texts(home, resident).count("【工作人员】您好") == 1


def test_the_resident_may_return_to_the_bot(home: Home) -> None:
    resident = home.resident()
    handover_id = call(home, resident)
    take(home, handover_id)
    assert home.bodies(resident)[-1]["buttons"][0]["payload"] == handovers.BACK
    assert len(home.presses(resident, handovers.BACK)) == 1
    assert get(home, handover_id).ending == "resident"
    assert home.presses(resident, handovers.BACK) == [], "an old button does nothing"


def test_a_talk_in_which_nobody_writes_ends_and_is_said_so(either_home: Home) -> None:
    home = either_home
    resident = home.resident()
    handover_id = call(home, resident)
    take(home, handover_id)
    home.clock.forward(minutes=29)
    assert home.says(resident, "在吗", document("在吗", "smalltalk")) == []
    home.clock.forward(minutes=29)
    assert sweep(home) == 0, "the resident's word counts as a word"
    home.clock.forward(minutes=1)
    assert sweep(home) == 1 and sweep(home) == 0
    assert get(home, handover_id).ending == "idle" and "人工接待先结束" in texts(home, resident)[-1]


def test_a_message_after_the_idle_time_is_the_bots_even_before_the_sweep(home: Home) -> None:
    resident = home.resident()
    handover_id = call(home, resident)
    take(home, handover_id)
    home.clock.forward(minutes=31)
    replies = home.says(resident, LAMP, document(LAMP))
    assert len(replies) == 2 and get(home, handover_id).ending == "idle"


def test_missed_calls_are_counted_and_confessed(either_home: Home) -> None:
    home = either_home
    resident, gone = home.resident(), home.resident("r2")
    call(home, resident), call(home, gone)
    with home.database.transaction() as session:
        close_conversation(session, gone, home.clock())
    home.clock.now += timedelta(hours=72)
    assert sweep(home) == 2
    assert "没有工作人员" in texts(home, resident)[-1] and len(texts(home, gone)) == 1
    with home.database.reading() as session:
        figures = handovers.figures(session)
    assert (figures.offered, figures.missed, figures.waiting, figures.taken) == (2, 1, 0, 0)


def test_somebody_in_distress_is_put_into_the_queue_unasked(home: Home) -> None:
    resident = home.resident()
    words = "我不想活了"
    (warning, *_) = home.says(
        resident, words, document(words, "smalltalk", emergency={"is": True, "numbers": [], "reason": "selfharm"})
    )
    assert warning["emergency"] and open_one(home, resident).state == "waiting"


def test_no_apology_for_the_engine_while_a_person_sees_the_message(home: Home) -> None:
    resident = home.resident()
    take(home, call(home, resident))
    home.receive(resident, "还在吗")
    for _ in range(3):
        home.clock.forward(minutes=1)
        item = home.claimed()
        assert item.lease_token is not None
        before = len(texts(home, resident))
        with home.database.transaction() as session:
            put_off(session, home.desk, item.id, item.lease_token, 1.0, "EngineDown", home.clock())
        assert len(texts(home, resident)) == before


def test_answers_that_are_ready_speak_the_residents_language(home: Home) -> None:
    phrases = home.desk.city.phrases
    for language in ("zh", "en"):
        ready = handovers.canned(phrases, language, "12345", "0394")
        assert len(ready) == len(handovers.CANNED) and all("{" not in text for text in ready)
