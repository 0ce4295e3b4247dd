"""`python -m bot.casedesk`: starts the desk on loopback."""

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.casedesk.app import build
from bot.casedesk.server import server_for
from bot.casedesk.settings import settings_from

SIGNING_VARIABLE = "YIZHAN_DESK_PUSH_SECRET"


def main(
    port: Annotated[int, typer.Option(envvar="YIZHAN_DESK_PORT", help="port on loopback")] = 8090,
    data: Annotated[Path, typer.Option(envvar="YIZHAN_DESK_DATA", help="folder for the database and photos")] = Path(
        "var/casedesk"
    ),
    city: Annotated[Path, typer.Option(envvar="YIZHAN_CITY", help="the city's folder")] = Path("cities/xihua"),
    webhook: Annotated[
        str | None, typer.Option(help="where changes of status are pushed [env: YIZHAN_DESK_PUSH_URL]")
    ] = None,
    webhook_secret_env: Annotated[
        str, typer.Option(help="name of the environment variable with the push secret")
    ] = SIGNING_VARIABLE,
) -> None:
    """A small GeoReport v2 server that stands in for the county's case system."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        app = build(settings_from(data, city, webhook, webhook_secret_env))
    except (ValueError, OSError) as fault:
        typer.echo(f"The case desk cannot start: {fault}", err=True)
        sys.exit(1)
    server = server_for(app, port)
    typer.echo(f"case desk: http://127.0.0.1:{port}/ (GeoReport v2 at /open311/v2/)")
    server.run()
    if not server.started:
        sys.exit(1)


if __name__ == "__main__":
    typer.run(main)
