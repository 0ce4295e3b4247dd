"""Profile files: what is refused, and how the refusal helps."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from bot.forwarding.backends.load import load_backends
from bot.forwarding.backends.open311.backend import Open311Backend
from bot.forwarding.backends.open311.profile import Profile as Open311Profile
from bot.forwarding.backends.open311.profile import load_profile
from bot.forwarding.backends.webhook.backend import WebhookBackend
from bot.forwarding.backends.webhook.profile import Profile as WebhookProfile
from bot.intake.errors import CityError
from tests.bot.forwarding.desk_process import ROOT
from tests.bot.forwarding.house import START

CITY = ROOT / "cities/xihua"
BASE: dict[str, Any] = {"kind": "open311", "base_url": "http://x.test/v2/", "own_number": {"field": "account_id"}}
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def written(folder: Path, name: str = "city", **document: Any) -> Path:
    path = folder / "backends" / f"{name}.yml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return path


REFUSED = [
    ({"api_kee": "x"}, "unknown key 'api_kee'; allowed here: account_id, api_key_env, api_key_header, attributes,"),
    ({"timeouts": {"conect": "3s"}}, "unknown key 'timeouts.conect'; allowed here: connect, read, total"),
    (
        {"own_number": {"look_up": {"params": {}, "match": "x", "wher": 1}}},
        "unknown key 'own_number.look_up.wher'; allowed here: contains, match, params",
    ),
    ({"timeouts": {"connect": "3"}}, "timeouts.connect: Value error, '3' is no span of time"),
    ({"timeouts": {"read": "15s", "total": "15s"}}, "total must be longer"),
    ({"settle": "15s"}, "settle must be longer than timeouts.total"),
    ({"schedule": []}, "at least one span"),
    ({"concurrency": 0}, "concurrency must be from 1 to 64"),
    ({"own_number": {}}, "a ticket must carry its number"),
    ({"attributes": {"name": "x"}}, "unknown name; allowed: ticket_number, place_code"),
    ({"own_number": {"field": "a", "look_up": {"params": {"q": "{phone}"}, "match": "x"}}}, "may only use {ticket_n"),
    ({"status": {"words": {"done": "finished"}}}, "'finished' is no status; use one of submitted, accepted,"),
    ({"changes": {"events": ["deleted"]}}, "changes.events.0"),
    ({"description_limit": 5000}, "less than or equal to 4000"),
]


@pytest.mark.parametrize(("change", "words"), REFUSED)
def test_a_wrong_profile_is_refused_with_the_key_named(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    path = written(tmp_path, **(BASE | change))
    with pytest.raises(CityError, match=re.escape(words)) as caught:
        load_profile(path)
    assert "city.yml" in str(caught.value)


def test_a_missing_key_or_kind_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, kind="open311", base_url="http://x.test")
    with pytest.raises(CityError, match="own_number: Field required"):
        load_profile(path)
    written(tmp_path, kind="soap")
    with pytest.raises(CityError, match="kind is 'soap'; use one of open311, webhook, dry_run"):
        load_backends(tmp_path, lambda: START, env={})


def test_a_key_comes_from_the_environment_or_a_file(tmp_path: Path) -> None:
    written(tmp_path, **(BASE | {"api_key_env": "CITY_KEY"}))
    with pytest.raises(CityError, match="CITY_KEY"):
        load_backends(tmp_path, lambda: START, env={})
    (tmp_path / "key").write_text("s3cret\n")
    backends = load_backends(tmp_path, lambda: START, env={"CITY_KEY_FILE": str(tmp_path / "key")})
    assert list(backends.by_name) == ["city"]


def test_a_webhook_needs_a_real_secret(tmp_path: Path) -> None:
    document = {"kind": "webhook", "base_url": "http://x.test/hook", "secrets_env": "HOOK"}
    written(tmp_path, "hook", **document)
    with pytest.raises(CityError, match="secret 2 in HOOK"):
        load_backends(tmp_path, lambda: START, env={"HOOK": f"{SECRET} whsec_a"})
    backends = load_backends(tmp_path, lambda: START, env={"HOOK": f"{SECRET} {SECRET}"})
    assert isinstance(backends.by_name["hook"], WebhookBackend)


def test_the_defaults_wait_for_days(tmp_path: Path) -> None:
    profile = load_profile(written(tmp_path, **BASE))
    total = sum(profile.retry_schedule().waits, timedelta())
    assert timedelta(days=3) < total < timedelta(days=4)
    assert profile.address({}) == "http://x.test/v2"


def test_the_city_speaks_with_the_desk() -> None:
    """base address from the environment, searched by our number, pushing only where a secret is shared."""
    there = load_backends(CITY, lambda: START, env={"YIZHAN_DESK_URL": "http://127.0.0.1:9/v2/"})
    desk = there.by_name["desk"]
    assert (
        isinstance(desk, Open311Backend) and desk.profile.address({"YIZHAN_DESK_URL": "http://h/v2/"}) == "http://h/v2"
    )
    assert desk.rules.ticket_unknown == "look_up" and desk.rules.settle > desk.request_limit
    assert desk.rules.lease > desk.request_limit
    assert [source.name for source in there.sources] == ["desk"] and there.receivers == {}
    pushing = load_backends(CITY, lambda: START, env={"YIZHAN_DESK_PUSH_SECRETS": SECRET})
    assert pushing.receivers["desk"].secrets == (SECRET,) and SECRET not in repr(pushing.receivers)


@pytest.mark.parametrize("path", sorted((CITY / "backends").glob("*.yml.example")), ids=lambda path: path.name)
def test_the_examples_beside_it_load(path: Path, tmp_path: Path) -> None:
    (tmp_path / "backends").mkdir()
    (tmp_path / "backends" / path.name.removesuffix(".example")).write_text(path.read_text(encoding="utf-8"))
    env = {"YIZHAN_HOOK_SECRETS": SECRET, "YIZHAN_FIXMYSTREET_KEY": "key"} | dict.fromkeys(
        ("YIZHAN_KLARSCHIFF_KEY", "YIZHAN_SEECLICKFIX_KEY"), "key"
    )
    assert load_backends(tmp_path, lambda: START, env=env).by_name


@pytest.mark.parametrize(
    ("policy", "ticket", "change"),
    [
        ({}, "person", "person"),
        ({"idempotency_header": "Idempotency-Key"}, "send", "send"),
        ({"changes": {"keeps_key": True}}, "person", "send"),
        ({"own_number": {"field": "a", "look_up": {"params": {}, "match": "a"}}}, "look_up", "person"),
    ],
)
def test_what_an_unclear_answer_leads_to(tmp_path: Path, policy: dict[str, Any], ticket: str, change: str) -> None:
    written(tmp_path, **(BASE | policy))
    rules = load_backends(tmp_path, lambda: START, env={}).by_name["city"].rules
    assert (rules.ticket_unknown, rules.change_unknown) == (ticket, change)


def test_every_key_of_a_profile_is_documented() -> None:
    said = (ROOT / "docs/reference/forwarding.md").read_text(encoding="utf-8")

    def keys(model: type[BaseModel]) -> set[str]:
        found = set(model.model_fields)
        for field in model.model_fields.values():
            for kind in (field.annotation, *getattr(field.annotation, "__args__", ())):
                if isinstance(kind, type) and issubclass(kind, BaseModel):
                    found |= keys(kind)
        return found

    assert [key for key in sorted(keys(Open311Profile) | keys(WebhookProfile)) if f"`{key}`" not in said] == []
