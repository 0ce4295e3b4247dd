"""The acts of the parse document and the finer intents behind them. docs/reference holds the same table."""

from __future__ import annotations

from nlu.examples import REPORT

FALLBACK = "nlu_fallback"
REQUEST, OUT_OF_SCOPE = "request", "out_of_scope"
ACT_OF_INTENT = {
    REPORT: REQUEST,
    "status": "status",
    "ask": "answerable",
    "greet": "smalltalk",
    "thanks": "smalltalk",
    "handoff": "handoff",
    "withdraw": "amend",
    "correct": "amend",
    "supplement": "amend",
    "praise": "praise",
    "suggest": "suggestion",
    "complain": "complaint",
    "out_of_scope": OUT_OF_SCOPE,
    "affirm": "answer",
    "deny": "answer",
    "choose": "answer",
    "inform": "answer",
    # Nothing to go by (blank, signs only): the service asks what the matter is.
    FALLBACK: OUT_OF_SCOPE,
}
