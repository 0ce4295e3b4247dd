"""The journeys of residents, one by one: what they send, what is asked, what is filed."""

from dataclasses import replace

from bot.intake.conversation.heard import AskPerson, ChangeTicket, FileTickets, Follow, TicketView
from tests.bot.intake.conversation.world import NOW, Talk, place, request, understood

LAMP = "人民路与青华路交叉口路灯坏了三天了，晚上啥都看不见"
LAMP_MEANT = understood(
    requests=(request(LAMP, "路灯坏了三天了", "UM-G02"),), places=(place(LAMP, "人民路与青华路交叉口", "crossing"),)
)


def view(number: str, code: str = "UM-G02", status: str = "submitted", **values: object) -> TicketView:
    base = TicketView(number, number, code, status, "路灯坏了", "人民路与青华路交叉口", NOW, None)
    return replace(base, **values)  # type: ignore[arg-type]


def test_one_complete_message_gives_the_card_and_one_confirmation_files_it() -> None:
    talk = Talk()
    talk.text(LAMP, LAMP_MEANT)
    assert talk.last.expects == "confirm"
    assert talk.last.card is not None
    assert talk.last.card["requests"][0]["address"] == "人民路与青华路交叉口"
    talk.press(talk.last.buttons[0].payload)
    (effect,) = talk.outcome.effects
    assert isinstance(effect, FileTickets)
    assert [line.service_code for line in effect.lines] == ["UM-G02"]
    assert talk.draft.empty


def test_yes_in_words_files_too() -> None:
    talk = Talk()
    talk.text(LAMP, LAMP_MEANT)
    talk.text("中，报吧", understood("answer", intent="affirm"))
    assert isinstance(talk.outcome.effects[0], FileTickets)


def test_nothing_is_filed_without_confirmation() -> None:
    talk = Talk()
    assert talk.text(LAMP, LAMP_MEANT).effects == ()


def test_a_missing_place_is_the_only_question() -> None:
    talk = Talk()
    text = "下水道堵了，臭水流一街"
    talk.text(text, understood(requests=(request(text, text, "UM-G05"),)))
    assert talk.last.expects == "location"
    answer = "长平路……哎不是，建设路，建设路邮局门口"
    places = (place(answer, "长平路"), place(answer, "建设路"), replace(place(answer, "邮局门口", "poi")))
    talk.text(answer, understood("answer", intent="inform", places=places))
    assert talk.last.expects == "confirm"
    address = talk.last.card["requests"][0]["address"]
    assert "建设路" in address and "长平路" not in address


def test_only_at_my_door_is_asked_once_and_then_taken_as_it_is() -> None:
    talk = Talk()
    text = "俺门口路灯不亮"
    talk.text(
        text, understood(requests=(request(text, "路灯不亮", "UM-G02"),), places=(place(text, "俺门口", "relative"),))
    )
    assert (talk.last.expects, talk.last.key) == ("location", "ask_location_more")
    talk.text("老槐树西边第三家", understood("answer", intent="inform"))
    assert talk.last.expects == "confirm"
    assert talk.last.card["requests"][0]["address"] == "老槐树西边第三家"


def test_doubt_between_services_offers_buttons_and_none_of_these() -> None:
    talk = Talk()
    text = "红花路那家店门口弄得乱七八糟没法走路"
    ranking = (("UM-B02", 0.35), ("UM-A11", 0.3), ("UM-B01", 0.1))
    doubt = replace(request(text, text, "UM-B02", 0.35), ranking=ranking)
    talk.text(text, understood(requests=(doubt,), places=(place(text, "红花路"),)))
    assert talk.last.expects == "which_service"
    assert [b.payload for b in talk.last.buttons] == [
        "service:UM-B02",
        "service:UM-A11",
        "service:UM-B01",
        "service:none",
    ]
    talk.press("service:UM-A11")
    assert talk.last.card["requests"][0]["service_code"] == "UM-A11"


