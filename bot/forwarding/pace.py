"""How fast a backend is used, and whether the clock can be believed. Pure; each loop of the worker has one of each."""

from datetime import datetime, timedelta

JUMP = timedelta(seconds=2)  # further than any clock service slews in one turn


class Ramp:
    """How many requests may run at a time: one after a failure, then twice as many with every round of successes."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._successes = 0
        self.limit = most

    def took(self, answered: bool) -> None:
        """What came of a request: whether the backend answered."""
        if not answered:
            self.limit, self._successes = 1, 0
            return
        self._successes += 1
        if self._successes >= self.limit and self.limit < self._most:
            self.limit, self._successes = min(self.limit * 2, self._most), 0


class Watch:
    """Notices that the wall clock was set, by a clock that only runs.

    Settling times are kept by the wall clock, since they outlive the process. After a leap forward they would be over
    too soon, and a look-up might overtake the request that it asks about.
    """

    def __init__(self) -> None:
        self._offset: float | None = None

    def leapt(self, wall: datetime, running: float) -> bool:
        """Whether the wall clock was set forward since the last question. `running`: seconds of the other clock."""
        offset = wall.timestamp() - running
        before, self._offset = self._offset, offset
        return before is not None and offset - before > JUMP.total_seconds()
