"""`yizhan open311`: tools for GeoReport v2 endpoints, our own or anybody's."""

import os
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="GeoReport v2 endpoints.")


@app.callback()
def main() -> None:
    """A group, also while it has one command only."""


@app.command()
def check(
    url: Annotated[
        str, typer.Argument(help="The endpoint, such as https://city.example/open311/v2, or its discovery.")
    ],
    write: Annotated[
        bool, typer.Option("--write", help="File some test cases too. Without it nothing is sent.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Findings as JSON instead of a table.")] = False,
    api_key_env: Annotated[str | None, typer.Option(help="Environment variable that holds the API key.")] = None,
    jurisdiction: Annotated[str | None, typer.Option(help="jurisdiction_id, where the server wants one.")] = None,
    service: Annotated[str | None, typer.Option(help="service_code of the test cases.")] = None,
    at: Annotated[str | None, typer.Option(help="LAT,LONG of the test cases.")] = None,
) -> None:
    """Tests an endpoint against the standard; ends with 1 where a must fails."""
    from rich.console import Console

    from bot.open311.check.findings import conforms
    from bot.open311.check.report import as_json, print_table
    from bot.open311.check.run import Plan, Unusable
    from bot.open311.check.run import check as run_check
    from bot.open311.check.server import new_client

    if not url.startswith(("http://", "https://")):
        raise typer.BadParameter("give a whole address that begins with http:// or https://", param_hint="URL")
    key = os.environ.get(api_key_env, "").strip() if api_key_env else None
    if api_key_env and not key:
        raise typer.BadParameter(f"the environment variable {api_key_env} is empty", param_hint="--api-key-env")
    plan = Plan(url, write, key, jurisdiction, service, _point(at) if at else None)
    try:
        with new_client() as client:
            findings = run_check(client, plan)
    except Unusable as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(2) from fault
    if json:
        typer.echo(as_json(url, findings))
    else:
        print_table(Console(), url, findings)
    raise typer.Exit(0 if conforms(findings) else 1)


def _point(text: str) -> tuple[float, float]:
    try:
        lat, long = (float(part) for part in text.split(","))
    except ValueError as error:
        raise typer.BadParameter("write it like 33.79,114.52", param_hint="--at") from error
    if abs(lat) > 90 or abs(long) > 180:
        raise typer.BadParameter("latitude first, then longitude, in degrees", param_hint="--at")
    return lat, long
