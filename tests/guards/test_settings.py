"""Every setting is documented, and nothing is documented that does not exist."""

import re
from dataclasses import fields
from pathlib import Path

from bot.settings import DEFAULTS, Settings, variable

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")


def test_every_setting_is_in_the_reference() -> None:
    documented = set(re.findall(r"^\| `(YIZHAN_[A-Z_]+)`", PAGE, re.M))
    own = {variable(field.name) for field in fields(Settings)}
    assert own <= documented


def test_every_setting_has_its_default_in_one_place() -> None:
    assert set(DEFAULTS) == {field.name for field in fields(Settings)}


def test_no_secret_has_a_default() -> None:
    assert all(not DEFAULTS[name] for name in DEFAULTS if "token" in name or "secret" in name)
