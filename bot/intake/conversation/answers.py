"""Reading a message in the light of the open question. Each reader says whether it took the message. Pure."""

from collections.abc import Callable
from dataclasses import replace

from bot.intake import hints, states
from bot.intake.addresses import bare_unit, compose, refine
from bot.intake.conversation import filed
from bot.intake.conversation.asking import NONE_OF_THESE, advance
from bot.intake.conversation.changes import correct, supplement, with_kept_place
from bot.intake.conversation.doubt import options
from bot.intake.conversation.heard import Follow
from bot.intake.conversation.problems import lines_from, lines_or_guess
from bot.intake.conversation.turn import Turn
from bot.intake.draft import Line, Place
from bot.intake.understanding import Understanding

NEW_PROBLEM = 0.6  # an answer that also states a problem this clearly adds a line
FLOOR = 0.02  # what a service is worth that an answer does not make likely at all
REST = 6  # characters beside the place that could state a problem


def take_answer(turn: Turn, understood: Understanding) -> bool:
    """Whether the message answered, changed or closed the open question; if so the turn is complete."""
    reader = _READERS.get((turn.draft.expects or "").split(":")[0])
    return reader is not None and reader(turn, understood)


def _location(turn: Turn, understood: Understanding) -> bool:
    i = turn.draft.about
    place = compose(turn.text, understood.places)
    if hints.only_asks(turn.text):
        turn.draft = turn.draft.fresh()
        turn.say("only_asked", fallback=turn.world.city.hotlines.fallback, area_code=turn.world.city.area_code)
        return True
    if any(not mention.inside for mention in understood.places) and not place.text:
        return False  # outside the county: told by the acts
    if not place.text:
        if understood.act in _ASIDES:
            return False
        place = Place() if hints.says_unknown(turn.text) else Place(text=_bare(turn.text))
    place = replace(place, vague=False)  # asked once: the resident's best words are good enough now
    for j, line in enumerate(turn.draft.lines):
        if j == i or not line.place.enough:
            turn.change_line(j, place=refine(line.place, place))
    _add_problem_beside_place(turn, understood)
    advance(turn)
    return True


def _add_problem_beside_place(turn: Turn, understood: Understanding) -> None:
    rest = turn.text
    for mention in understood.places:
        rest = rest.replace(mention.text, "")
    known = {line.service_code for line in turn.draft.lines}
    new = [
        request
        for request in understood.requests
        if understood.act == "request" and request.confidence >= NEW_PROBLEM and request.service_code not in known
    ]
    if new and len(rest) >= REST:
        lines = lines_from(turn.text, replace(understood, requests=tuple(new)))
        turn.add_lines(tuple(replace(line, text=line.text) for line in lines))


def _detail(turn: Turn, understood: Understanding) -> bool:
    """What happened, of the draft; or what the office that works on a ticket has asked."""
    if turn.draft.survey is None or turn.draft.lines:
        return _problem(turn, understood)
    asked = next((t for t in turn.world.tickets if t.number == turn.draft.survey), None)
    other = [r for r in understood.requests if asked and r.service_code != asked.service_code]
    new = understood.act == "request" and other and other[0].confidence >= NEW_PROBLEM
    turn.change(expects=None, survey=None)
    if asked is None or asked.status not in states.OPEN or new or understood.act in _NO_REPLY:
        return False
    filed.pass_on(turn, asked)
    return True


def _problem(turn: Turn, understood: Understanding) -> bool:
    if understood.act in _ASIDES and not understood.requests:
        return False
    i = turn.draft.about
    lines = lines_or_guess(turn.text, understood)
    if not turn.draft.lines:
        turn.add_lines(tuple(with_kept_place(turn, line) for line in lines))
    else:
        old = turn.draft.lines[i]
        first = lines[0]
        ranking = first.ranking if first.ranking and first.confidence >= old.confidence else old.ranking
        turn.change_line(
            i,
            text=_joined(old.text, first.text),
            service_code=ranking[0][0] if ranking else old.service_code,
            confidence=max(first.confidence, old.confidence),
            ranking=ranking,
            place=refine(old.place, first.place),
        )
        turn.add_lines(lines[1:])
    advance(turn)
    return True


def _which_service(turn: Turn, understood: Understanding) -> bool:
    i = turn.draft.about
    line = turn.draft.lines[i]
    codes = options(line)
    catalogue = turn.world.city.catalogue
    named = [code for code in codes if catalogue[code].short["zh"] in turn.text]
    number = hints.ordinal(turn.text, len(codes))
    if hints.says_none_of_these(turn.text):
        choose_service(turn, i, NONE_OF_THESE)
        return True
    if number is not None or len(named) == 1:
        choose_service(turn, i, codes[number] if number is not None else named[0])
        return True
    if understood.act in _ASIDES and not understood.requests:
        return False
    best = lines_or_guess(turn.text, understood)[0]
    turn.change_line(
        i,
        text=_joined(line.text, turn.text),
        service_code=_combined(line, best),
        settled=True,
        place=refine(line.place, best.place),
    )
    advance(turn)
    return True


def choose_service(turn: Turn, i: int, code: str) -> None:
    """The resident chose; or none of those offered was right: then the likeliest goes on, for a person to look at."""
    line = turn.draft.lines[i]
    if code == NONE_OF_THESE:
        rest = tuple(pair for pair in line.ranking if pair[0] not in options(line)) or line.ranking
        if turn.was_asked("detail:problem", i):
            turn.change_line(i, service_code=rest[0][0] if rest else line.service_code, settled=True)
        else:
            turn.change_line(i, service_code=None, confidence=0.0, ranking=rest)
    else:
        turn.change_line(i, service_code=code, settled=True)
    advance(turn)


