"""`python -m bot.casedesk`: starts the desk on loopback."""

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from bot.casedesk.app import build
from bot.casedesk.protocol import DeskProtocol
from bot.casedesk.settings import settings_from

SIGNING_VARIABLE = "YIZHAN_DESK_PUSH_SECRET"
STOP_SECONDS = 3  # a caller left waiting by a fault does not hold up the end


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
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=port,
        loop="asyncio",  # the reset fault needs its sockets
        http=DeskProtocol,
        access_log=False,  # addresses in the log would hold own numbers
        log_level="warning",
        timeout_graceful_shutdown=STOP_SECONDS,
    )


if __name__ == "__main__":
    typer.run(main)
