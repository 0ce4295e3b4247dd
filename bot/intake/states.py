"""What a ticket's status may become. The words in brackets are those of digital urban management.

submitted (上报) → accepted (立案) → in_progress (派遣、处置) → closed (结案)
rejected (不予立案) ends it, withdrawn (撤回) is the resident's; closed and rejected may be submitted again (重开).
"""

SUBMITTED, ACCEPTED, IN_PROGRESS, CLOSED, REJECTED, WITHDRAWN = STATUSES = (
    "submitted",
    "accepted",
    "in_progress",
    "closed",
    "rejected",
    "withdrawn",
)
OPEN = (SUBMITTED, ACCEPTED, IN_PROGRESS)

_NEXT = {
    SUBMITTED: {ACCEPTED, IN_PROGRESS, CLOSED, REJECTED, WITHDRAWN},
    ACCEPTED: {IN_PROGRESS, CLOSED, REJECTED, WITHDRAWN},
    IN_PROGRESS: {ACCEPTED, CLOSED, REJECTED, WITHDRAWN},
    CLOSED: {SUBMITTED, IN_PROGRESS, WITHDRAWN},
    REJECTED: {SUBMITTED, IN_PROGRESS, WITHDRAWN},
    WITHDRAWN: {SUBMITTED},
}


def may_become(old: str, new: str) -> bool:
    """Whether a ticket may go from one status to the other; staying as it is, is no change and not allowed here."""
    return new in _NEXT[old]
