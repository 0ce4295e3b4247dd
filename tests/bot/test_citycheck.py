"""The linter of a city's folder: it finds each kind of mistake, and no file however odd makes it fall over."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from bot.citycheck import Finding, check_city

REAL = Path(__file__).parents[2] / "cities" / "xihua"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The city with a handful of services and one file of knowledge: quick to check."""
    folder = Path(shutil.copytree(REAL, tmp_path_factory.mktemp("small") / "town"))
    services = yaml.safe_load((folder / "services.yml").read_text(encoding="utf-8"))["services"]
    kept = [service for service in services if service["code"] in ("UM-A01", "UM-A02", "UM-A03", "NT-05")]
    (folder / "services.yml").write_text(yaml.safe_dump({"services": kept}, allow_unicode=True), encoding="utf-8")
    for path in [*(folder / "examples").glob("*.yml"), *(folder / "knowledge").glob("*.yml")]:
        if path.stem not in ("UM-A01", "UM-A02", "UM-A03", "dogs"):
            path.unlink()
    return folder


@pytest.fixture
def copy(tmp_path: Path, small: Path) -> Path:
    return Path(shutil.copytree(small, tmp_path / "town"))


@pytest.fixture(scope="module")
def all_wrong(tmp_path_factory: pytest.TempPathFactory) -> list[Finding]:
    """What is found in a copy of the whole city with every mistake of the table in it."""
    folder = Path(shutil.copytree(REAL, tmp_path_factory.mktemp("wrong") / "town"))
    for change, _, _ in MISTAKES:
        change(folder)
    return errors(folder)


def errors(folder: Path) -> list[Finding]:
    return [finding for finding in check_city(folder) if finding.severity == "error"]


def edit(path: Path, old: str, new: str, count: int = 1) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new, count), encoding="utf-8")


def test_the_citys_own_folder_is_without_errors_and_tells_what_is_not_confirmed() -> None:
    findings = check_city(REAL)
    assert [finding for finding in findings if finding.severity == "error"] == []
    assert any("not confirmed" in finding.what for finding in findings)


def twice(folder: Path) -> None:
    edit(folder / "services.yml", "- code: UM-A02", "- code: UM-A01")


def no_english_name(folder: Path) -> None:
    edit(folder / "services.yml", "    en: Exposed or uncollected rubbish", "    en: ''")


def odd_urgency(folder: Path) -> None:
    edit(folder / "services.yml", "urgency: normal", "urgency: whenever")


def odd_limit(folder: Path) -> None:
    edit(folder / "services.yml", "limit_hours: 4", "limit_hours: -4")


def no_group(folder: Path) -> None:
    edit(folder / "services.yml", "  group:\n    zh: 市容环境\n    en: City appearance & sanitation\n", "")


def no_examples(folder: Path) -> None:
    (folder / "examples" / "UM-A01.yml").unlink()


def few_examples(folder: Path) -> None:
    (folder / "examples" / "UM-A03.yml").write_text("service: UM-A03\nzh: [一]\nen: [one]\n", encoding="utf-8")


def anothers_examples(folder: Path) -> None:
    edit(folder / "examples" / "UM-A04.yml", "service: UM-A04", "service: UM-A02")


def examples_of_nothing(folder: Path) -> None:
    (folder / "examples" / "UM-Z99.yml").write_text("service: UM-Z99\nzh: []\nen: []\n", encoding="utf-8")


def rows(folder: Path) -> tuple[Path, list[str]]:
    path = folder / "places.csv"
    return path, path.read_text(encoding="utf-8").splitlines()


def add_place(row: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path, lines = rows(folder)
        path.write_text("\n".join([*lines, row]) + "\n", encoding="utf-8")

    return change


def code_twice(folder: Path) -> None:
    path, lines = rows(folder)
    coded = next(line for line in lines[1:] if re.search(r",\d{6,},", line))
    path.write_text("\n".join([*lines, coded]) + "\n", encoding="utf-8")


def phrase_missing(folder: Path) -> None:
    edit(folder / "phrases" / "en.yml", "\nhello:", "\nhullo:")


def other_placeholder(folder: Path) -> None:
    edit(folder / "phrases" / "en.yml", "{number}", "{nummer}")


MISTAKES: list[tuple[Callable[[Path], None], str, str]] = [
    (twice, "services.yml", "UM-A01 stands 2 times"),
    (no_english_name, "services.yml", "no name in 'en'"),
    (odd_urgency, "services.yml", "urgency 'whenever'"),
    (odd_limit, "services.yml", "limit_hours"),
    (no_group, "services.yml", "group"),
    (no_examples, "UM-A01.yml", "is missing"),
    (few_examples, "UM-A03.yml", "has 1 examples"),
    (anothers_examples, "UM-A04.yml", "says it is for UM-A02"),
    (examples_of_nothing, "UM-Z99.yml", "does not hold"),
    (
        add_place("新村,village,没有的镇,,33.79,114.52,WGS-84,verified,test"),
        "places.csv",
        "没有的镇, is not in the file",
    ),
    (add_place("新村,planet,西华县,,33.79,114.52,WGS-84,verified,test"), "places.csv", "kind 'planet'"),
    (add_place("新村,road,西华县,,39.90,116.40,WGS-84,verified,test"), "places.csv", "not within the city's bounds"),
    (add_place("北村,road,西华县,,north,116.40,WGS-84,verified,test"), "places.csv", "北村: its position must be"),
    (add_place("半村,road,西华县,,33.79,,WGS-84,verified,test"), "places.csv", "半村: its position must be"),
    (add_place("短村,road"), "places.csv", "短村"),
    (code_twice, "places.csv", "stands 2 times"),
    (phrase_missing, "phrases", "lacks 'hello'"),
    (other_placeholder, "phrases", "different {placeholders}"),
]


@pytest.mark.parametrize(("where", "what"), [(where, what) for _, where, what in MISTAKES])
def test_each_mistake_is_found_and_named(all_wrong: list[Finding], where: str, what: str) -> None:
    assert any(where in finding.where and what in finding.what for finding in all_wrong), all_wrong


FILES = [
    "city.yml",
    "services.yml",
    "hotlines.yml",
    "calendar.yml",
    "places.csv",
    "phrases/zh.yml",
    "phrases/en.yml",
    "examples/UM-A01.yml",
    "knowledge/dogs.yml",
]
ODD = {
    "gone": None,
    "empty": b"",
    "a number": b"5\n",
    "a list": b"- 1\n",
    "no yaml": b"a: [\n",
    "binary": b"\xff\xfe\x00\x81",
}


@pytest.mark.parametrize("name", FILES)
def test_no_file_however_odd_makes_the_linter_fall_over(copy: Path, name: str) -> None:
    path = copy / name
    for kind, content in ODD.items():
        path.unlink(missing_ok=True)
        if content is not None:
            path.write_bytes(content)
        found = errors(copy)
        assert found or (name, kind) == ("knowledge/dogs.yml", "gone"), (name, kind)
        assert all(finding.what for finding in found)


def test_errors_come_first(copy: Path) -> None:
    (copy / "examples" / "UM-A01.yml").unlink()
    severities = [finding.severity for finding in check_city(copy)]
    assert len(set(severities)) == 2
    assert severities == sorted(severities)


def test_a_folder_that_is_not_there_is_one_error(tmp_path: Path) -> None:
    (finding,) = check_city(tmp_path / "nowhere")
    assert finding.severity == "error" and "city.yml" in finding.what
