"""The review queue: where an item stands in it, who has it, and what was decided."""

import sqlalchemy as sa
from alembic import op

import bot.intake.tables

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# As queue_order.py has it at the time of this migration, for items from before there was a queue.
HOURS = {"danger": 0.25, "stuck": 0.5, "refused": 2, "unknown_delivery": 2, "unsatisfied": 4, "low_confidence": 8}


def upgrade() -> None:
    moment = bot.intake.tables.UtcDateTime(timezone=True)
    with op.batch_alter_table("reviews", schema=None) as batch_op:
        batch_op.add_column(sa.Column("score", sa.Double(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("due_at", moment, nullable=True))
        batch_op.add_column(sa.Column("pair", sa.String(length=40), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("twice", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("held_by", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("held_until", moment, nullable=True))
        batch_op.add_column(sa.Column("assigned_to", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("decided_at", moment, nullable=True))
    with op.batch_alter_table("reviews", schema=None) as batch_op:
        for column in ("score", "pair", "twice"):
            batch_op.alter_column(column, server_default=None)
        batch_op.create_index("ix_reviews_score", ["state", "score"], unique=False)
        batch_op.create_index("ix_reviews_reason", ["state", "reason", "score"], unique=False)
        batch_op.create_index("ix_reviews_pair", ["state", "pair", "score"], unique=False)
        batch_op.create_index("ix_reviews_conversation_id", ["conversation_id"], unique=False)
        batch_op.create_index("ix_reviews_ticket_id", ["ticket_id"], unique=False)
    _score_old_items()
    op.create_table(
        "review_decisions",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("review_id", sa.String(length=32), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("person_name", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("ruling", sa.JSON(), nullable=False),
        sa.Column("label", sa.String(length=128), nullable=False),
        sa.Column("effects", sa.JSON(), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("batch_id", sa.String(length=32), nullable=False),
        sa.Column("decided_at", moment, nullable=False),
        sa.Column("undone_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], name=op.f("fk_review_decisions_review_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_decisions")),
    )
    with op.batch_alter_table("review_decisions", schema=None) as batch_op:
        batch_op.create_index("ix_review_decisions_review", ["review_id", "round"], unique=False)
        batch_op.create_index("ix_review_decisions_person", ["person_id", "decided_at"], unique=False)
        batch_op.create_index("ix_review_decisions_batch_id", ["batch_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("review_decisions", schema=None) as batch_op:
        batch_op.drop_index("ix_review_decisions_batch_id")
        batch_op.drop_index("ix_review_decisions_person")
        batch_op.drop_index("ix_review_decisions_review")
    op.drop_table("review_decisions")
    with op.batch_alter_table("reviews", schema=None) as batch_op:
        for name in ("ticket_id", "conversation_id", "pair", "reason", "score"):
            batch_op.drop_index(f"ix_reviews_{name}")
        for name in ("decided_at", "assigned_to", "held_until", "held_by", "twice", "pair", "due_at", "score"):
            batch_op.drop_column(name)


def _score_old_items() -> None:
    reviews = sa.table(
        "reviews",
        sa.column("id", sa.String),
        sa.column("reason", sa.String),
        sa.column("score", sa.Double),
        sa.column("created_at", bot.intake.tables.UtcDateTime(timezone=True)),
    )
    connection = op.get_bind()
    for row in connection.execute(sa.select(reviews.c.id, reviews.c.reason, reviews.c.created_at)).all():
        hours = row.created_at.timestamp() / 3600 + HOURS.get(row.reason, 24)
        score = (1e7 if row.reason == "danger" else 0) - hours
        connection.execute(reviews.update().where(reviews.c.id == row.id).values(score=score))
