"""`yizhan user …`: accounts of the console, from the server's terminal."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from bot.commands.house import opened_database
from bot.intake import accounts, passwords
from bot.intake.accounts import AccountError
from bot.intake.accounttables import Account
from bot.intake.clock import utc_now
from bot.intake.people import ROLES, TERMINAL

app = typer.Typer(no_args_is_help=True, help="Accounts of the console: add, list, disable, set a password.")

Name = Annotated[str, typer.Argument(help="The account's name.")]
PasswordFile = Annotated[
    Path | None, typer.Option(help="A file that holds the password; asked on the terminal if not given.")
]


@app.command()
def add(
    name: Name,
    role: Annotated[str, typer.Option(help=f"One of {', '.join(ROLES)}.")],
    password_file: PasswordFile = None,
) -> None:
    """Adds an account."""
    if role not in ROLES:
        raise typer.BadParameter(f"'{role}' is no role; use one of {', '.join(ROLES)}", param_hint="--role")
    new = passwords.hashed(_password(password_file))
    with opened_database() as database, database.transaction() as session:
        accounts.add_account(session, TERMINAL, name, role, utc_now(), new)
    typer.echo(f"Added {name} ({role}).")


@app.command(name="list")
def list_() -> None:
    """Lists all accounts."""
    table = Table("name", "role", "state", "last signed in", box=None)
    with opened_database() as database, database.reading() as session:
        for account in accounts.list_accounts(session):
            state = "disabled" if account.disabled_at else "active" if account.password_hash else "no password yet"
            seen = account.signed_in_at.isoformat(timespec="minutes") if account.signed_in_at else "never"
            table.add_row(account.name, account.role, state, seen)
    Console().print(table)


@app.command()
def disable(name: Name) -> None:
    """Signs somebody out for good; the account stays in the audit."""
    with opened_database() as database, database.transaction() as session:
        accounts.disable(session, TERMINAL, _known(session, name), utc_now())
    typer.echo(f"Disabled {name}.")


@app.command()
def password(name: Name, password_file: PasswordFile = None) -> None:
    """Sets a new password and signs the account out everywhere."""
    new = passwords.hashed(_password(password_file))
    with opened_database() as database, database.transaction() as session:
        accounts.set_password(session, TERMINAL, _known(session, name), new, utc_now())
    typer.echo(f"{name} has a new password.")


def _known(session: Session, name: str) -> Account:
    account = accounts.find_account(session, name)
    if account is None:
        raise AccountError("unknown", f"there is no account '{name}'; `yizhan user list` shows them")
    return account


def _password(file: Path | None) -> str:
    if file is not None:
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
