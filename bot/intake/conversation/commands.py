"""Commands: /start /help /status /cancel /language /privacy /delete /person. Pure."""

from bot.intake.conversation import filed
from bot.intake.conversation.acts import drop, hand_over
from bot.intake.conversation.heard import Erase, SetLanguage
from bot.intake.conversation.turn import Turn
from bot.intake.say import Button


def obey(turn: Turn, command: str) -> None:
    """An unknown command gets the help."""
    name, _, value = command.partition(" ")
    city = turn.world.city
    if name == "start":
        turn.change(greeted=True)
        turn.say("greeting", bureau=city.bureau, privacy_url=city.privacy_url)
    elif name == "status":
        filed.tell_status(turn)
    elif name == "cancel" and turn.draft.empty:
        turn.change(expects=None, survey=None)  # a question may be open all the same, such as why it was not good
        turn.say("nothing_to_cancel")
    elif name == "cancel":
        drop(turn)
    elif name == "person":
        hand_over(turn)
    elif name == "privacy":
        turn.say("privacy", bureau=city.bureau, privacy_url=city.privacy_url)
    elif name == "language" and value in ("zh", "en"):
        turn.do(SetLanguage(value))
        turn.say("language_set")
    elif name == "language":
        turn.say(
            "ask_language",
            Button("/language zh", "中文", literal=True),
            Button("/language en", "English", literal=True),
        )
    elif name == "delete" and value == "yes":
        turn.do(Erase())
        turn.draft = turn.draft.fresh()
        turn.say("erased")
    elif name == "delete":
        turn.say("ask_delete", Button("/delete yes", "button_delete"))
    else:
        turn.say("help", bureau=city.bureau, fallback=city.hotlines.fallback, area_code=city.area_code)
