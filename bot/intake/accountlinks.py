"""Links that are used once: for the first administrator while there is none, and for choosing a password."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from bot.intake import accounts, audit
from bot.intake.accountsessions import person_of, token_hash
from bot.intake.accounttables import Account, AccountLink
from bot.intake.people import Person

LASTS = timedelta(hours=24)


def offer_first_administrator(session: Session, now: datetime) -> str | None:
    """A new token for the link, the former ones end; None where there is an administrator."""
    if accounts.has_administrator(session):
        return None
    session.execute(delete(AccountLink).where(AccountLink.account_id.is_(None), AccountLink.used_at.is_(None)))
    return _offer(session, None, now)


def offer_password(session: Session, by: Person | None, account: Account, now: datetime) -> str:
    """A token with which the account's owner chooses a password; former links of the account end."""
    session.execute(delete(AccountLink).where(AccountLink.account_id == account.id, AccountLink.used_at.is_(None)))
    token = _offer(session, account.id, now)
    audit.append(session, by, "password_link", f"account:{account.id}", {}, now)
    return token


def find_link(session: Session, token: str, now: datetime) -> AccountLink | None:
    """The link while it can be used."""
    link = session.get(AccountLink, token_hash(token))
    if link is None or link.used_at is not None or link.expires_at <= now:
        return None
    if link.account_id is None:
        return None if accounts.has_administrator(session) else link
    account = session.get(Account, link.account_id)
    return link if account is not None and account.disabled_at is None else None


def use_link(session: Session, token: str, name: str, password_hash: str, now: datetime) -> Account | None:
    """The account whose password is now set (made, for the first administrator); None where the link is no good.

    Raises AccountError where the name cannot be used; the link stays good then.
    """
    link = find_link(session, token, now)
    if link is None:
        return None
    taken = update(AccountLink).where(AccountLink.token_hash == link.token_hash, AccountLink.used_at.is_(None))
    # Of two who follow it at once the second finds it used.
    if session.execute(taken.values(used_at=now).returning(AccountLink.token_hash)).one_or_none() is None:
        return None
    if link.account_id is None:
        return accounts.add_account(session, None, name, "administrator", now, password_hash)
    account = accounts.get_account(session, link.account_id)
    accounts.set_password(session, person_of(account), account, password_hash, now)
    return account


def _offer(session: Session, account_id: str | None, now: datetime) -> str:
    token = secrets.token_urlsafe(32)
    link = AccountLink(token_hash=token_hash(token), account_id=account_id, created_at=now, expires_at=now + LASTS)
    session.add(link)
    session.flush()
    return token
