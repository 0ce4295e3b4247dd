"""The programs that the service starts beside itself: the engine and the case desk."""

import sys

from bot.doors import LOOPBACK
from bot.settings import SettingError, Settings
from bot.supervisor import Child


def children_of(settings: Settings, model: str, action_port: int, action_token: str, desk_secret: str) -> list[Child]:
    logs = settings.data / "log"
    children = []
    if not settings.engine_url:
        if not settings.engine_python.is_file():
            raise SettingError(
                f"the engine's environment is not built ({settings.engine_python} is missing); run `make setup`"
            )
        children.append(
            Child(
                "engine",
                [
                    *(str(settings.engine_python), "-m", "nlu.serve", "--port", str(settings.engine_port)),
                    # Without a name the registry's current one is served: after a promotion a restart must not go back.
                    *(["--model", model] if settings.model else []),
                ],
                logs / "engine.log",
                {
                    "YIZHAN_ACTION_URL": f"http://{LOOPBACK}:{action_port}/webhook",
                    "YIZHAN_ACTION_TOKEN": action_token,
                    "YIZHAN_CITY": str(settings.city),
                    "RASA_TELEMETRY_ENABLED": "false",
                },
            )
        )
    if settings.desk:
        children.append(
            Child(
                "desk",
                [
                    sys.executable,
                    "-m",
                    "bot.casedesk",
                    "--port",
                    str(settings.desk_port),
                    "--data",
                    str(settings.data / "casedesk"),
                    "--city",
                    str(settings.city),
                ],
                logs / "desk.log",
                {
                    "YIZHAN_DESK_PUSH_URL": f"http://{LOOPBACK}:{settings.port}/backend/webhooks/desk",
                    "YIZHAN_DESK_PUSH_SECRET": desk_secret,
                },
            )
        )
    return children
