"""What a backend may answer when it does not plainly accept, by what it means for the ticket.

BackendError
├── Temporary      certainly not taken; send again later (retry_after: the backend said when)
│   └── Shut       the door itself is shut (key refused, gone, moved): every ticket waits, a person must look
├── Permanent      refused for ever: this very request will never be taken
├── Ambiguous      the request may have arrived: look before sending again
└── AlreadyThere   the backend says that it has this one

Every class carries `status` (the HTTP status, None where no answer came) and `detail` (the beginning of the answer,
for the operator; never for the log).
"""

from datetime import datetime

DETAIL_LIMIT = 2048  # characters of an answer that are kept


class BackendError(Exception):
    """The backend did not plainly accept."""

    def __init__(self, reason: str, *, status: int | None = None, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.detail = detail[:DETAIL_LIMIT]


class Temporary(BackendError):
    """Certainly not taken; send the same again later."""

    def __init__(
        self, reason: str, *, status: int | None = None, detail: str = "", retry_after: datetime | None = None
    ) -> None:
        """`retry_after`: the moment the backend named, aware; None where it named none."""
        super().__init__(reason, status=status, detail=detail)
        self.retry_after = retry_after


class Shut(Temporary):
    """Nothing gets in until a person has looked: the key is refused, the address has moved or is gone."""


class Permanent(BackendError):
    """This request will never be taken; a person has to change something."""


class Ambiguous(BackendError):
    """The request went out and may have been taken; look before it is sent again."""


class AlreadyThere(BackendError):
    """The backend says it has this one already; ask it for the case's id."""
