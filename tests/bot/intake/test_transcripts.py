"""A conversation read by people: in order, with what was pressed in words, personal data masked unless it may be seen."""

from bot.intake import ticketlives, transcripts
from tests.bot.intake.home import LAMP, Home, document

pytest_plugins = ["tests.bot.intake.fixtures"]


def test_lines_are_in_order_and_buttons_are_read_in_words(either_home: Home) -> None:
    """All of it at one moment: an answer still stands after what it answers."""
    home = either_home
    resident = home.resident()
    home.presses(resident, home.reports_lamp(resident))
    with home.database.reading() as session:
        lines = transcripts.transcript(session, resident)
        short = transcripts.transcript(session, resident, limit=2)
    assert [line.side for line in lines][:3] == ["resident", "bot", "resident"]
    assert lines[0].text == LAMP and lines[0].understood is not None
    assert lines[2].kind == "button" and lines[2].text == lines[1].buttons[0]
    assert short == lines[-2:]


def test_personal_data_is_masked_unless_it_may_be_seen(home: Home) -> None:
    resident = home.resident()
    home.says(resident, "我电话13712345678", document("我电话13712345678", "smalltalk"))
    with home.database.reading() as session:
        assert "13712345678" not in transcripts.transcript(session, resident)[0].text
        assert "13712345678" in transcripts.transcript(session, resident, hide=False)[0].text


def test_the_version_changes_with_every_line(home: Home) -> None:
    resident = home.resident()
    seen = set()
    with home.database.reading() as session:
        seen.add(transcripts.version(session, resident))
    home.receive(resident, "在吗")
    with home.database.reading() as session:
        seen.add(transcripts.version(session, resident))
    home.complete(home.claimed(), document("在吗", "smalltalk"))
    with home.database.reading() as session:
        seen.add(transcripts.version(session, resident))
    assert len(seen) == 3


def test_a_tickets_life(either_home: Home) -> None:
    home = either_home
    resident = home.resident()
    home.presses(resident, home.reports_lamp(resident))
    (ticket,) = home.tickets()
    with home.database.reading() as session:
        life = ticketlives.find_life(session, ticket.number)
        assert ticketlives.find_life(session, "XH-0") is None
    assert life is not None and [step.event.type for step in life.steps] == ["ticket.created"]
    (sent,) = life.steps[0].sent
    assert (sent.item.state, sent.tries) == ("waiting", ()) and life.steps[0].facts["service_code"] == "UM-G02"
    assert life.understood is not None and life.understood["requests"][0]["service_code"] == "UM-G02"