def test_a_vague_opener_is_asked_what_happened_not_which_service() -> None:
    talk = Talk()
    text = "你们管不管啊"
    vague = replace(request(text, text, "UM-B01", 0.08), ranking=(("UM-B01", 0.08), ("UM-A01", 0.07)))
    talk.text(text, understood(requests=(vague,)))
    assert talk.last.expects == "detail:problem"


def test_photo_and_pin_first_are_kept_and_only_the_matter_is_asked() -> None:
    from bot.intake.conversation import Heard

    talk = Talk()
    talk.hear(Heard(uploads=("u1",)))
    assert talk.last.expects == "detail:problem"
    talk.hear(Heard(pin=(33.7861, 114.5302)))
    text = "坑就在照片里，夜里差点翻车"
    talk.text(text, understood(requests=(request(text, text, "UM-G03"),)))
    card = talk.last.card
    assert talk.last.expects == "confirm"
    assert (card["photos"], card["requests"][0]["lat"], card["requests"][0]["lon"]) == (1, 33.7861, 114.5302)


def test_a_village_that_three_townships_share_is_asked_with_their_names() -> None:
    codes = tuple(code for code, (name, _) in Talk().world.city.place_names.items() if name.startswith("张庄村"))
    assert len(codes) == 3
    talk = Talk()
    text = "张庄村头路边倒了一大片碎砖"
    spot = place(text, "张庄村头", "village", candidates=codes)
    talk.text(text, understood(requests=(request(text, "倒了一大片碎砖", "UM-A04"),), places=(spot,)))
    assert talk.last.expects == "which_place"
    assert all(button.payload.startswith("place:") for button in talk.last.buttons)
    wanted = next(code for code in codes if "迟营" in talk.world.city.place_names[code][1])
    talk.text("迟营的张庄，不是红花集的", understood("answer", intent="choose"))
    assert talk.last.card["requests"][0]["place_code"] == wanted
    assert "迟营" in talk.last.card["requests"][0]["address"]


def test_not_this_road_but_that_one_at_the_card_changes_only_the_road() -> None:
    talk = Talk()
    text = "中华路实验小学东边围墙叫人喷满了办证的"
    spot = place(text, "中华路实验小学东边围墙")
    talk.text(text, understood(requests=(request(text, "叫人喷满了办证的", "UM-C01"),), places=(spot,)))
    change = "不对，不是中华路，是青华路"
    talk.text(change, understood("amend", intent="correct", places=(place(change, "中华路"), place(change, "青华路"))))
    assert talk.last.expects == "confirm"
    assert talk.last.card["requests"][0]["address"] == "青华路实验小学东边围墙"


def test_not_this_problem_but_that_one_changes_the_service() -> None:
    talk = Talk()
    talk.text(LAMP, LAMP_MEANT)
    change = "不是路灯，是红绿灯坏了"
    talk.text(change, understood("amend", intent="correct", ranking=(("TR-01", 0.8), ("UM-G02", 0.1))))
    assert talk.last.card["requests"][0]["service_code"] == "TR-01"
    assert talk.last.card["requests"][0]["address"] == "人民路与青华路交叉口"


def test_two_problems_become_one_card_with_two_lines_and_one_can_be_dropped() -> None:
    talk = Talk()
    text = "汉唐街口俩事：一个是公厕锁着不开，一个是花池子里绿篱死光了"
    requests = (request(text, "公厕锁着不开", "UM-A06"), request(text, "花池子里绿篱死光了", "UM-H02"))
    talk.text(text, understood(requests=requests, places=(place(text, "汉唐街口", "crossing"),)))
    card = talk.last.card["requests"]
    assert [r["service_code"] for r in card] == ["UM-A06", "UM-H02"]
    assert [r["address"] for r in card] == ["汉唐街口", "汉唐街口"]
    drop = next(b.payload for b in talk.last.buttons if b.payload.startswith("drop:"))
    talk.press(drop)
    assert [r["service_code"] for r in talk.last.card["requests"]] == ["UM-H02"]


