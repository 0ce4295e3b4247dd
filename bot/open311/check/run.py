"""One check from an address to its findings."""

from dataclasses import dataclass

import httpx

from bot.open311.check import judging
from bot.open311.check.findings import Finding, rule
from bot.open311.check.reading import Known, read_all
from bot.open311.check.server import Server
from bot.open311.check.writing import ground_for, write_all
from bot.open311.discovery import choose, endpoints_of


class Unusable(Exception):
    """The check cannot be made; the words say what to do."""


@dataclass(frozen=True)
class Plan:
    """`at`: degrees, where test cases are filed; None: where a case is that the server shows."""

    url: str
    write: bool = False
    api_key: str | None = None
    jurisdiction: str | None = None
    service: str | None = None
    at: tuple[float, float] | None = None


def check(client: httpx.Client, plan: Plan) -> list[Finding]:
    """Nothing is posted unless the plan says so. Raises Unusable."""
    server = Server(client, endpoint_of(client, plan.url), plan.api_key, plan.jurisdiction)
    first = server.get("services", "xml")
    if first.status == 0:
        raise Unusable(f"{server.base} does not answer ({first.trouble}); check the address")
    known = Known()
    findings = list(read_all(server, known))
    if plan.write:
        at = plan.at or next((point for row in known.cases if (point := judging.point_of(row))), None)
        if at is None:
            raise Unusable("the server shows no case whose place could be used; say where with --at LAT,LONG")
        ground = ground_for(known, plan.service, at)
        if ground is None:
            named = f"service {plan.service} is not in GET services" if plan.service else "the server lists no services"
            findings.append(rule("post.accepts", "must", False, named))
        else:
            findings += write_all(server, known, ground)
    return merged(findings)


def endpoint_of(client: httpx.Client, url: str) -> str:
    """The endpoint itself, or the GeoReport v2 endpoint that a discovery document names. Raises Unusable."""
    base = url.rstrip("/")
    if not base.endswith((".json", ".xml")):
        return base
    seen = Server(client, base).get("", at=base)
    endpoint = choose(endpoints_of(seen.document)) if seen.document else None
    if endpoint is None:
        raise Unusable(f"{base} names no GeoReport v2 endpoint ({seen.brief}); give the endpoint's own address")
    return endpoint.url


def merged(findings: list[Finding]) -> list[Finding]:
    """One line for each rule: what was told later counts where it could not be told before."""
    found: dict[str, Finding] = {}
    for finding in findings:
        if finding.rule not in found or found[finding.rule].outcome == "skipped":
            found[finding.rule] = finding
    return list(found.values())
