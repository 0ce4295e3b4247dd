"""Every module with tables, named once: importing this makes `Base` know them all."""

from bot.intake import accounttables, learningtables, tables

TABLES = (tables, accounttables, learningtables)
Base = tables.Base
