"""Every sentence a resident can read stands in both languages, with the same placeholders, and is used."""

import re
from pathlib import Path

import yaml

from bot.intake.conversation.dangers import KINDS
from bot.intake.phrases import placeholders
from bot.intake.states import STATUSES

ROOT = Path(__file__).parents[2]
TABLES = {
    language: yaml.safe_load((ROOT / "cities" / "xihua" / "phrases" / f"{language}.yml").read_text(encoding="utf-8"))
    for language in ("zh", "en")
}
SOURCES = "\n".join(
    path.read_text(encoding="utf-8")
    for folder in ("bot", "actions")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in (".py", ".js", ".html")
)
FAMILIES = {  # keys that are put together at run time
    *(f"danger_{kind}" for kind in KINDS),
    *(f"status_is_{status}" for status in STATUSES),
    *(f"news_{status}" for status in (*STATUSES, "unknown")),
    *(f"told_{event}" for event in ("withdrawn", "corrected", "supplemented")),
    *(f"button_{rating}" for rating in ("satisfied", "mostly", "unsatisfied")),
    "cannot_read_voice",
    "cannot_read_sticker",
}


def test_both_languages_have_the_same_keys_and_placeholders() -> None:
    zh, en = TABLES["zh"], TABLES["en"]
    assert set(zh) == set(en)
    assert [key for key in zh if placeholders(str(zh[key])) != placeholders(str(en[key]))] == []


def test_every_danger_and_every_status_has_its_words() -> None:
    assert FAMILIES - {"news_submitted"} <= set(TABLES["zh"])


def test_every_key_that_the_code_says_is_there() -> None:
    said = set(re.findall(r"""(?:\bsay|Say|\.ask|\bsay)\(\s*(?:"[a-z_:]+",\s*)?"([a-z_]+)\"""", SOURCES))
    assert said - {"which_service", "which_place", "location", "detail", "reason", "join_duplicate"} <= set(
        TABLES["zh"]
    )


def test_no_phrase_is_left_over() -> None:
    assert [
        key for key in TABLES["zh"] if key not in FAMILIES and f'"{key}"' not in SOURCES and f"'{key}'" not in SOURCES
    ] == []


def test_phrases_are_short_enough_for_a_phone() -> None:
    """A question is one breath; only notices and the help may be longer."""
    long = {"greeting", "help", "privacy", "ask_delete"} | {
        key for key in TABLES["zh"] if key.startswith(("web_", "notice_"))
    }
    assert [k for k, text in TABLES["zh"].items() if k not in long and len(str(text)) > 120] == []
