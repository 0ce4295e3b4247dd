"""Every sentence of the console stands in both languages, with the same placeholders."""

import re
from pathlib import Path

from bot.console.words import Words
from bot.intake.phrases import placeholders

CONSOLE = Path(__file__).parents[2] / "bot" / "console"
TABLES = Words.load().tables


def test_both_languages_have_the_same_keys_and_placeholders() -> None:
    zh, en = TABLES["zh"], TABLES["en"]
    assert set(zh) == set(en)
    assert [key for key in zh if placeholders(zh[key]) != placeholders(en[key])] == []


def test_every_phrase_that_a_page_says_is_there() -> None:
    said = {
        key
        for path in (CONSOLE / "templates").glob("*.html")
        for key in re.findall(r"""\bphrase\(["']([a-z0-9_]+)["'](?!\s*~)""", path.read_text(encoding="utf-8"))
    }
    assert len(said) > 50 and said <= set(TABLES["zh"])
