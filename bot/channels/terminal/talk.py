"""`yizhan chat`: type, read, press buttons by number."""

import sys
import threading

import httpx
from rich.console import Console

from bot.channels.terminal.client import ChatClient, ChatError, Refused
from bot.channels.terminal.lines import Nothing, Photo, Pin, Pressed, Quit, Words, Wrong, read_line
from bot.channels.terminal.screen import Screen
from bot.intake.errors import CityError
from bot.intake.phrases import LANGUAGES, Phrases
from bot.settings import SettingError, read_settings

NEWS_EVERY = 3.0  # seconds between looks for news while nothing is typed


def chat(url: str, language: str) -> int:
    """Talks until /quit, Ctrl-D or Ctrl-C. 0 at a good end, 1 where the service cannot be reached, 2 for a bad option."""
    if language not in LANGUAGES:
        print(f"yizhan: --language is '{language}' but must be one of {', '.join(LANGUAGES)}", file=sys.stderr)  # noqa: T201
        return 2
    try:
        phrases = Phrases.load(read_settings().city)
        with httpx.Client(base_url=url) as http:
            Talk(ChatClient(http), Screen(Console()), phrases, language).run()
    except (ChatError, CityError, SettingError, httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        print(f"yizhan: {error}", file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


class Talk:
    """One session in the terminal."""

    def __init__(self, client: ChatClient, screen: Screen, phrases: Phrases, language: str) -> None:
        self._client = client
        self._screen = screen
        self._phrases = phrases
        self._language = language
        self._shown = 0  # seq of the last message shown
        self._reading = threading.Lock()  # one look at a time, so that nothing is shown twice
        self._over = threading.Event()

    def run(self) -> None:
        """Raises ChatError where the service is away."""
        greeting = self._client.open(self._language)
        self._screen.note(self._phrases.text("terminal_how", self._language))
        for message in greeting:
            self._show(message)
        news = threading.Thread(target=self._bring_news, daemon=True)
        news.start()
        try:
            while self._turn():
                pass
        except EOFError:
            return
        finally:
            self._over.set()

    def _turn(self) -> bool:
        """One line and the replies to it; False after /quit."""
        line = read_line(self._screen.ask(), self._screen.buttons)
        try:
            match line:
                case Quit():
                    return False
                case Nothing():
                    return True
                case Wrong(phrase):
                    self._screen.note(self._phrases.text(phrase, self._language), "yellow")
                    return True
                case Words(text):
                    self._client.send(text=text)
                case Pressed(title, payload):
                    self._screen.note(f"[{title}]")
                    self._screen.buttons = []
                    self._client.send(button=payload)
                case Photo(path):
                    self._client.send(uploads=[self._client.upload(path)])
                case Pin(lat, lon):
                    self._client.send(location={"lat": lat, "lon": lon})
            self._read_replies()
        except Refused as error:
            self._screen.note(str(error), "yellow")
        return True

    def _read_replies(self) -> None:
        idle = False
        while not idle:
            idle = self._look()

    def _look(self, wait: int | None = None) -> bool:
        """Shows what is new; True where nothing more is to come."""
        with self._reading:
            found, idle = (
                self._client.messages(self._shown) if wait is None else self._client.messages(self._shown, wait)
            )
            for message in found:
                self._show(message)
        return idle

    def _show(self, message: dict[str, object]) -> None:
        seq = int(str(message["seq"]))
        if seq > self._shown:
            self._shown = seq
            self._screen.show(message)

    def _bring_news(self) -> None:
        """What comes without being asked: a ticket's progress. A lost connection shows at the next line typed."""
        while not self._over.wait(NEWS_EVERY):
            try:
                self._look(wait=0)
            except ChatError:
                continue
