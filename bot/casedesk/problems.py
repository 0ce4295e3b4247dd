"""What the desk refuses, as the standard's list of code and description."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """`code` is the HTTP status (the standard wants the two to agree); `description` says what to do next."""

    code: int
    description: str


class Refused(Exception):
    """The request ends here. Several problems share the status of the first."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.description for problem in problems))
        self.problems = problems

    @property
    def status(self) -> int:
        return self.problems[0].code


def refuse(code: int, description: str) -> Refused:
    return Refused(Problem(code, description))
