"""What residents send reaches the inbox: once, in order, as what it is."""

import asyncio

import pytest

from bot.intake.tables import Message
from tests.bot.channels.telegram.conftest import House
from tests.bot.channels.telegram.residents import (
    LI,
    WANG,
    asset,
    edited,
    membership,
    message,
    photo,
    picture,
    press,
)


async def test_start_is_a_command_and_opens_the_conversation_in_the_clients_language(house: House) -> None:
    house.run()
    await house.say(message(text="/start", language="en-GB"))
    (item,) = await house.until_items(1)
    assert (item.kind, item.payload) == ("command", {"command": "start"})
    assert house.conversation().language == "en"


async def test_text_is_stored_and_asked_again_only_with_the_next_offset(house: House) -> None:
    house.run()
    await house.say(message(message_id=7, text="人民路路灯坏了"))
    (item,) = await house.until_items(1)
    assert (item.kind, item.payload, item.update_id) == ("text", {"text": "人民路路灯坏了"}, f"{LI}:7")
    assert house.conversation().language == "zh"


async def test_the_same_update_twice_is_one_item(house: House) -> None:
    house.run()
    twice = message(text="垃圾没人收")
    await house.say(twice)
    await house.say(twice)
    await house.say(message(text="second"))
    items = await house.until_items(2)
    assert [item.payload["text"] for item in items] == ["垃圾没人收", "second"]


async def test_messages_of_one_resident_stay_in_order(house: House) -> None:
    for number in range(30):
        await house.say(message(chat=LI if number % 2 else WANG, text=str(number)))
    house.run()
    items = await house.until_items(30)
    for chat in (LI, WANG):
        own = [int(i.payload["text"]) for i in items if i.conversation_id == house.conversation(chat).id]
        assert own == sorted(own) and len(own) == 15


async def test_a_photo_with_words_is_one_item_with_the_largest_picture_stripped(house: House) -> None:
    house.emulator.assets["small"] = asset(b"not this one")
    house.emulator.assets["large"] = asset(picture())
    house.run()
    await house.say(message(photo=photo("small", "large"), caption="井盖坏了"))
    (item,) = await house.until_items(1)
    (upload,) = house.uploads()
    assert item.kind == "text"
    assert item.payload == {"text": "井盖坏了", "uploads": [upload.id]}
    assert (house.settings.uploads / upload.path).is_file()


async def test_what_comes_after_a_photo_waits_for_it(house: House) -> None:
    """One resident's messages are handled in order, though a picture takes longer than words."""
    house.emulator.assets["p"] = asset(picture())
    house.emulator.fail("getFile", 502)
    house.emulator.fail("getFile", 502)
    house.run()
    await house.say(message(photo=photo("p")))
    await house.say(message(text="在红花镇"))
    items = await house.until_items(2)
    assert [item.kind for item in items] == ["photo", "text"]
    assert len(items[0].payload["uploads"]) == 1


async def test_an_album_is_one_item(house: House) -> None:
    parts = [message(photo=photo(f"a{n}"), media_group_id="g1") for n in range(3)]
    parts[0]["message"]["caption"] = "占道经营"
    for n, colour in enumerate(("red", "green", "blue")):
        house.emulator.assets[f"a{n}"] = asset(picture(colour))
    house.run()
    for part in parts:
        await house.say(part)
    (item,) = await house.until_items(1)
    assert item.payload["text"] == "占道经营"
    assert item.payload["uploads"] == [upload.id for upload in sorted(house.uploads(), key=lambda u: u.created_at)]
    assert len(house.uploads()) == 3
    await house.say(parts[1])  # again, long after
    await house.say(message(text="later"))
    assert len(await house.until_items(2)) == 2


async def test_a_part_that_comes_too_late_for_its_album_is_an_item_of_its_own(house: House) -> None:
    house.emulator.assets["a"] = asset(picture("red"))
    house.emulator.assets["b"] = asset(picture("blue"))
    house.run()
    await house.say(message(photo=photo("a"), media_group_id="g"))
    await house.until_items(1)
    await house.say(message(photo=photo("b"), media_group_id="g"))
    items = await house.until_items(2)
    assert [len(item.payload["uploads"]) for item in items] == [1, 1]


async def test_a_picture_sent_as_a_file_counts_as_a_photo(house: House) -> None:
    house.emulator.assets["doc"] = asset(picture("green", "PNG"))
    house.run()
    document = {"file_id": "doc", "file_unique_id": "u", "mime_type": "image/png", "file_name": "a.png"}
    await house.say(message(document=document))
    (item,) = await house.until_items(1)
    assert len(item.payload["uploads"]) == 1


async def test_a_picture_that_is_none_is_said_so_and_the_words_are_handled(house: House) -> None:
    house.emulator.assets["x"] = asset(b"MZ this is a program")
    house.run()
    await house.say(message(photo=photo("x"), caption="看图"))
    (item,) = await house.until_items(1)
    assert item.payload == {"text": "看图"}
    await house.until_sent(house.city.phrases.text("bad_picture", "zh"))
    assert house.uploads() == []


