"""docs/reference/case-desk.md names every setting, every fault and every address of the desk."""

import re
from pathlib import Path
from typing import get_args

from bot.casedesk.app import build
from bot.casedesk.faults import PATHS, Fault
from bot.casedesk.settings import Settings
from bot.casedesk.validation import REPORTER_STATUS
from tests.bot.casedesk.running import CITY

ROOT = CITY.parents[1]
PAGE = (ROOT / "docs/reference/case-desk.md").read_text(encoding="utf-8")


def test_every_setting_is_documented() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "bot/casedesk").glob("*.py"))
    names = set(re.findall(r"YIZHAN_[A-Z_]+[A-Z]", sources))
    assert names
    assert [name for name in names if name not in PAGE] == []


def test_every_fault_and_status_word_is_documented() -> None:
    words = [*get_args(Fault.model_fields["do"].annotation), *PATHS, *Fault.model_fields, *REPORTER_STATUS]
    assert [word for word in words if not re.search(rf"\b{word}\b", PAGE)] == []


def test_every_address_of_the_interface_is_documented(tmp_path: Path) -> None:
    app = build(Settings(data=tmp_path, city=CITY)).app.app  # type: ignore[attr-defined]
    paths = {re.sub(r"^/open311/v2/|^/desk/api/", "", path).split("/")[0] for path in app.openapi()["paths"]}
    bare = {path for path in paths if "." not in path and path}
    assert {"services", "requests", "tokens", "servicerequestupdates", "cases", "faults"} <= bare
    assert [path for path in bare if path not in PAGE] == []
    app.state.desk.database.close()
