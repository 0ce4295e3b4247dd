"""What to ask next: the only place that decides it. No question twice, none that was answered, then the card."""

from bot.intake.catalogue import LIGHT_RECORDS
from bot.intake.conversation.card import card_say, confirm_payload
from bot.intake.conversation.dangers import KINDS
from bot.intake.conversation.doubt import is_lost, is_sure, options
from bot.intake.conversation.turn import Turn
from bot.intake.draft import Line
from bot.intake.duplicates import likely_duplicate
from bot.intake.say import Button

NONE_OF_THESE = "none"


def advance(turn: Turn) -> None:
    """Ends the turn with the one question that is open, or with the card."""
    if not turn.draft.lines:
        _ask_problem(turn)
        return
    for i, line in enumerate(turn.draft.lines):
        if _ask_about(turn, i, line):
            return
    if _offer_duplicate(turn):
        return
    _show_card(turn)


def _ask_about(turn: Turn, i: int, line: Line) -> bool:
    """Asks what this line still lacks; False where it lacks nothing that can be asked."""
    if not _no_menu(turn, line):
        unknown = line.service_code is None or not turn.was_asked("which_service", i)  # "none of these" leaves None
        if is_lost(line) and unknown and not turn.was_asked("detail:problem", i):
            _ask_problem(turn, i)
            return True
        if not is_sure(line) and not turn.was_asked("which_service", i) and len(options(line)) > 1:
            if not _offer_duplicate(turn):  # who joins a neighbour's case need not tell us what it is
                _ask_service(turn, i, line)
            return True
    if line.place.candidates and not turn.was_asked("which_place", i):
        _ask_place_choice(turn, i, line)
        return True
    if _needs_place(turn, line) and not turn.was_asked("location", i):
        _ask_location(turn, i, line)
        return True
    return False


def remind(turn: Turn, *, with_card: bool = False) -> None:
    """Says the open question again, with its buttons: after an aside it still stands. It is not asked a second time."""
    draft = turn.draft
    what = (draft.expects or "").split(":")[0]
    i = max(0, min(draft.about, len(draft.lines) - 1))
    if what == "confirm" and with_card:
        turn.says.append(card_say(draft, turn.world.city, _is_optional(turn)))
    elif what == "confirm":
        buttons = Button(confirm_payload(draft), "button_confirm"), Button("cancel", "button_cancel")
        turn.say("still_open", *buttons, expects="confirm")
    elif what == "detail":
        turn.say("ask_problem", expects=draft.expects)
    elif draft.lines and what in _SAID_AGAIN:
        _SAID_AGAIN[what](turn, i, draft.lines[i])
        turn.draft = draft
    elif draft.expects:
        turn.say("still_waiting", expects=draft.expects)


def _no_menu(turn: Turn, line: Line) -> bool:
    """In danger nobody chooses from menus: the likeliest service stands on the card."""
    return bool(turn.draft.warned) and line.service_code is not None


def _needs_place(turn: Turn, line: Line) -> bool:
    if line.place.enough or turn.draft.pin:
        return False
    if _is_optional(turn):
        return False
    service = turn.world.city.catalogue.get(line.service_code or "")
    return service is None or service.needs_location


def _ask_location(turn: Turn, i: int, line: Line) -> None:
    key = "ask_location_more" if line.place.text else "ask_location"
    turn.ask("location", key, Button("pin", "button_pin"), about=i)


def _ask_problem(turn: Turn, about: int = 0) -> None:
    again = turn.was_asked("detail:problem", about)
    if turn.draft.photos or turn.draft.pin:
        key = "ask_problem_more" if again else "ask_problem_kept"
    else:
        key = "ask_problem_again" if again else "ask_problem"
    turn.ask("detail:problem", key, about=about)


def _ask_service(turn: Turn, i: int, line: Line) -> None:
    codes = options(line)
    catalogue = turn.world.city.catalogue
    buttons = [Button(f"service:{code}", catalogue[code].short, literal=True) for code in codes]
    buttons.append(Button(f"service:{NONE_OF_THESE}", "button_none_of_these"))
    turn.ask("which_service", "ask_service", *buttons, about=i, words=line.text[:24])


def _ask_place_choice(turn: Turn, i: int, line: Line) -> None:
    names = turn.world.city.place_names
    buttons = [
        Button(f"place:{code}", _spoken(*names[code]), literal=True) for code in line.place.candidates if code in names
    ]
    buttons.append(Button(f"place:{NONE_OF_THESE}", "button_none_of_these"))
    turn.ask("which_place", "ask_which_place", *buttons, about=i, place=line.place.text)


def _spoken(name: str, unit: str) -> str:
    """An official name as people say it: 迟营镇张庄村, not 迟营镇张庄村民委员会."""
    return unit + name.replace("村村民委员会", "村").replace("村民委员会", "村").removesuffix("居民委员会")


def _offer_duplicate(turn: Turn) -> bool:
    draft = turn.draft
    if len(draft.lines) != 1 or turn.was_asked("join_duplicate") or draft.lines[0].service_code in LIGHT_RECORDS:
        return False
    line = draft.lines[0]
    codes = (line.service_code,) if is_sure(line) else options(line)
    twin = likely_duplicate(line, codes, turn.world.nearby, turn.world.now)
    if twin is None:
        return False
    service = turn.world.city.catalogue[twin.service_code]
    turn.change(joinable=twin.number)
    days = (turn.world.now - twin.created_at).days
    turn.ask(
        "join_duplicate",
        "ask_join" if days > 0 else "ask_join_today",
        Button("join:yes", "button_join"),
        Button("join:no", "button_not_the_same"),
        service=service.name,
        address=twin.address,
        days=days,
    )
    return True


def _show_card(turn: Turn) -> None:
    # Places that could not be told apart, or that the resident has no better words for, go as they are; a line whose
    # service stayed unknown goes under the likeliest one, and a person looks at it.
    for i, line in enumerate(turn.draft.lines):
        if line.service_code is None and line.ranking:
            turn.change_line(i, service_code=line.ranking[0][0], confidence=0.0)
    turn.change(expects="confirm", about=0, revision=turn.draft.revision + 1)
    turn.says.append(card_say(turn.draft, turn.world.city, _is_optional(turn)))


def _is_optional(turn: Turn) -> bool:
    """Whether the matter is one for a phone call: then nothing is pressed on the resident."""
    return any(KINDS[kind].optional for kind in turn.draft.warned)


_SAID_AGAIN = {"location": _ask_location, "which_service": _ask_service, "which_place": _ask_place_choice}
