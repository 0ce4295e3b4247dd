"""Alembic's entry: runs on the connection that bot.intake.database hands over."""

from alembic import context

from bot.intake.schema import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
