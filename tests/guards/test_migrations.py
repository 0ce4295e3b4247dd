"""The schema has one history, and it ends where the tables are."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from bot.intake.database import MIGRATIONS, Database
from bot.intake.schema import Base


def test_there_is_one_head() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert len(ScriptDirectory.from_config(config).get_heads()) == 1


def test_the_migrations_make_the_tables_as_they_are_declared(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'x.db'}")
    database.upgrade()
    with database.engine.connect() as connection:
        options = {"include_name": _is_ours}
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)
    database.close()
    assert differences == []


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """SQLite keeps a full-text index in tables of its own (0006); no code of ours writes them."""
    return not (kind == "table" and (name or "").startswith("ticket_words"))
