"""Changes to a draft in words: corrections and additions. Pure."""

from dataclasses import replace

from bot.intake import states
from bot.intake.addresses import compose, refine
from bot.intake.conversation.asking import advance
from bot.intake.conversation.heard import AskPerson, ChangeTicket
from bot.intake.conversation.problems import lines_from, lines_or_guess
from bot.intake.conversation.turn import Turn
from bot.intake.corrections import Correction, find_correction, swap
from bot.intake.draft import Line, Place
from bot.intake.understanding import Mention, Understanding

SAME_MATTER = 0.35  # a new text this likely to be one of the draft's services is about it
NEW_MATTER = 0.45


def correct(turn: Turn, understood: Understanding) -> bool:
    """Applies a correction to the draft's places or services; False where the message makes none."""
    correction = find_correction(turn.text)
    if correction is None or not turn.draft.lines:
        return False
    if _correct_place(turn, correction, understood) or _correct_service(turn, correction, understood):
        turn.do(AskPerson("corrected", {"words": len(turn.text)}))
        return True
    return False


def _correct_place(turn: Turn, correction: Correction, understood: Understanding) -> bool:
    right = _place_of(correction, turn.text, understood)
    done = False
    for i, line in enumerate(turn.draft.lines):
        swapped = swap(line.place.text, correction.wrong, _words_of(correction, right)) if correction.wrong else None
        if swapped is not None:
            code = right.code if right and right.code else None
            candidates = right.candidates if right else ()
            turn.change_line(i, place=replace(line.place, text=swapped, code=code, candidates=candidates, vague=False))
            done = True
    if not done and right is not None and not _names_problem(understood, correction):
        turn.change_line(0, place=refine(Place(), replace(right, vague=False)))
        done = True
    return done


def _place_of(correction: Correction, text: str, understood: Understanding) -> Place | None:
    """The place that the right half names, None where it names none."""
    end = correction.start + len(correction.right) + 2
    mentions: tuple[Mention, ...] = tuple(m for m in understood.places if correction.start - 1 <= m.start < end)
    place = compose(text, mentions)
    return place if place.text else None


def _words_of(correction: Correction, right: Place | None) -> str:
    if right is not None and right.text and right.text in correction.right:
        return right.text
    return correction.right


def _names_problem(understood: Understanding, correction: Correction) -> bool:
    return any(r.confidence >= NEW_MATTER and len(correction.right) > 6 for r in understood.requests) and not any(
        m.start <= correction.start < m.end for m in understood.places
    )


def _correct_service(turn: Turn, correction: Correction, understood: Understanding) -> bool:
    meant = [r for r in understood.requests if r.end > correction.start]  # what is ruled out stands before it
    ranking = meant[0].ranking if meant else understood.ranking
    if not ranking:
        return False
    i = _line_about(turn, correction)
    line = turn.draft.lines[i]
    turn.change_line(
        i,
        text=f"{line.text}（{turn.text}）",
        service_code=ranking[0][0],
        confidence=ranking[0][1],
        ranking=ranking,
        settled=True,
    )
    return True


def _line_about(turn: Turn, correction: Correction) -> int:
    """The line whose words hold what was wrong; else the last one spoken of."""
    for i, line in enumerate(turn.draft.lines):
        if correction.wrong and correction.wrong in line.text:
            return i
    return min(turn.draft.about, len(turn.draft.lines) - 1)


def with_kept_place(turn: Turn, line: Line) -> Line:
    """A line with the place or pin that came before it was known what for."""
    place = refine(turn.draft.place, line.place) if turn.draft.place.text else line.place
    if turn.draft.pin and not place.has_pin:
        place = replace(place, lat=turn.draft.pin[0], lon=turn.draft.pin[1])
    return replace(line, place=place)


def change_edited(turn: Turn, before: str, understood: Understanding) -> bool:
    """An edited message takes the place of its first form, on the draft or on the ticket made of it; False elsewhere."""
    for i, line in enumerate(turn.draft.lines):
        if before not in line.text:
            continue
        meant = lines_or_guess(turn.text, understood)
        place = meant[0].place if meant[0].place.text else line.place
        service = (
            {"service_code": line.service_code, "confidence": line.confidence, "ranking": line.ranking}
            if line.settled or not meant[0].ranking
            else {"service_code": meant[0].service_code, "confidence": meant[0].confidence, "ranking": meant[0].ranking}
        )
        pinned = replace(place, lat=line.place.lat, lon=line.place.lon) if line.place.has_pin else place
        turn.change_line(i, text=line.text.replace(before, turn.text), place=pinned, **service)
        advance(turn)
        return True
    ticket = next((t for t in turn.world.tickets if before in t.text and t.status in states.OPEN), None)
    if ticket is None or before == turn.text:
        return False
    turn.do(ChangeTicket(ticket.id, "ticket.corrected", {"text": turn.text}))
    turn.say("told_corrected", number=ticket.number)
    return True


def supplement(turn: Turn, understood: Understanding) -> bool:
    """Takes a message at the card as a further problem or as more about the one there."""
    if understood.act not in ("request", "amend", "answer"):
        return False
    if _only_names_a_place(turn.text, understood):
        last = len(turn.draft.lines) - 1
        place = compose(turn.text, understood.places)
        turn.change_line(last, place=refine(turn.draft.lines[last].place, replace(place, vague=False)))
        advance(turn)
        return True
    lines = lines_from(turn.text, understood) if understood.act == "request" else ()
    known = {line.service_code for line in turn.draft.lines}
    new = tuple(line for line in lines if line.confidence >= NEW_MATTER and line.service_code not in known)
    if any(line.text == turn.text for line in turn.draft.lines):
        advance(turn)  # the same words again: one draft, one card
    elif new:
        turn.add_lines(tuple(_near(turn, line) for line in new))
        advance(turn)
    else:
        _add_words(turn, understood)
        advance(turn)
    return True


def _only_names_a_place(text: str, understood: Understanding) -> bool:
    rest = text
    for mention in understood.places:
        rest = rest.replace(mention.text, "")
    return any(m.inside and m.kind != "relative" for m in understood.places) and len(rest.strip(" ，,。.在就是的")) < 4


def _near(turn: Turn, line: Line) -> Line:
    """A further problem without a place lies where the one before it does."""
    return line if line.place.text else replace(line, place=turn.draft.lines[-1].place)


def _add_words(turn: Turn, understood: Understanding) -> None:
    i = len(turn.draft.lines) - 1
    line = turn.draft.lines[i]
    place = compose(turn.text, understood.places)
    better = place if place.enough and not line.place.enough else line.place
    joint = ". " if line.text.isascii() else "，"
    turn.change_line(i, text=f"{line.text}{joint}{turn.text}", place=better)
