"""Settings: strict, from one place, and every mistake told in plain words."""

from pathlib import Path

import pytest

from bot.settings import DEFAULTS, SettingError, Settings, read_settings, variable


def test_without_anything_set_the_defaults_hold() -> None:
    settings = read_settings({})
    assert (settings.port, settings.desk, settings.backend) == (8080, True, "desk")
    assert settings.url == f"sqlite:///{Path('var/yizhan.db').resolve()}"
    assert settings.address == "http://127.0.0.1:8080" and settings.uploads == Path("var/uploads")


def test_no_secret_has_a_default() -> None:
    for name in ("action_token", "telegram_token", "telegram_webhook_secret"):
        assert DEFAULTS[name] == ""


def test_every_setting_has_a_default_and_every_default_a_setting() -> None:
    assert set(DEFAULTS) == set(Settings.__dataclass_fields__)


def test_the_command_line_wins_over_the_environment_and_that_over_the_defaults() -> None:
    environ = {"YIZHAN_PORT": "9000", "YIZHAN_ENGINE_PORT": "9005"}
    settings = read_settings(environ, port=7000, engine_port=None)
    assert (settings.port, settings.engine_port, settings.desk_port) == (7000, 9005, 8090)


@pytest.mark.parametrize(("raw", "value"), [("true", True), ("false", False), ("TRUE", True), ("False", False)])
def test_booleans_are_true_or_false(raw: str, value: bool) -> None:
    assert read_settings({"YIZHAN_DESK": raw}).desk is value


@pytest.mark.parametrize("raw", ["", "1", "0", "yes", "no", "on", "ture", " true", "None"])
def test_anything_else_is_no_boolean(raw: str) -> None:
    with pytest.raises(SettingError, match="YIZHAN_DESK is '.*' but must be true or false"):
        read_settings({"YIZHAN_DESK": raw})


@pytest.mark.parametrize("given", [True, False])
def test_booleans_from_the_command_line_are_taken_as_they_are(given: bool) -> None:
    assert read_settings({}, desk=given).desk is given


@pytest.mark.parametrize("raw", ["", "eighty", "80.5", "0x50"])
def test_a_number_must_be_one(raw: str) -> None:
    with pytest.raises(SettingError, match="YIZHAN_PORT is '.*' but must be a value like 8080"):
        read_settings({"YIZHAN_PORT": raw})


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("12:abc\n", encoding="utf-8")
    settings = read_settings({"YIZHAN_TELEGRAM_TOKEN_FILE": str(secret), "YIZHAN_TELEGRAM_TOKEN": "other"})
    assert settings.telegram_token == "12:abc"


@pytest.mark.parametrize("kind", ["missing", "folder", "binary", "empty name"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, kind: str) -> None:
    path = {"missing": str(tmp_path / "none"), "folder": str(tmp_path), "binary": str(tmp_path / "b"), "empty name": ""}
    (tmp_path / "b").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(SettingError, match="YIZHAN_TELEGRAM_TOKEN_FILE names a file that cannot be read"):
        read_settings({"YIZHAN_TELEGRAM_TOKEN_FILE": path[kind]})


def test_a_webhook_needs_its_secret() -> None:
    with pytest.raises(SettingError, match="YIZHAN_TELEGRAM_WEBHOOK_SECRET"):
        read_settings({"YIZHAN_TELEGRAM_WEBHOOK_URL": "https://x/hook"})


@pytest.mark.parametrize(
    "more", [{}, {"YIZHAN_ACTION_TOKEN": "t"}, {"YIZHAN_ACTION_PORT": "5055"}], ids=["neither", "token", "port"]
)
def test_an_engine_elsewhere_needs_the_action_door(more: dict[str, str]) -> None:
    with pytest.raises(SettingError, match="YIZHAN_ACTION_TOKEN and YIZHAN_ACTION_PORT"):
        read_settings({"YIZHAN_ENGINE_URL": "http://e", **more})


def test_variables_are_named_after_their_settings() -> None:
    assert variable("telegram_token") == "YIZHAN_TELEGRAM_TOKEN"
