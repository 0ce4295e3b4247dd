"""A resident who comes back after a day or more: what was left unfinished is offered once, and never mixed with a new matter. Pure."""

from datetime import timedelta

from bot.intake.conversation.turn import Turn
from bot.intake.say import Button

LEFT = timedelta(
    hours=18
)  # a draft untouched for so long was left: who writes next day may have something else in mind
QUOTE = 24  # characters of the old words that are shown
_ANSWERS = ("answer", "amend")


def is_left(turn: Turn) -> bool:
    """Whether the resident comes back to a request that was left unfinished."""
    idle = turn.world.idle
    return idle is not None and idle >= LEFT and not turn.draft.empty


def set_aside(turn: Turn) -> bool:
    """Lets the old draft go where the message clearly reports something else; True where it did."""
    understood = turn.heard.understood
    if not is_left(turn) or understood is None or understood.act != "request" or not understood.requests:
        return False
    if not turn.draft.lines:
        return False  # a photo or a pin alone may well be what is spoken of now
    if {request.service_code for request in understood.requests} <= {line.service_code for line in turn.draft.lines}:
        return False  # the same matter once more: it belongs to the draft
    words = turn.draft.lines[0].text[:QUOTE]
    turn.draft = turn.draft.fresh()
    turn.say("draft_set_aside", words=words)
    return True


def offer(turn: Turn) -> bool:
    """Offers the old draft, once; True where the message was no answer to it and the offer is the reply."""
    understood = turn.heard.understood
    if not is_left(turn) or turn.draft.offered or not turn.draft.lines or turn.heard.danger:
        return False
    if understood is None or understood.act in (*_ANSWERS, "request", "handoff"):
        return False
    turn.change(offered=True)
    words = turn.draft.lines[0].text[:QUOTE]
    buttons = Button("continue", "button_continue"), Button("cancel", "button_cancel")
    turn.say("draft_waiting", *buttons, words=words, expects=turn.draft.expects)
    return True
