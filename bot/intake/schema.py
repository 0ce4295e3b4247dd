"""Every module with tables, named once: importing this makes `Base` know them all."""

from bot.intake import accounttables, tables

TABLES = (tables, accounttables)
Base = tables.Base
