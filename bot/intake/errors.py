"""The errors of intake. Each message says what to do next.

IntakeError
├── BadInput            what came from outside cannot be taken; the sender should change it
├── LeaseLost           somebody else has the item; drop the work, nothing is lost
├── EngineSilent        the engine gave no usable answer; try the item again later
└── CityError           a file of the city folder is wrong; mend the file
"""


class IntakeError(Exception):
    """Something went wrong in intake."""


class BadInput(IntakeError):
    """What came in cannot be taken; change it and send it again."""


class LeaseLost(IntakeError):
    """The lease on this item has passed to another worker; leave it to that one."""


class EngineSilent(IntakeError):
    """The engine gave no usable answer; the item stays and is tried again."""


class CityError(IntakeError):
    """A file of the city folder is wrong; mend it and run `yizhan city check`."""
