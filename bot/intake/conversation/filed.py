"""What happens at and after filing: tickets, supplements, withdrawals, ratings, news asked for. Pure."""

from datetime import timedelta

from bot.intake import states
from bot.intake.conversation.doubt import is_sure
from bot.intake.conversation.heard import AskPerson, ChangeTicket, FileTickets, TicketView
from bot.intake.conversation.turn import Turn
from bot.intake.phrases import Both
from bot.intake.say import Button

LISTED = 5  # tickets told of at once
_UNHAPPY = (
    "不满意",
    "没解决",
    "没修好",
    "没弄好",
    "又",
    "还是",
    "照样",
    "还没",
    "没处理",
    "糊弄",
    "not satisfied",
    "not fixed",
    "still",
    "again",
    "not solved",
)
_SO_SO = ("基本满意", "一般", "还行", "凑合", "mostly")
_HAPPY = ("满意", "解决了", "修好了", "好了", "谢谢", "不错", "satisfied", "fixed", "thanks", "good")


def file(turn: Turn) -> None:
    """Files every line of the draft; the tickets' numbers are told by the effect's own messages."""
    draft = turn.draft
    lines = tuple(line for line in draft.lines if line.service_code)
    if lines:
        turn.do(FileTickets(draft, lines))
    else:  # no service can be named at all: a person reads it
        city = turn.world.city
        key = "handoff_open" if turn.world.office_open else "handoff_closed"
        turn.say(key, fallback=city.hotlines.fallback, area_code=city.area_code)
    if len(lines) < len(draft.lines) or any(not is_sure(line) for line in lines):
        turn.do(AskPerson("low_confidence"))
    turn.draft = draft.fresh()


def tell_status(turn: Turn) -> None:
    """How the resident's tickets are doing, in words."""
    tickets = _asked_about(turn)
    if not tickets:
        turn.say("status_none")
        return
    for ticket in tickets[:LISTED]:
        service = turn.world.city.catalogue[ticket.service_code]
        turn.say(
            f"status_is_{ticket.status}",
            number=ticket.number,
            service=service.short,
            unit=service.department,
            address=ticket.address or Both({"zh": "—"}),
        )


def _asked_about(turn: Turn) -> list[TicketView]:
    named = [t for t in turn.world.tickets if t.number.lower() in turn.text.lower() or t.number[-4:] in turn.text]
    if named:
        return named
    still_open = [t for t in turn.world.tickets if t.status in states.OPEN]
    return still_open or list(turn.world.tickets[:1])


def change_filed(turn: Turn, kind: str) -> bool:
    """Withdraws, corrects or supplements the ticket filed last; False where there is none to change."""
    ticket = next((t for t in turn.world.tickets if t.status in states.OPEN), None)
    named = _asked_about(turn)
    if len(named) == 1 and named[0].status in states.OPEN:
        ticket = named[0]
    if ticket is None:
        return False
    event = {"withdraw": "ticket.withdrawn", "correct": "ticket.corrected"}.get(kind, "ticket.supplemented")
    data: dict[str, object] = {"text": turn.text, "photos": list(turn.heard.uploads)}
    turn.do(ChangeTicket(ticket.id, event, data))
    turn.say(f"told_{event.removeprefix('ticket.')}", number=ticket.number)
    return True


def pass_on(turn: Turn, ticket: TicketView) -> None:
    """The answer to what the office asked goes to it as a supplement."""
    data: dict[str, object] = {"text": turn.text, "photos": list(turn.heard.uploads)}
    turn.do(ChangeTicket(ticket.id, "ticket.supplemented", data))
    turn.change(photos=())  # they went with it
    turn.say("told_supplemented", number=ticket.number)


def rate(turn: Turn, rating: str) -> None:
    """Stores a rating by button: satisfied, mostly, unsatisfied."""
    ticket = _surveyed(turn)
    if ticket is None:
        turn.say("survey_gone")
        return
    turn.do(ChangeTicket(ticket.id, "ticket.rated", {"rating": rating}))
    if rating == "unsatisfied":
        turn.change(survey=ticket.number)
        turn.ask("reason", "ask_reason", Button("reopen", "button_reopen"), Button("no_reopen", "button_no_reopen"))
    else:
        turn.change(survey=None, expects=None)
        turn.say("rated_thanks")


def rate_in_words(turn: Turn) -> bool:
    """A rating in words; unhappy words with a reason reopen the ticket. False where the words are no rating."""
    text = turn.text.lower()
    if any(word in text for word in _UNHAPPY) or text.startswith("不"):
        reopen(turn, turn.text)
        return True
    if any(word in text for word in _SO_SO):
        rate(turn, "mostly")
        return True
    if any(word in text for word in _HAPPY):
        rate(turn, "satisfied")
        return True
    return False


def give_reason(turn: Turn, reason: str) -> None:
    """The words after "not satisfied": the ticket is opened again with them."""
    reopen(turn, reason)


def reopen(turn: Turn, reason: str) -> None:
    """Opens the ticket again with the resident's reason, within the city's days; after that says what to do instead."""
    ticket = _surveyed(turn)
    if ticket is None:
        turn.say("survey_gone")
        return
    turn.do(ChangeTicket(ticket.id, "ticket.rated", {"rating": "unsatisfied", "reason": reason}))
    if ticket.closed_at and turn.world.now - ticket.closed_at > timedelta(days=turn.world.city.reopen_days):
        turn.say("reopen_too_late", number=ticket.number)
    else:
        turn.do(ChangeTicket(ticket.id, "ticket.reopened", {"text": reason, "photos": list(turn.heard.uploads)}))
        turn.say("reopened", number=ticket.number)
    turn.do(AskPerson("unsatisfied", {"ticket": ticket.number}))
    turn.change(survey=None, expects=None)


def recently_closed(turn: Turn) -> TicketView | None:
    """The resident's ticket that was closed last and may still be reopened."""
    days = timedelta(days=turn.world.city.reopen_days)
    closed = [t for t in turn.world.tickets if t.closed_at and turn.world.now - t.closed_at <= days]
    return max(closed, key=lambda t: t.closed_at or t.created_at, default=None)


def _surveyed(turn: Turn) -> TicketView | None:
    named = next((t for t in turn.world.tickets if t.number == turn.draft.survey), None)
    return named or recently_closed(turn)