async def test_a_bad_picture_without_words_is_answered_once_and_done(house: House) -> None:
    house.emulator.assets["x"] = asset(b"no picture")
    house.run()
    await house.say(message(photo=photo("x")))
    (item,) = await house.until_items(1)
    await house.until_sent(house.city.phrases.text("bad_picture", "zh"))
    assert item.state == "done"


async def test_a_file_telegram_does_not_have_is_asked_for_again(house: House) -> None:
    house.run()
    await house.say(message(photo=photo("nowhere"), caption="路坏了"))
    (item,) = await house.until_items(1)
    await house.until_sent(house.city.phrases.text("picture_lost", "zh"))
    assert item.payload == {"text": "路坏了"}


async def test_danger_in_a_caption_is_answered_before_the_picture_is_here(house: House) -> None:
    for _ in range(8):
        house.emulator.fail("getFile", 502)
    house.emulator.assets["f"] = asset(picture())
    house.run()
    await house.say(message(photo=photo("f"), caption="楼下着火了，快来人"))
    await house.until(lambda: any("119" in text for text in house.emulator.texts()))
    assert house.items() == []
    (item,) = house.items(released=False)
    assert item.warned


async def test_location_live_location_and_venue_are_pins(house: House) -> None:
    house.run()
    live = message(location={"latitude": 33.79, "longitude": 114.52, "live_period": 900})
    await house.say(live)
    await house.say(edited(live, location={"latitude": 33.8, "longitude": 114.53, "live_period": 900}))
    point = {"latitude": 33.7, "longitude": 114.5}
    await house.say(message(location=point, venue={"location": point, "title": "西华公园", "address": "人民路"}))
    items = await house.until_items(2)
    await house.idle_a_moment()
    assert [(item.kind, item.payload["location"]) for item in items] == [
        ("location", {"lat": 33.79, "lon": 114.52}),
        ("location", {"lat": 33.7, "lon": 114.5}),
    ]
    assert len(house.items()) == 2


FILE = {"file_id": "f", "file_unique_id": "u"}


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ({"voice": {**FILE, "duration": 3}}, "voice"),
        (
            {"sticker": {**FILE, "width": 1, "height": 1, "is_animated": False, "is_video": False, "type": "regular"}},
            "sticker",
        ),
        ({"video": {**FILE, "width": 1, "height": 1, "duration": 2}}, "video"),
        ({"video_note": {**FILE, "length": 1, "duration": 2}}, "video_note"),
        ({"document": {**FILE, "mime_type": "application/pdf"}}, "document"),
        ({"contact": {"phone_number": "13800000000", "first_name": "Li"}}, "contact"),
        ({"checklist_of_the_future": {"a": 1}}, "unknown"),
    ],
)
async def test_what_cannot_be_read_is_answered_too(house: House, content: dict, name: str) -> None:
    house.run()
    await house.say(message(**content))
    (item,) = await house.until_items(1)
    assert (item.kind, item.payload) == ("other", {"other": name})


async def test_words_under_a_video_count(house: House) -> None:
    house.run()
    await house.say(message(video={**FILE, "width": 1, "height": 1, "duration": 2}, caption="下水道堵了"))
    (item,) = await house.until_items(1)
    assert (item.kind, item.payload) == ("text", {"text": "下水道堵了"})


async def test_a_forwarded_message_is_text(house: House) -> None:
    house.run()
    origin = {"type": "hidden_user", "sender_user_name": "Somebody", "date": 1_790_000_000}
    await house.say(message(text="停水了", forward_origin=origin))
    (item,) = await house.until_items(1)
    assert (item.kind, item.payload) == ("text", {"text": "停水了"})


async def test_an_edit_is_a_correction_of_the_message_it_replaces(house: House) -> None:
    house.run()
    original = message(text="东门")
    await house.say(original)
    await house.say(edited(original, text="西门"))
    await house.say(edited(original, at=5, text="西门"))  # nothing new in it
    await house.say(edited(original, at=9, text="北门"))
    items = await house.until_items(3)
    assert [item.payload["text"] for item in items] == ["东门", "西门", "北门"]
    assert items[1].kind == "edit"
    assert items[1].payload["edits"] == items[0].update_id


async def test_a_press_is_stored_answered_and_its_keyboard_taken_away(house: House) -> None:
    house.run()
    await house.say(press("confirm:1", query="q9", message_id=55))
    await house.say(press("confirm:1", query="q9", message_id=55))
    (item,) = await house.until_items(1)
    assert (item.kind, item.payload, item.update_id) == ("button", {"button": "confirm:1"}, "callback:q9")
    (answer, *_) = await house.until(lambda: house.emulator.sent("answerCallbackQuery"))
    (edit, *_) = house.emulator.sent("editMessageReplyMarkup")
    assert answer["callback_query_id"] == "q9"
    assert int(edit["message_id"]) == 55 and "reply_markup" not in edit
    assert len(house.items()) == 1


