"""The Telegram channel: updates into the inbox, queued messages out. No decisions.

reading.py and keyboards.py, verdicts.py are pure; storing.py, held.py and queue.py are transactions; receiver.py, polling.py,
webhook.py, pictures.py, pusher.py and courtesies.py do the talking; telegram.py puts them together.
"""

import os

# python-telegram-bot gives spans of time as timedelta from its next major version on; we ask for that now.
os.environ.setdefault("PTB_TIMEDELTA", "true")

from bot.channels.telegram.telegram import Telegram, build_telegram

__all__ = ["Telegram", "build_telegram"]
