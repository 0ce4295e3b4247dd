"""The case desk: a small, correct GeoReport v2 server in a process of its own.

It stands in for the county's case system in the demo and in tests. It imports nothing of the intake, keeps its own
SQLite database, and is described in docs/reference/case-desk.md. Start it with `python -m bot.casedesk`.
"""