async def test_a_press_counts_though_telegram_no_longer_takes_its_answer(house: House) -> None:
    house.emulator.fail("answerCallbackQuery", 400, "Bad Request: query is too old")
    house.emulator.fail("editMessageReplyMarkup", 400, "Bad Request: message can't be edited")
    house.run()
    await house.say(press("cancel"))
    assert (await house.until_items(1))[0].payload == {"button": "cancel"}


async def test_a_long_payload_comes_back_whole(house: House) -> None:
    long = "service:" + "X" * 80
    house.run()
    await house.queue("?", ("A", long))
    (sent,) = await house.until(lambda: house.emulator.sent())
    data = sent["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    assert len(data.encode()) <= 64
    await house.say(press(data))
    await house.say(press(data, chat=WANG, query="q2"))
    items = await house.until_items(2)
    assert items[0].payload == {"button": long}
    assert items[1].payload == {"button": data}, "another resident's button means nothing"


async def test_who_blocks_the_bot_is_sent_nothing_until_they_come_back(house: House) -> None:
    house.run()
    await house.say(message(text="hello"))
    await house.until_items(1)
    await house.say(membership("kicked"))
    await house.until(lambda: house.conversation().closed_at)
    conversation = house.conversation().id
    from bot.intake import messages
    from bot.intake.clock import utc_now
    from bot.intake.conversations import get_conversation

    body = {"text": "news", "buttons": [], "expects": None, "card": None, "ticket": None, "emergency": False}
    await house.database.run(
        lambda session: messages.queue_body(session, get_conversation(session, conversation), body, utc_now())
    )
    await house.idle_a_moment()
    assert house.emulator.texts() == []
    await house.say(membership("member"))
    await house.until(lambda: house.conversation().closed_at is None)
    await house.until_sent("news")


async def test_groups_are_declined_and_left(house: House) -> None:
    house.run()
    await house.say(membership("member", chat=-500, kind="group"))
    await house.until(lambda: house.emulator.sent("leaveChat"))
    (told,) = house.emulator.texts(-500)
    assert "@xihua_yizhan_bot" in told
    group = message(text="/start")
    group["message"]["chat"] = {"id": -500, "type": "group", "title": "Village"}
    await house.say(group)
    await house.until(lambda: len(house.emulator.sent("leaveChat")) == 2)
    assert house.items() == []


async def test_service_messages_are_no_messages(house: House) -> None:
    house.run()
    await house.say(message(pinned_message={**message(text="x")["message"]}))
    await house.say(message(text="after"))
    (item,) = await house.until_items(1)
    assert item.payload["text"] == "after"


async def test_one_update_that_cannot_be_parsed_does_not_hide_the_others(house: House) -> None:
    house.run()
    broken = message(text="broken")
    del broken["message"]["chat"]
    await house.say(broken)
    await house.say(message(text="whole"))
    (item,) = await house.until_items(1)
    assert item.payload["text"] == "whole"


async def test_typing_is_shown_while_a_turn_takes_long(house: House) -> None:
    house.run()
    await house.say(message(text="慢"))
    await house.until(lambda: house.emulator.sent("sendChatAction", LI))


async def test_the_menu_is_set_in_both_languages(house: House) -> None:
    house.run()
    menus = await house.until(lambda: len(m := house.emulator.sent("setMyCommands")) == 2 and m)
    assert [menu.get("language_code") for menu in menus] == [None, "en"]
    assert {"command": "status", "description": "查我的进度"} in menus[0]["commands"]


async def test_telegram_away_at_the_start_is_tried_again(house: House) -> None:
    house.emulator.fail("getMe", 502)
    house.emulator.fail("deleteWebhook", 500)
    house.run()
    await house.say(message(text="在吗"))
    assert len(await house.until_items(1)) == 1


async def test_a_refused_token_ends_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.telegram.telegram.LONGEST_WAIT", 0.05)
    house.emulator.fail("getMe", 401, "Unauthorized")
    house.run()
    await house.say(message(text="在吗"))
    assert len(await house.until_items(1)) == 1
    assert house.task is not None and not house.task.done()


async def test_polling_goes_on_after_floods_faults_and_conflicts(house: House) -> None:
    house.emulator.fail("getUpdates", 429, "Too Many Requests", retry_after=1)
    house.emulator.fail("getUpdates", 502)
    house.run()
    await house.say(message(text="在吗"))
    assert len(await house.until_items(1)) == 1


async def test_a_long_poll_ends_at_once_when_the_service_stops(house: House) -> None:
    house.run()
    await house.say(message(text="在吗"))
    await house.until_items(1)
    started = asyncio.get_running_loop().time()
    await house.end()
    assert asyncio.get_running_loop().time() - started < 2
    assert house.emulator._update_queues._state("123456:TEST-token").updates == [], "what is stored was confirmed"
    assert house.rows(Message) == []
