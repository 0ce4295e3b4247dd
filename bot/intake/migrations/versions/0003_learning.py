"""Examples that people decided, and the learning loop's work.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

from bot.intake.tables import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "examples",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("intent", sa.String(32), nullable=False),
        sa.Column("service_code", sa.String(16)),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("origin", sa.String(64), nullable=False),
        sa.Column("account_id", sa.String(32)),
        sa.Column("review_id", sa.String(32)),
        sa.Column("inbox_id", sa.Integer()),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(timezone=True)),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], name="fk_examples_review_id_reviews"),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name="fk_examples_inbox_id_inbox"),
        sa.PrimaryKeyConstraint("id", name="pk_examples"),
    )
    op.create_index("ix_examples_review_id", "examples", ["review_id"])
    op.create_index("ix_examples_inbox_id", "examples", ["inbox_id"])
    op.create_table(
        "learning_jobs",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("result", sa.JSON()),
        sa.Column("stage", sa.String(32), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.String(32)),
        sa.Column("asked_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("started_at", UtcDateTime(timezone=True)),
        sa.Column("beat_at", UtcDateTime(timezone=True)),
        sa.Column("finished_at", UtcDateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_learning_jobs"),
    )
    op.create_index("ix_learning_jobs_state", "learning_jobs", ["state", "asked_at"])
    op.create_index(
        "uq_learning_jobs_running",
        "learning_jobs",
        ["state"],
        unique=True,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    )


def downgrade() -> None:
    op.drop_table("learning_jobs")
    op.drop_table("examples")