def test_two_problems_at_two_places_keep_their_own() -> None:
    talk = Talk()
    text = "昆山路早市的喇叭五点就叫，再一个女娲大道西头护栏撞坏了没人修"
    requests = (request(text, "喇叭五点就叫", "UM-F01"), request(text, "护栏撞坏了没人修", "UM-G08"))
    talk.text(
        text, understood(requests=requests, places=(place(text, "昆山路早市", "poi"), place(text, "女娲大道西头")))
    )
    assert [r["address"] for r in talk.last.card["requests"]] == ["昆山路早市", "女娲大道西头"]


def test_danger_gives_the_number_before_anything_else() -> None:
    talk = Talk()
    text = "慢车道上有个井没盖了"
    meant = understood(requests=(request(text, text, "UM-G01"),), danger="manhole")
    talk.text(text, meant)
    first = talk.outcome.says[0]
    assert first.emergency and "110" in first.params["numbers"]
    assert talk.last.expects == "location"


def test_fire_presses_nothing_on_the_resident() -> None:
    talk = Talk()
    text = "服装店着火了火苗子往外窜"
    talk.text(text, understood(requests=(request(text, text, "EM-02"),), danger="fire"))
    assert talk.outcome.says[0].emergency
    assert talk.last.key == "card_optional"
    talk.text("不用登记了，消防马上到", understood("answer", intent="deny"))
    assert talk.outcome.effects == () and talk.draft.empty


def test_self_harm_calls_a_person_and_asks_nothing() -> None:
    talk = Talk()
    talk.text("活着没意思了想跳下去", understood(requests=(), danger="selfharm"))
    assert "12356" in talk.outcome.says[0].params["numbers"]
    assert any(isinstance(e, AskPerson) for e in talk.outcome.effects)
    assert all(say.expects is None for say in talk.outcome.says)


def test_outside_the_county_names_the_neighbour_and_files_nothing() -> None:
    talk = Talk()
    text = "川汇区七一路小吃街占道"
    spot = place(text, "川汇区七一路小吃街", "outside", inside=False)
    talk.text(text, understood("out_of_scope", places=(spot,)))
    assert talk.last.key == "outside_named"
    assert talk.draft.empty


def test_calling_it_off_at_the_card_drops_everything() -> None:
    talk = Talk()
    talk.text(LAMP, LAMP_MEANT)
    talk.text("算了不报了，人家自己修好了", understood("amend", intent="withdraw"))
    assert talk.draft.empty and talk.outcome.effects == () and talk.last.key == "dropped"


def test_an_old_cards_button_files_nothing() -> None:
    talk = Talk()
    talk.text(LAMP, LAMP_MEANT)
    old = talk.last.buttons[0].payload
    talk.text("我电话13800000401", understood("answer", intent="inform"))
    assert talk.last.card["contact_masked"] == "138****0401"
    talk.press(old)
    assert talk.outcome.effects == () and talk.outcome.says[0].key == "button_stale"


def test_a_forged_button_changes_nothing() -> None:
    talk = Talk()
    for payload in ("confirm:999", "service:UM-G02", "drop:0:0", "rate:XH-1:satisfied", "place:none", "x", "confirm"):
        talk.press(payload)
        assert talk.outcome.effects == () and talk.outcome.says[0].key == "button_stale", payload


def test_anonymity_in_words_is_respected_on_the_card() -> None:
    talk = Talk()
    text = "茅岗社区老槐树西边第三家正偷着往上加盖，千万别让人知道是我说的，13800000428"
    spot = place(text, "茅岗社区老槐树西边第三家", "community")
    talk.text(text, understood(requests=(request(text, "正偷着往上加盖", "UM-D01"),), places=(spot,)))
    assert talk.last.card["anonymous"] is True
    assert talk.last.card["contact_masked"] is None


