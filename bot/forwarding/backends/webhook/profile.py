"""The profile of a webhook receiver."""

from typing import Literal

from pydantic import Field

from bot.forwarding.backends.profiles import Common
from bot.forwarding.backends.rows import StatusWords


class Profile(Common):
    """`base_url` is the whole address that events are posted to."""

    kind: Literal["webhook"]
    secrets_env: str  # whsec_… ; several with a blank between while one is being replaced
    envelope: Literal["plain", "cloudevents"] = "plain"  # docs/reference/webhooks.md
    contact: bool = False  # send the resident's name and phone, where they want to be known
    # Inward: what the receiver's status words mean (docs/reference/forwarding.md); pushed to /backend/webhooks/<name>.
    push_secrets_env: str | None = None
    words: StatusWords = Field(default_factory=dict)
