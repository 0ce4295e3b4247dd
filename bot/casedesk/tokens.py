"""Tokens: answers that stand in for a case's id for a while. Plain functions on a Session."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from bot.casedesk.problems import refuse
from bot.casedesk.tables import Case, Token, case_number


@dataclass(frozen=True)
class TokenPlan:
    """How a token that stands in for the id is to behave; see the table Token."""

    token: str
    polls: int = 0
    seconds: float = 0.0
    never: bool = False
    hidden: bool = False


def token_for(case: Case, plan: TokenPlan, now: datetime) -> Token:
    ready_at = now + timedelta(seconds=plan.seconds) if plan.seconds else None
    return Token(
        token=plan.token,
        case_id=case.id,
        polls_left=plan.polls,
        ready_at=ready_at,
        never=plan.never,
        hidden=plan.hidden,
    )


def find_open_token(session: Session, case: Case, now: datetime) -> Token | None:
    """The token a repeated POST is answered with, as long as it stands for the id."""
    token = session.scalar(select(Token).where(Token.case_id == case.id))
    return token if token is not None and not _resolves(token, now) else None


def ask_token(session: Session, text: str, now: datetime) -> str | None:
    """The service_request_id behind a token, None while it is not to be had. Each question counts.

    Raises Refused (404) for a token never given.
    """
    token = session.get(Token, text)
    if token is None:
        raise refuse(404, "token was not found")
    if _resolves(token, now):
        return case_number(token.case_id)
    if token.polls_left > 0:
        token.polls_left -= 1
    return None


def _resolves(token: Token, now: datetime) -> bool:
    return not token.never and token.polls_left <= 0 and (token.ready_at is None or token.ready_at <= now)


def hidden_cases(now: datetime) -> Select[int]:
    """Cases whose token hides them still."""
    waiting = or_(Token.never, Token.polls_left > 0, Token.ready_at > now)
    return select(Token.case_id).where(Token.hidden, waiting)
