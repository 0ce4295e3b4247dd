"""The outbox knows who is at the head of each ticket's line, and news finds its ticket by index."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Held back: an earlier event of the ticket is still on its way to the same backend, or the ticket itself was refused.
HELD_BACK = """
UPDATE outbox SET ready = :no WHERE EXISTS (
    SELECT 1 FROM outbox AS earlier JOIN ticket_events AS event ON event.id = earlier.event_id
    WHERE earlier.ticket_id = outbox.ticket_id AND earlier.backend = outbox.backend AND earlier.seq < outbox.seq
    AND (earlier.state IN ('waiting', 'claimed', 'sending', 'unknown')
         OR (earlier.state = 'dead' AND event.type = 'ticket.created'))
)
"""


def upgrade() -> None:
    # The default stays: taking it away would have SQLite make the table anew, and deliveries refer to its rows.
    with op.batch_alter_table("outbox", schema=None, recreate="never") as batch_op:
        batch_op.add_column(sa.Column("ready", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.execute(sa.text(HELD_BACK).bindparams(sa.bindparam("no", False, sa.Boolean())))
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index("ix_outbox_due")
        batch_op.create_index("ix_outbox_due", ["backend", "state", "ready", "next_attempt_at"], unique=False)
    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.create_index("ix_tickets_case", ["backend", "case_id"], unique=False)
    with op.batch_alter_table("status_updates", schema=None) as batch_op:
        batch_op.create_index("ix_status_updates_stray", ["backend", "ticket_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("status_updates", schema=None) as batch_op:
        batch_op.drop_index("ix_status_updates_stray")
    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.drop_index("ix_tickets_case")
    with op.batch_alter_table("outbox", schema=None, recreate="never") as batch_op:
        batch_op.drop_index("ix_outbox_due")
        batch_op.create_index("ix_outbox_due", ["backend", "state", "next_attempt_at"], unique=False)
        batch_op.drop_column("ready")