def test_the_same_message_again_keeps_one_line() -> None:
    talk = Talk()
    talk.text(LAMP, LAMP_MEANT)
    talk.text(LAMP, LAMP_MEANT)
    assert len(talk.last.card["requests"]) == 1


def test_a_neighbours_open_case_is_offered_and_can_be_joined() -> None:
    text = "展辉路快到箕城路那个大坑还没人管"
    meant = understood(
        requests=(request(text, "那个大坑还没人管", "UM-G03"),), places=(place(text, "展辉路快到箕城路"),)
    )
    twin = view("XH-1", "UM-G03", address="展辉路跟箕城路口往北五十米", text="机动车道上有个洗脸盆大的坑")
    talk = Talk(nearby=(twin,))
    talk.text(text, meant)
    assert talk.last.expects == "join_duplicate"
    talk.text("对，就是那个坑，算我一个", understood("answer", intent="affirm"))
    assert talk.outcome.effects == (Follow("XH-1"),)
    assert talk.draft.empty


def test_declining_to_join_goes_on_to_the_card_and_is_not_offered_again() -> None:
    text = "展辉路快到箕城路那个大坑还没人管"
    meant = understood(
        requests=(request(text, "那个大坑还没人管", "UM-G03"),), places=(place(text, "展辉路快到箕城路"),)
    )
    talk = Talk(nearby=(view("XH-1", "UM-G03", address="展辉路跟箕城路口", text="大坑"),))
    talk.text(text, meant)
    talk.press("join:no")
    assert talk.last.expects == "confirm"


def test_withdrawing_after_filing_reaches_the_backend() -> None:
    talk = Talk(tickets=(view("XH-1"),))
    talk.text("撤了吧，刚才有人来修好了", understood("amend", intent="withdraw"))
    (effect,) = talk.outcome.effects
    assert isinstance(effect, ChangeTicket) and effect.type == "ticket.withdrawn"


def test_not_satisfied_after_closing_opens_the_case_again() -> None:
    closed = view("XH-1", "UM-G06", "closed", closed_at=NOW)
    talk = Talk(tickets=(closed,))
    talk.text("不满意，就抽了一回水，今早又积上了", understood("complaint"))
    types = [e.type for e in talk.outcome.effects if isinstance(e, ChangeTicket)]
    assert types == ["ticket.rated", "ticket.reopened"]


def test_status_without_a_number_finds_the_residents_ticket() -> None:
    talk = Talk(tickets=(view("XH-1"),))
    talk.text("我那个单子咋样了", understood("status"))
    assert talk.last.key == "status_is_submitted" and talk.last.params["number"] == "XH-1"


def test_a_person_is_called_without_argument() -> None:
    talk = Talk()
    talk.text("给我接个真人", understood("handoff"))
    assert talk.last.key == "handoff_closed"
    assert AskPerson("handoff") in talk.outcome.effects


def test_praise_is_thanked_and_kept_as_a_light_record_after_a_card() -> None:
    talk = Talk()
    talk.text("环卫师傅真不容易，替俺说声谢谢", understood("praise"))
    assert talk.outcome.says[0].key == "thanks_for_praise"
    assert talk.last.card["requests"][0]["service_code"] == "NT-05"


def test_the_answer_to_where_may_hold_when_and_the_phone_as_well() -> None:
    talk = Talk()
    text = "楼下有人养了一院子鹅，天天叫"
    talk.text(text, understood(requests=(request(text, text, "UM-A12"),), places=(place(text, "楼下", "relative"),)))
    answer = "周楼社区东头第二排，打从麦收就有了，我电话13800000436"
    talk.text(answer, understood("answer", intent="inform", places=(place(answer, "周楼社区东头第二排", "community"),)))
    card = talk.last.card
    assert card["requests"][0]["address"].endswith("周楼社区东头第二排")
    assert card["contact_masked"] == "138****0436" and card["occurred"]