def _which_place(turn: Turn, understood: Understanding) -> bool:
    i = turn.draft.about
    candidates = turn.draft.lines[i].place.candidates
    names = turn.world.city.place_names
    number = hints.ordinal(turn.text, len(candidates))
    by_code = [m.code for m in understood.places if m.code in candidates]
    by_parent = [code for code in candidates if code in names and bare_unit(names[code][1]) in turn.text]
    affirmed = [code for code in by_parent if not _denied(turn.text, bare_unit(names[code][1]))]
    if number is not None:
        choose_place(turn, i, candidates[number])
    elif by_code:
        choose_place(turn, i, by_code[0])
    elif len(affirmed) == 1:
        choose_place(turn, i, affirmed[0])
    elif hints.says_none_of_these(turn.text) or hints.says_unknown(turn.text):
        choose_place(turn, i, NONE_OF_THESE)
    elif understood.places and (place := compose(turn.text, understood.places)).enough:
        turn.change_line(i, place=refine(replace(turn.draft.lines[i].place, candidates=()), place))
        advance(turn)
    else:
        return False
    return True


def choose_place(turn: Turn, i: int, code: str) -> None:
    """One of the places with the same name; or none of them: then the words go on without a code."""
    for j, line in enumerate(turn.draft.lines):
        if j == i or line.place.candidates == turn.draft.lines[i].place.candidates:
            chosen = None if code == NONE_OF_THESE else code
            turn.change_line(j, place=replace(line.place, code=chosen, candidates=()))
    advance(turn)


def _confirm(turn: Turn, understood: Understanding) -> bool:
    if hints.says_yes(turn.text):
        filed.file(turn)
        return True
    if correct(turn, understood):
        advance(turn)
        return True
    if hints.says_no(turn.text) and len(turn.text) <= 8:
        turn.say("ask_what_to_change", expects="confirm")
        return True
    if turn.facts.any and (understood.act != "request" or understood.intent == "inform"):
        advance(turn)  # the facts are in the draft already: the card shows them
        return True
    return supplement(turn, understood)


def _join(turn: Turn, understood: Understanding) -> bool:
    if correct(turn, understood):
        turn.change(joinable=None, asked=tuple(a for a in turn.draft.asked if not a.startswith("join_duplicate")))
        advance(turn)
        return True
    if hints.says_no(turn.text) or hints.says_none_of_these(turn.text) or "不是" in turn.text or "另" in turn.text:
        decide_join(turn, False)
        return True
    if hints.says_yes(turn.text) or any(
        word in turn.text.lower() for word in ("算我", "一起", "加入", "跟着", "join", "same")
    ):
        decide_join(turn, True)
        return True
    return False


def decide_join(turn: Turn, same: bool) -> None:
    """Joins the open ticket that was offered, or goes on with a request of the resident's own."""
    offered = next((t for t in turn.world.nearby if t.number == turn.draft.joinable), None)
    if same and offered is not None:
        turn.do(Follow(offered.id))
        turn.say("joined", number=offered.number)
        turn.draft = turn.draft.fresh()
        return
    turn.change(joinable=None, declined=(*turn.draft.declined, turn.draft.joinable or ""))
    advance(turn)


def _rating(turn: Turn, understood: Understanding) -> bool:
    return filed.rate_in_words(turn)


def _reason(turn: Turn, understood: Understanding) -> bool:
    """The reason for "not satisfied"; a clear report of something else, somewhere else, is no reason."""
    surveyed = next((t for t in turn.world.tickets if t.number == turn.draft.survey), None)
    other = [r for r in understood.requests if surveyed and r.service_code != surveyed.service_code]
    elsewhere = compose(turn.text, understood.places).enough
    if understood.act == "request" and other and other[0].confidence >= NEW_PROBLEM and elsewhere:
        turn.change(expects=None, survey=None)
        return False
    filed.give_reason(turn, turn.text)
    return True


def _combined(line: Line, answer: Line) -> str | None:
    """The likeliest service in the light of both messages: one of those offered, unless the answer is clear by itself."""
    if answer.confidence >= NEW_PROBLEM or not line.ranking:
        return answer.service_code
    before, after = dict(line.ranking), dict(answer.ranking)
    return max(options(line), key=lambda code: before[code] * max(after.get(code, 0.0), FLOOR))


def _joined(old: str, new: str) -> str:
    if not old or old in new:
        return new
    return old if new in old else f"{old}，{new}" if not old.isascii() else f"{old}. {new}"


def _bare(text: str) -> str:
    """An answer to "where" without the words around it."""
    return text.strip().strip("。.!！~，,").removeprefix("在").removeprefix("就在")[:120]


def _denied(text: str, unit: str) -> bool:
    return f"不是{unit}" in text or f"不在{unit}" in text


_ASIDES = ("status", "answerable", "smalltalk", "handoff", "praise", "suggestion", "complaint", "out_of_scope")
_NO_REPLY = ("status", "smalltalk", "handoff")  # these are no answer to an office's question
_READERS: dict[str, Callable[[Turn, Understanding], bool]] = {
    "location": _location,
    "detail": _detail,
    "which_service": _which_service,
    "which_place": _which_place,
    "confirm": _confirm,
    "join_duplicate": _join,
    "rating": _rating,
    "reason": _reason,
}
