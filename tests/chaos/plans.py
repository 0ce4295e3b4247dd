"""What the desks get wrong: every fault they know, spread over the run so that the circuit seldom opens."""

from typing import Any

POST_FAULTS: tuple[dict[str, Any], ...] = (
    {"do": "accept_then_timeout", "seconds": 2},
    {"do": "reset", "stored": True},
    {"do": "error_500"},
    {"do": "token_late", "polls": 1},
    {"do": "malformed"},
    {"do": "error_503_retry_after", "seconds": 1},
    {"do": "timeout", "seconds": 2},
    {"do": "duplicate_400"},
    {"do": "reset"},
    {"do": "token_never"},
    {"do": "slow", "seconds": 0.3, "stored": True},
)
CHANGE_FAULTS = ("accept_then_timeout", "error_500", "malformed")
LOOK_FAULTS = ("reset", "error_500", "slow")
REFUSAL = {"on": "POST requests", "do": "refuse_400"}


def plan(rounds: int, spacing: int) -> list[dict[str, Any]]:
    """Each fault twice a round, with `spacing` requests that go well in between; one refusal a round."""
    faults: list[dict[str, Any]] = []
    for _ in range(rounds):
        for fault in POST_FAULTS:
            faults.append({"on": "POST requests", **fault, "times": 2})
            faults.append({"on": "POST requests", "do": "slow", "seconds": 0, "stored": True, "times": spacing})
        faults.append(REFUSAL)
        faults += [{"on": "POST servicerequestupdates", "do": do, "seconds": 2} for do in CHANGE_FAULTS]
        faults += [{"on": "GET requests", "do": do, "seconds": 0.2} for do in LOOK_FAULTS]
    return faults
