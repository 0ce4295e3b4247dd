"""Every module with tables, named once: importing this makes `Base` know them all."""

from bot.intake import accounttables, handovertables, learningtables, tables

TABLES = (tables, accounttables, handovertables, learningtables)
Base = tables.Base
