"""What is queued for a resident arrives: in order within a chat, never lost, and never pressed twice."""

from telegram import InlineKeyboardMarkup

from bot.channels.telegram.keyboards import split
from tests.bot.channels.telegram.conftest import House
from tests.bot.channels.telegram.residents import LI, WANG, message

assert InlineKeyboardMarkup  # python-telegram-bot's own types are what goes over the wire


async def test_buttons_come_as_an_inline_keyboard_under_plain_text(house: House) -> None:
    house.run()
    await house.queue("请核对：<b>&人民路", ("确认提交", "confirm:3"), ("不报了", "cancel"))
    (sent,) = await house.until(lambda: house.emulator.sent())
    assert sent["text"] == "请核对：<b>&人民路"
    assert "parse_mode" not in sent
    assert sent["link_preview_options"] == {"is_disabled": True}
    assert sent["reply_markup"]["inline_keyboard"] == [
        [{"text": "确认提交", "callback_data": "confirm:3"}, {"text": "不报了", "callback_data": "cancel"}]
    ]
    await house.until(lambda: house.states() == ["sent"])


async def test_the_position_is_asked_with_a_key_that_sends_it_and_the_key_goes_again(house: House) -> None:
    house.run()
    await house.queue("在什么地方？", ("发送我的位置", "pin"), expects="location")
    await house.queue("好的")
    await house.until_sent("在什么地方？", "好的")
    asked, after = house.emulator.sent()
    assert asked["reply_markup"]["keyboard"] == [[{"text": "发送我的位置", "request_location": True}]]
    assert asked["reply_markup"]["one_time_keyboard"] is True
    assert after["reply_markup"] == {"remove_keyboard": True}


async def test_a_long_text_comes_in_parts_with_the_buttons_under_the_last(house: House) -> None:
    house.run()
    text = "\n".join(f"第{n}行：" + "路" * 90 for n in range(100))
    await house.queue(text, ("好", "yes"))
    await house.until(lambda: house.states() == ["sent"])
    sent = house.emulator.sent()
    assert len(sent) == len(split(text)) == 3
    assert "\n".join(part["text"] for part in sent) == text
    assert ["reply_markup" in part for part in sent] == [False, False, True]


async def test_a_long_text_interrupted_goes_on_with_the_part_that_failed(house: House) -> None:
    text = "\n".join("路" * 100 for _ in range(60))
    house.run()
    await house.until(lambda: house.emulator.sent("setMyCommands"))
    first = await house.queue("hello")
    await house.until_sent("hello")
    house.emulator.faults["sendMessage"].extend([])
    parts = split(text)

    calls = {"n": 0}
    real = house.emulator.validate

    def second_fails(method, fields, uploads):  # type: ignore[no-untyped-def]
        if method == "sendMessage":
            calls["n"] += 1
            if calls["n"] == 2:
                house.emulator.fail("sendMessage", 502)
        return real(method, fields, uploads)

    house.emulator.validate = second_fails  # type: ignore[method-assign]
    await house.queue(text)
    await house.until(lambda: house.states() == ["sent", "sent"])
    texts = house.emulator.texts()
    assert texts == ["hello", parts[0], parts[1], parts[1]], first.id


async def test_order_is_kept_in_a_chat_while_telegram_says_wait(house: House) -> None:
    """429 puts the message off as told; nothing newer of the same chat overtakes it, other chats go on."""
    house.emulator.fail("sendMessage", 429, "Too Many Requests: retry after 1", retry_after=1)
    house.run()
    await house.queue("一", chat=LI)
    await house.until(lambda: house.emulator.texts(LI) == ["一"])
    await house.queue("二", chat=LI)
    await house.queue("三", chat=LI)
    await house.queue("别人", chat=WANG)
    await house.until_sent("别人", chat=WANG)
    assert house.emulator.texts(LI) == ["一"], "put off"
    await house.until(lambda: house.states() == ["sent"] * 4)
    assert house.emulator.texts(LI) == ["一", "一", "二", "三"]


async def test_a_server_in_trouble_delays_but_loses_nothing(house: House) -> None:
    for status in (500, 502, 503):
        house.emulator.fail("sendMessage", status)
    house.run()
    await house.queue("编号 XH-1")
    await house.queue("第二")
    await house.until(lambda: house.states() == ["sent", "sent"])
    assert house.emulator.texts() == ["编号 XH-1"] * 4 + ["第二"]


async def test_who_blocked_the_bot_is_closed_and_the_others_hear_theirs(house: House) -> None:
    house.emulator.fail("sendMessage", 403, "Forbidden: bot was blocked by the user")
    house.run()
    await house.queue("news", chat=LI)
    await house.until(lambda: house.states() == ["failed"])
    assert house.conversation(LI).closed_at is not None
    await house.queue("other", chat=WANG)
    await house.until_sent("other", chat=WANG)
    assert house.reviews() == []


async def test_a_chat_that_is_gone_counts_as_blocked(house: House) -> None:
    house.emulator.fail("sendMessage", 400, "Bad Request: chat not found")
    house.run()
    await house.queue("news")
    await house.until(lambda: house.states() == ["failed"])
    assert house.conversation().closed_at is not None


async def test_a_message_telegram_refuses_goes_to_a_person_and_the_next_one_out(house: House) -> None:
    house.emulator.fail("sendMessage", 400, "Bad Request: something about this very message")
    house.run()
    await house.queue("odd")
    await house.queue("fine")
    await house.until(lambda: house.states() == ["failed", "sent"])
    (review,) = house.reviews()
    assert (review.reason, review.data) == ("unsent", {"channel": "telegram", "trouble": "BadRequest"})
    assert house.conversation().closed_at is None


async def test_a_resident_who_writes_again_after_blocking_is_answered(house: House) -> None:
    house.emulator.fail("sendMessage", 403, "Forbidden: bot was blocked by the user")
    house.run()
    await house.queue("lost")
    await house.until(lambda: house.states() == ["failed"])
    await house.say(message(text="我回来了"))
    await house.until_items(1)
    await house.queue("欢迎")
    await house.until_sent("欢迎")


async def test_what_was_queued_while_the_service_was_down_goes_out_at_the_start(house: House) -> None:
    await house.queue("早")
    house.run()
    await house.until_sent("早")
