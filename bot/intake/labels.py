"""What an example may mean, and the examples that came with the city: for bringing examples in and taking them out."""

from pathlib import Path
from typing import Any

import yaml

from bot.intake.catalogue import TICKET_PREFIXES, Catalogue
from bot.intake.errors import CityError
from bot.intake.exchange import Labels, Row

ACTS = Path("data/acts")
REPORT = "report"


def labels_of(catalogue: Catalogue, acts: Path = ACTS) -> Labels:
    """Services that make tickets, and the acts that have examples."""
    services = {code for code in catalogue.services if code.startswith(TICKET_PREFIXES)}
    return Labels(services, {path.stem for path in acts.glob("*.yml")})


def city_rows(city: Path, acts: Path = ACTS) -> list[Row]:
    """The hand-written examples of a city and of the acts, in the order of their files. Raises CityError."""
    rows = []
    for path in [*sorted((city / "examples").glob("*.yml")), *sorted(acts.glob("*.yml"))]:
        content = _read(path)
        service, intent = content.get("service"), content.get("intent") or REPORT
        for language in ("zh", "en"):
            rows += [Row(str(text).strip(), intent, service, by=path.stem) for text in content.get(language) or []]
    return rows


def _read(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise CityError(f"{path} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise CityError(f"{path} must hold names with values")
    return content
