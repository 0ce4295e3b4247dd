"""Buttons: each payload names what it does; a stale or forged one changes nothing and says so. Pure."""

from bot.intake.conversation import filed
from bot.intake.conversation.acts import drop, hand_over
from bot.intake.conversation.answers import choose_place, choose_service, decide_join
from bot.intake.conversation.asking import NONE_OF_THESE, advance, remind
from bot.intake.conversation.card import confirm_payload
from bot.intake.conversation.turn import Turn

RATINGS = ("satisfied", "mostly", "unsatisfied")


def press(turn: Turn, payload: str) -> None:
    """Does what the button says, if the conversation still stands where it was shown."""
    name, _, value = payload.partition(":")
    if not _press(turn, name, value, payload):
        turn.say("button_stale")
        if not turn.draft.empty:
            advance(turn)


def _press(turn: Turn, name: str, value: str, payload: str) -> bool:
    draft = turn.draft
    if name == "confirm" and draft.expects == "confirm" and payload == confirm_payload(draft):
        filed.file(turn)
    elif name == "cancel" and not draft.empty:
        drop(turn)
    elif name == "drop" and _may_drop(turn, value):
        index = int(value.split(":")[1])
        turn.change(lines=(*draft.lines[:index], *draft.lines[index + 1 :]))
        advance(turn)
    elif name == "service" and draft.expects == "which_service" and _offered_service(turn, value):
        choose_service(turn, draft.about, value)
    elif name == "place" and draft.expects == "which_place" and _offered_place(turn, value):
        choose_place(turn, draft.about, value)
    elif name == "join" and draft.expects == "join_duplicate" and value in ("yes", "no"):
        decide_join(turn, value == "yes")
    elif name == "rate" and value.partition(":")[2] in RATINGS:
        number, _, rating = value.partition(":")
        if not any(ticket.number == number for ticket in turn.world.tickets):
            return False
        turn.change(survey=number)
        filed.rate(turn, rating)
    elif name == "reopen" and draft.expects == "reason":
        turn.say("ask_reason_words", expects="reason")
    elif name == "no_reopen" and draft.expects == "reason":
        turn.change(survey=None, expects=None)
        turn.say("rated_thanks")
    elif name == "continue" and draft.lines and draft.expects:
        remind(turn, with_card=True)
    elif name == "pin":
        turn.say("how_to_pin", expects=draft.expects)
    elif name == "person":
        hand_over(turn)
    elif name == "status":
        filed.tell_status(turn)
    else:
        return False
    return True


def _may_drop(turn: Turn, value: str) -> bool:
    revision, _, index = value.partition(":")
    draft = turn.draft
    current = revision == str(draft.revision) and draft.expects == "confirm" and len(draft.lines) > 1
    return current and index in {str(i) for i in range(len(draft.lines))}


def _offered_service(turn: Turn, code: str) -> bool:
    return code == NONE_OF_THESE or any(code == c for c, _ in turn.draft.lines[turn.draft.about].ranking)


def _offered_place(turn: Turn, code: str) -> bool:
    return code == NONE_OF_THESE or code in turn.draft.lines[turn.draft.about].place.candidates
