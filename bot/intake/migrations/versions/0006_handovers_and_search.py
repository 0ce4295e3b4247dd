"""Residents who asked for a person; tickets found by their words and listed by date.

SQLite: `ticket_words` gives each ticket a number for the full-text index, which keeps no copy of the words; triggers keep
both. A later migration that makes `tickets` anew has to call `make_triggers` again. PostgreSQL: pg_trgm, where the server
has it and lets us; without it a search reads the tickets.
"""

import sqlalchemy as sa
from alembic import op

from bot.intake.tables import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NEW = "new.number || ' ' || new.text || ' ' || new.address"
OLD = "old.number || ' ' || old.text || ' ' || old.address"
FORGET = f"""
    INSERT INTO ticket_words_index (ticket_words_index, rowid, words)
        SELECT 'delete', id, {OLD} FROM ticket_words WHERE ticket_id = old.id;"""  # noqa: S608 - constants of this file
LEARN = f"""
    INSERT INTO ticket_words_index (rowid, words) SELECT id, {NEW} FROM ticket_words WHERE ticket_id = new.id;"""  # noqa: S608
TRIGGERS = {
    "tickets_words_insert": f"""AFTER INSERT ON tickets BEGIN
    INSERT INTO ticket_words (ticket_id) VALUES (new.id);{LEARN}
END""",  # noqa: S608
    "tickets_words_update": f"""AFTER UPDATE OF number, text, address ON tickets WHEN {OLD} <> {NEW} BEGIN{FORGET}{LEARN}
END""",
    "tickets_words_delete": f"""BEFORE DELETE ON tickets BEGIN{FORGET}
    DELETE FROM ticket_words WHERE ticket_id = old.id;
END""",  # noqa: S608
}


def upgrade() -> None:
    op.create_table(
        "handovers",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("conversation_id", sa.String(32), nullable=False),
        sa.Column("inbox_id", sa.Integer()),
        sa.Column("review_id", sa.String(32)),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("account_id", sa.String(32)),
        sa.Column("account_name", sa.String(64)),
        sa.Column("ending", sa.String(16)),
        sa.Column("said_key", sa.String(64)),
        sa.Column("asked_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("taken_at", UtcDateTime(timezone=True)),
        sa.Column("last_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", UtcDateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_handovers_conversation_id_conversations"
        ),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name="fk_handovers_inbox_id_inbox"),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], name="fk_handovers_review_id_reviews"),
        sa.PrimaryKeyConstraint("id", name="pk_handovers"),
    )
    op.create_index("ix_handovers_state", "handovers", ["state", "asked_at"])
    op.create_index(
        "uq_handovers_open",
        "handovers",
        ["conversation_id"],
        unique=True,
        sqlite_where=sa.text("state <> 'ended'"),
        postgresql_where=sa.text("state <> 'ended'"),
    )
    op.create_index("ix_tickets_created", "tickets", ["created_at", "id"])
    if op.get_bind().dialect.name == "sqlite":
        _index_sqlite()
    else:
        _index_postgresql()


def make_triggers() -> None:
    for name, body in TRIGGERS.items():
        op.execute(f"DROP TRIGGER IF EXISTS {name}")
        op.execute(f"CREATE TRIGGER {name} {body}")


def _index_sqlite() -> None:
    op.execute("CREATE TABLE ticket_words (id INTEGER PRIMARY KEY, ticket_id VARCHAR(32) NOT NULL UNIQUE)")
    op.execute("CREATE VIRTUAL TABLE ticket_words_index USING fts5(words, content='', tokenize='trigram')")
    op.execute("INSERT INTO ticket_words (ticket_id) SELECT id FROM tickets")
    op.execute(
        "INSERT INTO ticket_words_index (rowid, words) SELECT ticket_words.id, number || ' ' || text || ' ' || address"
        " FROM ticket_words JOIN tickets ON tickets.id = ticket_words.ticket_id"
    )
    make_triggers()


def _index_postgresql() -> None:
    bind = op.get_bind()
    try:
        with bind.begin_nested():
            op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except sa.exc.DBAPIError:  # not installed on the server, or not ours to install
        return
    op.execute(
        "CREATE INDEX ix_tickets_words ON tickets"
        " USING gin (lower(number || ' ' || text || ' ' || address) gin_trgm_ops)"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in TRIGGERS:
            op.execute(f"DROP TRIGGER IF EXISTS {name}")
        op.execute("DROP TABLE ticket_words_index")
        op.execute("DROP TABLE ticket_words")
    else:
        op.execute("DROP INDEX IF EXISTS ix_tickets_words")
    op.drop_index("ix_tickets_created", "tickets")
    op.drop_table("handovers")
