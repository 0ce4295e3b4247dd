"""The conversation: (draft, what was heard, the world) → (draft, replies, effects). Pure, and the only place that decides.

`asking.py` alone chooses the next question; `answers.py` reads a message in the light of the open one; `acts.py` replies
by what the resident does; `buttons.py` and `commands.py` need no engine.
"""

from bot.intake import hints
from bot.intake.conversation.acts import call_person, danger_without_request, drop, hand_over, take_act
from bot.intake.conversation.answers import take_answer
from bot.intake.conversation.asking import advance, remind
from bot.intake.conversation.buttons import press
from bot.intake.conversation.changes import change_edited
from bot.intake.conversation.commands import obey
from bot.intake.conversation.dangers import KINDS, warn
from bot.intake.conversation.heard import Heard, Outcome, SetLanguage, World
from bot.intake.conversation.returning import offer, set_aside
from bot.intake.conversation.turn import Turn
from bot.intake.draft import Draft, Place

REPLIES = ("answer", "amend")  # acts that belong to an open question even where danger is named

__all__ = ["Draft", "Heard", "Outcome", "World", "step"]


def step(draft: Draft, heard: Heard, world: World) -> Outcome:
    """One turn. Text must come with what the engine understood of it."""
    turn = Turn(draft, heard, world)
    left_behind = set_aside(turn)
    warn(turn)
    if left_behind:
        turn.says.sort(key=lambda say: not say.emergency)  # danger first, then what became of the old draft
    if heard.command is not None:
        obey(turn, heard.command)
    elif heard.button is not None:
        obey(turn, heard.button[1:]) if heard.button.startswith("/") else press(turn, heard.button)
    elif heard.text.strip() and heard.understood is not None:
        _attach(turn)
        _absorb_facts(turn)
        _words(turn)
    elif heard.uploads or heard.pin:
        _attachment_only(turn)
    elif heard.other is not None:
        turn.say(f"cannot_read_{heard.other}" if heard.other in ("voice", "sticker") else "cannot_read")
        if turn.draft.lines and turn.draft.expects:
            remind(turn)
    else:
        turn.say("how_to_report")
    return turn.outcome()


def _words(turn: Turn) -> None:
    understood = turn.heard.understood
    assert understood is not None  # noqa: S101 - step() made sure
    if turn.heard.edited and change_edited(turn, turn.heard.edited, understood):
        return
    if (language := hints.asks_language(turn.text)) is not None:
        turn.do(SetLanguage(language))
        turn.say("language_set")
        if turn.draft.lines and turn.draft.expects:
            remind(turn)
        return
    if turn.heard.danger and not understood.requests and (turn.draft.expects is None or understood.act not in REPLIES):
        danger_without_request(turn, understood)
        return
    if turn.heard.danger and KINDS[turn.heard.danger].service is None:
        call_person(turn, turn.heard.danger)
        return
    if understood.act == "handoff":
        hand_over(turn)
        return
    if turn.draft.lines and hints.calls_it_off(turn.text) and not turn.heard.danger:
        drop(turn)
        return
    if turn.draft.expects and take_answer(turn, understood):
        return
    if offer(turn):
        return
    take_act(turn, understood)


def _attach(turn: Turn) -> None:
    if turn.heard.uploads:
        turn.change(photos=(*turn.draft.photos, *turn.heard.uploads))
    if turn.heard.pin:
        _pin(turn, turn.heard.pin)


def _pin(turn: Turn, pin: tuple[float, float]) -> None:
    """A pin belongs to every line that has none, or to the request that is still to come."""
    turn.change(pin=pin)
    for i, line in enumerate(turn.draft.lines):
        if not line.place.has_pin:
            place = Place(line.place.text, line.place.code, (), pin[0], pin[1])
            turn.change_line(i, place=place)


def _absorb_facts(turn: Turn) -> None:
    facts, draft = turn.facts, turn.draft
    turn.change(
        phone=facts.phone or draft.phone,
        name=facts.name or draft.name,
        occurred=draft.occurred or facts.occurred,
        anonymous=draft.anonymous or facts.anonymous,
        confidential=draft.confidential or facts.confidential,
        no_contact=draft.no_contact or facts.no_contact,
    )


def _attachment_only(turn: Turn) -> None:
    """A photo or a pin without words: kept; what is asked is only what is still missing."""
    heard, city = turn.heard, turn.world.city
    if heard.pin and not city.bounds.holds(*heard.pin):
        turn.say("pin_outside", city=city.name, expects=turn.draft.expects)
        return
    if turn.draft.empty and heard.uploads and not heard.pin and _late_photo(turn):
        return
    _attach(turn)
    advance(turn)


def _late_photo(turn: Turn) -> bool:
    """A photo sent right after filing belongs to the ticket that was just filed."""
    from bot.intake.conversation import filed

    recent = turn.draft.recent
    just_filed = any(
        t.number in recent and (turn.world.now - t.created_at).total_seconds() < 3600 for t in turn.world.tickets
    )
    return just_filed and filed.change_filed(turn, "supplement")
