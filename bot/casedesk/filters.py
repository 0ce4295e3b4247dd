"""What GET requests and GET servicerequestupdates are asked for. Pure: query parameters in, a value or Refused out."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.casedesk.fields import clean
from bot.casedesk.problems import refuse

SPAN = timedelta(days=90)  # the standard's default and longest span
MAX_ROWS = 1000
MAX_PAGE = 1_000_000
MAX_LISTED = 500  # ids or codes in one question
W3C = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:?[0-9]{2})")
# A "+" that a client forgot to encode arrives as a blank; nothing else can stand there.
LOST_PLUS = re.compile(r" (?=[0-9]{2}:?[0-9]{2}$)")


@dataclass(frozen=True)
class Page:
    number: int = 1
    size: int = MAX_ROWS

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size


@dataclass(frozen=True)
class RequestFilter:
    """None or empty means: not asked for. Moments are inclusive."""

    ids: tuple[str, ...] = ()
    service_codes: tuple[str, ...] = ()
    statuses: frozenset[str] = frozenset()  # of {"open", "closed"}
    start: datetime | None = None
    end: datetime | None = None
    updated_after: datetime | None = None
    updated_before: datetime | None = None
    account_id: str | None = None
    ticket_number: str | None = None
    page: Page = Page()


@dataclass(frozen=True)
class UpdateFilter:
    ids: tuple[str, ...] = ()
    start: datetime | None = None
    end: datetime | None = None
    origin: str | None = None  # desk | reporter
    page: Page = Page()


def request_filter(pairs: Iterable[tuple[str, str]], now: datetime) -> RequestFilter:
    """service_request_id overrides everything but paging, as the standard says.

    The default span of 90 days applies unless the question names an own number or a moment of change: those look
    for one thing, however old.
    """
    query = _last(pairs)
    page = _page(query)
    if ids := _listed(query, "service_request_id"):
        return RequestFilter(ids=ids, page=page)
    own_number = query.get("ticket_number") or query.get("attribute[ticket_number]")
    updated_after = _optional(query, "updated_after") or _optional(query, "updated_datetime")
    updated_before = _optional(query, "updated_before")
    start, end = _span(query, now, bounded=not (own_number or updated_after or updated_before))
    return RequestFilter(
        service_codes=_listed(query, "service_code"),
        statuses=_statuses(query),
        start=start,
        end=end,
        updated_after=updated_after,
        updated_before=updated_before,
        account_id=query.get("account_id"),
        ticket_number=own_number,
        page=page,
    )


def update_filter(pairs: Iterable[tuple[str, str]]) -> UpdateFilter:
    """Without dates all updates are meant, oldest first: a reader that was away must not miss any."""
    query = _last(pairs)
    start, end = _optional(query, "start_date"), _optional(query, "end_date")
    if start and end and start > end:
        raise refuse(400, "start_date is after end_date")
    origin = query.get("origin")
    if origin not in (None, "desk", "reporter"):
        raise refuse(400, "origin must be desk or reporter")
    return UpdateFilter(_listed(query, "service_request_id"), start, end, origin, _page(query))


def moment(text: str, name: str) -> datetime:
    """A W3C date and time with an offset, in UTC. Raises Refused."""
    told = LOST_PLUS.sub("+", text)
    try:
        if W3C.fullmatch(told) and 1971 <= int(told[:4]) <= 2200:
            return datetime.fromisoformat(told).astimezone(UTC)
    except ValueError as broken:
        raise _bad_moment(name) from broken
    raise _bad_moment(name)


def _bad_moment(name: str) -> Exception:
    return refuse(400, f"{name} must be a date and time with an offset, such as 2026-01-31T08:00:00+08:00")


def _last(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name: text for name, value in pairs if (text := clean(value))}


def _optional(query: dict[str, str], name: str) -> datetime | None:
    return moment(query[name], name) if name in query else None


def _listed(query: dict[str, str], name: str) -> tuple[str, ...]:
    items = tuple(item.strip() for item in query.get(name, "").split(",") if item.strip())
    if len(items) > MAX_LISTED:
        raise refuse(400, f"{name} lists more than {MAX_LISTED}: ask in several steps")
    return items


def _statuses(query: dict[str, str]) -> frozenset[str]:
    words = frozenset(word.lower() for word in _listed(query, "status"))
    if not words <= {"open", "closed"}:
        raise refuse(400, "status must be open, closed, or both with a comma")
    return words


def _span(query: dict[str, str], now: datetime, bounded: bool) -> tuple[datetime | None, datetime | None]:
    start, end = _optional(query, "start_date"), _optional(query, "end_date")
    if start and end and start > end:
        raise refuse(400, "start_date is after end_date")
    if start and end and end - start > SPAN:
        raise refuse(400, "start_date and end_date may span no more than 90 days: ask in several steps")
    if not bounded or (start and end):
        return start, end
    if start:
        return start, start + SPAN
    return (end or now) - SPAN, end


def _page(query: dict[str, str]) -> Page:
    return Page(_whole(query, "page", 1, MAX_PAGE), _whole(query, "page_size", MAX_ROWS, MAX_ROWS))


def _whole(query: dict[str, str], name: str, default: int, most: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= most:
        return int(text)
    raise refuse(400, f"{name} must be a whole number from 1 to {most}")
