"""The fault plan: what the desk is told to get wrong, and for which requests. Pure but for the list it counts down."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from bot.casedesk.problems import Problem, Refused

# The words a plan may name, by the part of the path they stand for.
PATHS = {
    "requests": re.compile(r"/open311/v2/requests(\.\w+|/.+)?"),
    "tokens": re.compile(r"/open311/v2/tokens/.+"),
    "services": re.compile(r"/open311/v2/services(\.\w+|/.+)?"),
    "servicerequestupdates": re.compile(r"/open311/v2/servicerequestupdates(\.\w+)?"),
    "discovery": re.compile(r"/open311/discovery(\.\w+)?"),
    "hooks": re.compile(r"/hooks/tickets"),
}
TOKEN_FAULTS = frozenset({"token_late", "token_never"})
DEFAULT_SECONDS = {"slow": 5.0, "error_503_retry_after": 2.0}
DEFAULT_POLLS = 2  # of token_late, when neither polls nor seconds are given


class Fault(BaseModel):
    """One item of a plan. `stored` says whether the desk does its work all the same (malformed, reset, slow)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    on: Annotated[str, Field(pattern=rf"^(GET|POST) ({'|'.join(PATHS)})$")]
    do: Literal[
        "accept_then_timeout",
        "timeout",
        "error_500",
        "error_503_retry_after",
        "refuse_400",
        "duplicate_400",
        "token_late",
        "token_never",
        "malformed",
        "reset",
        "slow",
    ]
    times: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    seconds: Annotated[float, Field(ge=0, le=3600)] | None = None
    polls: Annotated[int, Field(ge=0, le=1000)] | None = None
    stored: bool | None = None
    searchable: bool = True

    @model_validator(mode="after")
    def tokens_answer_new_requests(self) -> "Fault":
        if self.do in TOKEN_FAULTS and self.on != "POST requests":
            raise ValueError(f'{self.do} goes with "on": "POST requests" only')
        return self

    @property
    def works(self) -> bool:
        """Whether the request has its effect: a broken or late answer hides work done, a reset does not, by default."""
        return self.do in ("malformed", "slow") if self.stored is None else self.stored


class Plan(BaseModel):
    model_config = ConfigDict(extra="forbid")

    plan: Annotated[list[Fault], Field(max_length=1000)]


def read_plan(body: Any) -> list[Fault]:
    """Raises Refused (400) with one line for each fault in the plan."""
    try:
        return Plan.model_validate(body).plan
    except ValidationError as wrong:
        raise Refused(
            *[
                Problem(400, f"{'.'.join(str(part) for part in error['loc']) or 'body'}: {error['msg']}")
                for error in wrong.errors(include_url=False, include_input=False, include_context=False)
            ]
        ) from wrong


def fits(fault: Fault, method: str, path: str) -> bool:
    verb, _, word = fault.on.partition(" ")
    return verb == method and PATHS[word].fullmatch(path) is not None


@dataclass
class _Left:
    fault: Fault
    times: int


class FaultPlan:
    """The items still to happen. The first that fits a request is taken and counted down."""

    def __init__(self) -> None:
        self._left: list[_Left] = []

    def replace(self, faults: list[Fault]) -> None:
        self._left = [_Left(fault, fault.times) for fault in faults]

    def take(self, method: str, path: str) -> Fault | None:
        for item in self._left:
            if fits(item.fault, method, path):
                item.times -= 1
                if item.times == 0:
                    self._left.remove(item)
                return item.fault
        return None

    def remaining(self) -> list[dict[str, Any]]:
        return [{**item.fault.model_dump(exclude_unset=True), "times": item.times} for item in self._left]
