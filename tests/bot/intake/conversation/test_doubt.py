"""Doubt about the service: a question about each problem at most once, and no report is lost to it."""

from dataclasses import replace

from bot.intake.conversation.heard import AskPerson, ChangeTicket, FileTickets
from tests.bot.intake.conversation.moves import a_ticket
from tests.bot.intake.conversation.world import Talk, place, request, understood

TEXT = "红花路那家店门口弄得乱七八糟没法走路"
RANKING = (("UM-B02", 0.35), ("UM-A11", 0.3), ("UM-B01", 0.1), ("UM-C01", 0.08))
DOUBT = understood(
    requests=(replace(request(TEXT, TEXT, "UM-B02", 0.35), ranking=RANKING),), places=(place(TEXT, "红花路"),)
)


def test_none_of_these_asks_what_it_is_and_the_answer_decides() -> None:
    talk = Talk()
    talk.text(TEXT, DOUBT)
    talk.press("service:none")
    assert talk.last.expects == "detail:problem"
    more = "是他家把装修垃圾堆在人行道上"
    talk.text(more, understood(requests=(request(more, more, "UM-A04"),)))
    assert talk.last.expects == "confirm"
    assert talk.last.card["requests"][0]["service_code"] == "UM-A04"


def test_none_of_these_and_nothing_clearer_files_the_likeliest_for_a_person_to_look_at() -> None:
    talk = Talk()
    talk.text(TEXT, DOUBT)
    talk.press("service:none")
    talk.text("说不清", understood("answer", intent="inform"))
    assert talk.last.expects == "confirm" and talk.last.card["requests"][0]["service_code"] is not None
    talk.press(talk.last.buttons[0].payload)
    filed, person = talk.outcome.effects
    assert isinstance(filed, FileTickets) and len(filed.lines) == 1
    assert person == AskPerson("low_confidence")


def test_two_unclear_problems_are_asked_about_once_each() -> None:
    talk = Talk()
    text = "那边不对劲还有那啥也不行"
    lost = tuple(
        replace(request(text, part, "UM-B01", 0.08), ranking=(("UM-B01", 0.08), ("UM-A01", 0.07)))
        for part in ("那边不对劲", "那啥也不行")
    )
    talk.text(text, understood(requests=lost, places=(place(text, "那边"),)))
    asked = []
    for _ in range(6):
        if talk.last.expects == "confirm":
            break
        asked.append((talk.last.expects, talk.draft.about))
        talk.text("就是那样", understood("answer", intent="inform", ranking=(("UM-B01", 0.09), ("UM-A01", 0.07))))
    assert talk.last.expects == "confirm"
    assert len(asked) == len(set(asked))


def test_an_answer_about_a_problem_may_hold_a_place_and_no_problem() -> None:
    talk = Talk()
    vague = "你们管不管啊"
    lost = replace(request(vague, vague, "UM-B01", 0.08), ranking=(("UM-B01", 0.08), ("UM-A01", 0.07)))
    talk.text(vague, understood(requests=(lost,)))
    answer = "人民路那边的事儿"
    talk.text(answer, understood("answer", intent="inform", places=(place(answer, "人民路"),)))
    assert talk.outcome.says


def test_a_supplement_to_nothing_may_name_a_place() -> None:
    talk = Talk()
    text = "补充一下，是人民路东头那个"
    talk.text(text, understood("amend", intent="supplement", places=(place(text, "人民路"),)))
    assert talk.outcome.says


def test_cancel_leaves_the_question_why_it_was_not_good() -> None:
    ticket = a_ticket("XH-20260504-0001", status="closed")
    talk = Talk(tickets=(ticket,))
    talk.press("rate:XH-20260504-0001:unsatisfied")
    assert talk.last.expects == "reason"
    talk.press("/cancel")
    text = "人民路路灯坏了"
    meant = understood(requests=(request(text, text, "TR-01"),), places=(place(text, "人民路"),))
    talk.text(text, meant)
    assert not any(isinstance(effect, ChangeTicket) for effect in talk.outcome.effects)
    assert talk.last.expects == "confirm"


def test_a_forged_drop_button_with_digits_of_other_scripts_is_only_stale() -> None:
    talk = Talk()
    text = "公厕锁着不开，绿篱死光了"
    both = (request(text, "公厕锁着不开", "UM-A06"), request(text, "绿篱死光了", "UM-H02"))
    talk.text(text, understood(requests=both, places=(place(text, "公厕", "poi"),)))
    assert talk.last.expects == "confirm"
    for index in ("²", "٣", "-1", "9" * 5000, "0:0", ""):
        talk.press(f"drop:{talk.draft.revision}:{index}")
        assert talk.outcome.says[0].key == "button_stale" and len(talk.draft.lines) == 2


def test_a_pin_sent_along_with_the_choice_of_a_place_settles_it() -> None:
    talk = Talk()
    codes = tuple(code for code, (name, _) in talk.world.city.place_names.items() if name.startswith("张庄村"))
    text = "张庄村头路边倒了一大片碎砖"
    spot = place(text, "张庄村头", "village", candidates=codes)
    talk.text(text, understood(requests=(request(text, "倒了一大片碎砖", "UM-A04"),), places=(spot,)))
    assert talk.last.expects == "which_place"
    talk.text("最后一个", understood("answer", intent="choose"), pin=(33.79, 114.52))
    assert talk.last.expects == "confirm" and talk.last.card["requests"][0]["lat"] == 33.79


def test_whoever_speaks_of_harming_themselves_twice_is_answered_twice() -> None:
    talk = Talk()
    for words in ("活着没意思了想跳下去", "真的不想活了"):
        talk.text(words, understood(requests=(), danger="selfharm"))
        assert talk.outcome.says[0].emergency and "12356" in talk.outcome.says[0].params["numbers"]
        assert any(isinstance(effect, AskPerson) for effect in talk.outcome.effects)
