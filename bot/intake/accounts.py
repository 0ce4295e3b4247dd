"""Accounts of the console. Every change leaves an audit line; a change of role or password ends open sessions."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.intake import audit
from bot.intake.accountsessions import end_all
from bot.intake.accounttables import Account
from bot.intake.errors import BadInput
from bot.intake.ids import new_id
from bot.intake.people import ROLES, Person, Role

LONGEST_NAME = 64  # characters


_administrators = select(Account.id).where(Account.role == "administrator", Account.disabled_at.is_(None))


class AccountError(BadInput):
    """The account cannot be made or changed so. `reason` is a key of the console's phrases (people_error_…)."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def key_of(name: str) -> str:
    """What names are compared by: width, case and outer spaces do not make another name."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def add_account(
    session: Session, by: Person | None, name: str, role: Role, now: datetime, password_hash: str | None = None
) -> Account:
    """Raises AccountError where the name cannot be used."""
    shown = unicodedata.normalize("NFKC", name).strip()
    key = key_of(name)
    if not shown or len(shown) > LONGEST_NAME or len(key) > LONGEST_NAME or not shown.isprintable():
        raise AccountError("name", f"a name has 1 to {LONGEST_NAME} printable characters; choose another")
    if role not in ROLES:
        raise AccountError("role", f"the role must be one of {', '.join(ROLES)}")
    if find_account(session, shown) is not None:
        raise AccountError("taken", f"there is an account '{shown}' already; choose another name")
    account = Account(
        id=new_id(),
        name=shown,
        name_key=key,
        role=role,
        password_hash=password_hash,
        language="zh",
        theme="system",
        created_at=now,
    )
    session.add(account)
    session.flush()
    audit.append(session, by, "account_added", f"account:{account.id}", {"name": shown, "role": role}, now)
    return account


def find_account(session: Session, name: str) -> Account | None:
    return session.scalar(select(Account).where(Account.name_key == key_of(name)))


def get_account(session: Session, account_id: str) -> Account:
    """Raises AccountError."""
    found = session.get(Account, account_id)
    if found is None:
        raise AccountError("unknown", "there is no such account")
    return found


def list_accounts(session: Session) -> Sequence[Account]:
    return session.scalars(select(Account).order_by(Account.disabled_at.is_not(None), Account.name_key)).all()


def has_administrator(session: Session) -> bool:
    return session.scalar(_administrators.limit(1)) is not None


def set_password(session: Session, by: Person | None, account: Account, password_hash: str, now: datetime) -> None:
    """Also ends every open session of the account."""
    account.password_hash = password_hash
    end_all(session, account.id)
    session.flush()
    audit.append(session, by, "password_set", f"account:{account.id}", {}, now)


def set_role(session: Session, by: Person | None, account: Account, role: Role, now: datetime) -> None:
    """Raises AccountError where nobody could administer any more."""
    if role not in ROLES:
        raise AccountError("role", f"the role must be one of {', '.join(ROLES)}")
    if role == account.role:
        return
    _keep_one_administrator(session, account)
    data = {"from": account.role, "to": role}
    account.role = role
    end_all(session, account.id)
    session.flush()
    audit.append(session, by, "role_set", f"account:{account.id}", data, now)


def disable(session: Session, by: Person | None, account: Account, now: datetime) -> None:
    """Raises AccountError where nobody could administer any more."""
    if account.disabled_at is not None:
        return
    _keep_one_administrator(session, account)
    account.disabled_at = now
    end_all(session, account.id)
    session.flush()
    audit.append(session, by, "account_disabled", f"account:{account.id}", {}, now)


def enable(session: Session, by: Person | None, account: Account, now: datetime) -> None:
    if account.disabled_at is None:
        return
    account.disabled_at = None
    session.flush()
    audit.append(session, by, "account_enabled", f"account:{account.id}", {}, now)


def _keep_one_administrator(session: Session, account: Account) -> None:
    # Locked: two administrators who demote each other at the same moment leave one.
    others = set(session.scalars(_administrators.with_for_update())) - {account.id}
    if account.role == "administrator" and account.disabled_at is None and not others:
        raise AccountError("last", "this is the last administrator; make another one first")
