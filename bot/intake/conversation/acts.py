"""Replies by what the resident does: reports, asks, thanks, complains, wants a person. Pure."""

from bot.intake import hints
from bot.intake.addresses import compose
from bot.intake.conversation import filed
from bot.intake.conversation.asking import advance, remind
from bot.intake.conversation.changes import correct, supplement, with_kept_place
from bot.intake.conversation.dangers import danger_say
from bot.intake.conversation.heard import AskPerson
from bot.intake.conversation.problems import danger_line, line_from_ranking, lines_from, lines_or_guess
from bot.intake.conversation.turn import Turn
from bot.intake.draft import Line
from bot.intake.understanding import Understanding

REPORT = 0.6  # words that look like an answer but fit a service this well are a report
RECORDS = {"praise": "NT-05", "suggestion": "NT-06", "complaint": "NT-07"}


def take_act(turn: Turn, understood: Understanding) -> None:
    """Answers a message that no open question claimed."""
    outside = next((m for m in understood.places if not m.inside), None)
    inside = any(m.inside and m.kind != "relative" for m in understood.places)
    if understood.act in ("request", "out_of_scope") and outside is not None and not inside:
        _outside(turn, outside.text)
        return
    handler = {
        "request": _request,
        "status": _status,
        "answerable": _question,
        "smalltalk": _smalltalk,
        "handoff": hand_over,
        "amend": _amend,
        "praise": _record,
        "suggestion": _record,
        "complaint": _complaint,
        "answer": _stray_answer,
    }.get(understood.act, _out_of_scope)
    handler(turn, understood)


def _request(turn: Turn, understood: Understanding) -> None:
    lines = lines_from(turn.text, understood)
    if turn.draft.lines:
        if not correct(turn, understood):
            supplement(turn, understood)
            return
        advance(turn)
        return
    if closed := _same_as_closed(turn, lines):
        turn.change(survey=closed)
        filed.reopen(turn, turn.text)
        return
    turn.add_lines(tuple(with_kept_place(turn, line) for line in lines))
    advance(turn)


def _same_as_closed(turn: Turn, lines: tuple[Line, ...]) -> str | None:
    """The number of the ticket closed lately that this message complains of, without a place of its own."""
    ticket = filed.recently_closed(turn)
    if ticket is None or len(lines) != 1 or lines[0].place.enough:
        return None
    return ticket.number if lines[0].service_code == ticket.service_code else None


def danger_without_request(turn: Turn, understood: Understanding) -> None:
    """Danger in a message in which the engine saw no service: the kind says what a ticket would be for."""
    kind = turn.heard.danger or ""
    line = danger_line(turn.text, kind, understood)
    if line is None:
        call_person(turn, kind)
    else:
        turn.add_lines((with_kept_place(turn, line),))
        advance(turn)


def call_person(turn: Turn, kind: str) -> None:
    """Somebody may be in danger from themselves or is a child: no questions, nothing collected, a person is called."""
    turn.do(AskPerson("danger", {"kind": kind}))
    if not turn.says and not turn.heard.already_warned:  # said before in this draft, but silence would be worse
        turn.says.append(danger_say(kind, turn.world.city.hotlines))


def _status(turn: Turn, understood: Understanding) -> None:
    filed.tell_status(turn)
    _resume(turn)


def _question(turn: Turn, understood: Understanding) -> None:
    answer = turn.world.answer
    if answer is None:
        turn.say("no_answer", fallback=turn.world.city.hotlines.fallback, area_code=turn.world.city.area_code)
        turn.do(AskPerson("unanswered"))
    else:
        turn.say("answer", text=answer.text, article=answer.article or "")
    _resume(turn)


def _smalltalk(turn: Turn, understood: Understanding) -> None:
    if understood.intent == "thanks":
        turn.say("you_are_welcome")
    elif turn.draft.empty and not turn.was_asked("detail:problem"):
        turn.ask("detail:problem", "hello")
    else:
        turn.say("hello")
    _resume(turn)


def hand_over(turn: Turn, understood: Understanding | None = None) -> None:
    """A person, at once and without argument: in office hours the queue, else 12345 and when."""
    turn.do(AskPerson("handoff"))
    key = "handoff_open" if turn.world.office_open else "handoff_closed"
    turn.say(key, fallback=turn.world.city.hotlines.fallback, area_code=turn.world.city.area_code)
    turn.change(expects=None)


def _amend(turn: Turn, understood: Understanding) -> None:
    if turn.draft.lines:
        if understood.intent == "withdraw":
            drop(turn)
        elif correct(turn, understood):
            advance(turn)
        else:
            supplement(turn, understood)
        return
    kind = understood.intent if understood.intent in ("withdraw", "correct", "supplement") else "supplement"
    if filed.change_filed(turn, kind):
        return
    if understood.requests or len(turn.text) >= 8 and kind == "supplement":
        turn.add_lines(tuple(with_kept_place(turn, line) for line in lines_or_guess(turn.text, understood)))
        advance(turn)
    else:
        turn.say("nothing_to_change")


def _record(turn: Turn, understood: Understanding) -> None:
    """Praise and suggestions become a light record, after a card like everything else."""
    turn.say("thanks_for_praise" if understood.act == "praise" else "thanks_for_suggestion")
    _add_record(turn, understood)


def _complaint(turn: Turn, understood: Understanding) -> None:
    if filed.recently_closed(turn) and turn.draft.empty:
        filed.reopen(turn, turn.text)
        return
    turn.say("sorry_for_that")
    turn.change(confidential=True)
    _add_record(turn, understood)


def _add_record(turn: Turn, understood: Understanding) -> None:
    if turn.draft.lines:
        _resume(turn)
        return
    place = compose(turn.text, understood.places)
    code = RECORDS[understood.act]
    turn.add_lines((Line(text=turn.text, service_code=code, confidence=1.0, settled=True, place=place),))
    advance(turn)


def _stray_answer(turn: Turn, understood: Understanding) -> None:
    """An answer where nothing was asked: a place or a fact is kept, a bare "对" gets a friendly line."""
    place = compose(turn.text, understood.places)
    if turn.draft.lines:
        supplement(turn, understood)
        return
    if understood.ranking and understood.ranking[0][1] >= REPORT:
        turn.add_lines((with_kept_place(turn, line_from_ranking(turn.text, understood)),))
        advance(turn)
    elif place.text:
        turn.change(place=place)
        advance(turn)
    elif not turn.draft.empty or turn.facts.any:
        advance(turn)
    else:
        turn.say("how_to_report")


def _out_of_scope(turn: Turn, understood: Understanding) -> None:
    if turn.draft.empty and hints.only_vents(turn.text) and not turn.was_asked("detail:problem"):
        turn.ask("detail:problem", "hello")  # no matter is named yet: anger, or a face
        return
    turn.say("out_of_scope", bureau=turn.world.city.bureau)
    _resume(turn)


def _outside(turn: Turn, named: str) -> None:
    city = turn.world.city
    for neighbour in city.neighbours:
        if neighbour.name["zh"] in named or any(alias in named for alias in neighbour.aliases):
            turn.say("outside_named", place=neighbour.name, area_code=neighbour.area_code, city=city.name)
            return
    turn.say("outside", place=named, area_code=city.area_code, city=city.name)


def drop(turn: Turn) -> None:
    """The request is called off: gone at once, nothing was sent."""
    turn.draft = turn.draft.fresh()
    turn.say("dropped")


def _resume(turn: Turn) -> None:
    """After an aside the open question still stands: said again where a draft is waiting."""
    if turn.draft.lines and turn.draft.expects:
        remind(turn)
