"""Every module with tables, named once: importing this makes `Base` know them all."""

from bot.intake import accounttables, handovertables, learningtables, reviewtables, tables

TABLES = (tables, accounttables, handovertables, learningtables, reviewtables)
Base = tables.Base
