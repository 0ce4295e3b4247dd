"""The conformance check: nothing wrong is found on a sound server, and every recorded peculiarity on a peculiar one."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from bot.casedesk.settings import Settings
from bot.cli import app
from bot.open311.check import writing
from bot.open311.check.findings import Finding, conforms
from bot.open311.check.report import as_json, summary
from bot.open311.check.run import Plan, Unusable, check
from tests.bot.casedesk.running import CITY, RunningDesk, running
from tests.bot.open311.quirky import BASE, HTML, Quirky


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "PAUSE", 0)


def checked(*switches: str, **plan: object) -> dict[str, Finding]:
    server = Quirky(frozenset(switches))
    with server.client() as client:
        return {finding.rule: finding for finding in check(client, Plan(BASE, **plan))}  # type: ignore[arg-type]


def outcomes(found: dict[str, Finding], *wanted: str) -> set[str]:
    return {finding.rule for finding in found.values() if finding.outcome in wanted}


def test_a_sound_server_has_no_faults_and_no_quirks() -> None:
    """What is seen of it are ways that the standard itself offers."""
    found = checked(write=True)
    assert outcomes(found, "failed", "skipped") <= {"services.fields_all"}
    assert conforms(found.values())
    assert outcomes(found, "seen") == {"media.url"}


def test_nothing_is_posted_without_write() -> None:
    server = Quirky()
    with server.client() as client:
        check(client, Plan(BASE))
    assert server.posted == 0 and len(server.cases) == 2


# Switch of the server → the rule that shows it. Read alone.
READ = {
    "no_json": "services.json",
    "no_xml": "services.xml",
    "no_discovery": "discovery.answers",
    "leading_zeros": "json.leading_zeros",
    "numeric_ids": "ids.numbers",
    "attributes_wrapped": "definition.attributes_moved",
    "text_only_attribute": "definition.text_only",
    "weird_datatype": "definition.datatypes",
    "weird_type": "services.type",
    "batch": "services.batch",
    "blackbox": "services.blackbox",
    "services_need_point": "services.need_a_point",
    "json_wrapped": "json.wrapped",
    "wrong_content_type": "json.content_type",
    "not_utf8": "services.json",
    "no_offset": "requests.dates",
    "own_status_words": "requests.status",
    "places_swapped": "requests.points",
    "several_pictures": "media.several",
    "detailed_status": "status.detailed",
    "extensions": "extensions",
    "open_by_default": "filter.open_by_default",
    "filters_ignored": "filter.status_open",
    "paging": "paging",
    "area_filter": "area_filter",
    "just_count": "just_count",
    "updates": "updates",
    "comments": "comments",
    "coverage": "coverage",
    "unknown_500": "unknown.service",
    "unknown_empty": "unknown.empty_list",
    "web_page_errors": "errors.web_page",
    "plain_errors": "unknown.request_told",
}
# With --write.
WRITE = {
    "email_required": "post.needs_email",
    "duplicate_400": "post.duplicate_refused",
    "address_refused": "post.address_refused",
    "words_or_photo_required": "post.needs_words_or_photo",
    "token_never": "token.slow",
    "id_and_token": "post.names_one",
    "multipart_media": "media.multipart",
    "base64_media": "media.base64",
    "server_error_for_mistakes": "post.no_service_500",
    "updates": "updates.post",
}


@pytest.mark.parametrize(("switch", "rule"), READ.items())
def test_every_quirk_that_can_be_read_is_found(switch: str, rule: str) -> None:
    assert rule in outcomes(checked(switch), "failed", "seen")
    assert rule not in outcomes(checked(), "failed", "seen")


@pytest.mark.parametrize(("switch", "rule"), WRITE.items())
def test_every_quirk_that_must_be_tried_is_found(switch: str, rule: str) -> None:
    assert rule in outcomes(checked(switch, write=True), "failed", "seen")
    assert rule not in outcomes(checked(write=True), "failed", "seen")


def test_a_batch_server_resolves_its_token_and_a_blackbox_names_nothing() -> None:
    batch = checked("batch", write=True)
    assert batch["token.answers"].outcome == "ok" and batch["post.found_again"].outcome == "ok"
    assert conforms(checked("blackbox", write=True, service="LAMP").values())


def test_a_key_that_is_wrong_must_be_refused() -> None:
    assert checked(write=True, api_key="right")["post.wrong_key"].outcome == "failed"
    assert checked("wrong_key_refused", write=True, api_key="right")["post.wrong_key"].outcome == "ok"
    refused = checked("wrong_key_refused", write=True)
    assert refused["post.accepts"].outcome == "failed" and "api_key was wrong" in refused["post.accepts"].seen


def test_redirects_are_told_and_not_followed() -> None:
    found = checked("redirect")
    assert not conforms(found.values()) and "HTTP 301" in found["services.xml"].seen


def test_the_endpoint_may_come_from_its_discovery() -> None:
    with Quirky().client() as client:
        found = check(client, Plan("http://city.test/open311/discovery.json"))
        assert conforms(found)
        with pytest.raises(Unusable, match="names no GeoReport v2 endpoint"):
            check(client, Plan(f"{BASE}/services.json"))


def test_what_cannot_be_checked_is_said_plainly() -> None:
    def dead(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no", request=request)

    with httpx.Client(transport=httpx.MockTransport(dead)) as client, pytest.raises(Unusable, match="does not answer"):
        check(client, Plan(BASE))
    pages = httpx.MockTransport(lambda request: httpx.Response(200, html=HTML))
    with httpx.Client(transport=pages) as client, pytest.raises(Unusable, match="--at LAT,LONG"):
        check(client, Plan(BASE, write=True))
    with httpx.Client(transport=pages) as client:
        assert not conforms(check(client, Plan(BASE)))


def test_an_endless_answer_is_cut_off() -> None:
    flood = httpx.MockTransport(lambda request: httpx.Response(200, content=b"[" + b" " * 9_000_000))
    with httpx.Client(transport=flood) as client:
        found = {finding.rule: finding for finding in check(client, Plan(BASE))}
    assert found["services.xml"].outcome == "failed" and "longer than 8 MB" in found["services.xml"].seen


def test_the_report_as_json_names_every_rule() -> None:
    found = checked("numeric_ids")
    told = json.loads(as_json(BASE, list(found.values())))
    assert told["conforms"] is True
    assert {row["rule"] for row in told["findings"]} == set(found)
    assert summary(list(found.values())).endswith("It conforms.")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    with running(Settings(data=tmp_path_factory.mktemp("desk"), city=CITY)) as started:
        yield started


def test_our_own_desk_does_all_that_must_and_should_be(desk: RunningDesk) -> None:
    answer = CliRunner().invoke(
        app, ["open311", "check", f"{desk.base}/open311/v2/", "--write", "--json", "--at", "33.79,114.52"]
    )
    told = json.loads(answer.stdout)
    assert answer.exit_code == 0 and told["conforms"]
    assert [row["rule"] for row in told["findings"] if row["outcome"] == "failed"] == []


def test_the_command_prints_a_table_and_ends_with_one_where_a_must_fails(desk: RunningDesk) -> None:
    table = CliRunner().invoke(app, ["open311", "check", f"{desk.base}/open311/v2"])
    assert table.exit_code == 0 and "services.xml" in table.stdout and "It conforms." in table.stdout
    failed = CliRunner().invoke(app, ["open311", "check", f"{desk.base}/desk/api"])
    assert failed.exit_code == 1 and "It does not conform." in failed.stdout
    wrong = CliRunner().invoke(app, ["open311", "check", "city.example"])
    assert wrong.exit_code == 2
    dead = CliRunner().invoke(app, ["open311", "check", "http://127.0.0.1:9/"])
    assert dead.exit_code == 2


def test_every_rule_is_documented() -> None:
    page = (Path(__file__).parents[3] / "docs/reference/open311-check.md").read_text(encoding="utf-8")
    rules = {*checked(write=True, api_key="right"), *checked("batch", write=True), *READ.values(), *WRITE.values()}
    assert sorted(rule for rule in rules if f"`{rule}`" not in page) == []
