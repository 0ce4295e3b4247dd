"""What must hold at every step of every conversation. Each law raises AssertionError where it is broken."""

import json

from bot.intake import hints
from bot.intake.conversation import Draft, Heard, step
from bot.intake.conversation.card import confirm_payload
from bot.intake.conversation.dangers import KINDS
from bot.intake.conversation.heard import ChangeTicket, FileTickets
from bot.intake.draft import VERSION
from bot.intake.phrases import LANGUAGES
from tests.bot.intake.conversation.moves import Played
from tests.bot.intake.conversation.world import city

NUMBERS = ("110", "119", "120", "122", "12356", "95598")


def newly_asked(played: Played) -> tuple[str, ...]:
    """The marks of questions that this turn asked; none where the draft was filed or dropped."""
    before, after = played.draft, played.outcome.draft
    if after.asked[: len(before.asked)] != before.asked:
        return ()
    return after.asked[len(before.asked) :]


def never_silent(played: Played) -> None:
    filed = sum(len(effect.lines) for effect in played.outcome.effects if isinstance(effect, FileTickets))
    warned = played.heard.danger is not None and played.heard.already_warned
    assert played.outcome.says or filed or warned, "silence"


def words_in_both_languages(played: Played) -> None:
    for say in played.outcome.says:
        for language in LANGUAGES:
            body = city().phrases.body(say, language)
            assert body["text"].strip()
            assert all(button["title"].strip() and button["payload"] for button in body["buttons"])
            json.dumps(body)


def filed_only_what_was_shown_and_confirmed(played: Played) -> None:
    before, heard = played.draft, played.heard
    for effect in played.outcome.effects:
        if not isinstance(effect, FileTickets):
            continue
        assert before.expects == "confirm"
        in_words = heard.button is None and heard.command is None and hints.says_yes(heard.text)
        assert heard.button == confirm_payload(before) or in_words
        assert played.card is not None and effect.lines
        shown = [(row["service_code"], row["text"]) for row in played.card["requests"] if row["service_code"]]
        assert [(line.service_code, line.text) for line in effect.lines] == shown
        assert played.outcome.draft.empty


def no_question_twice_for_the_same_problem(played: Played) -> None:
    if played.draft.lines:
        again = [mark for mark in newly_asked(played) if mark in played.draft.asked]
        assert again == [], f"asked again: {again}"


def nothing_asked_that_was_given(played: Played) -> None:
    draft = played.outcome.draft
    for mark in newly_asked(played):
        what, _, about = mark.partition("#")
        line = draft.lines[int(about)] if draft.lines else None
        if what == "location":
            assert line is not None and not line.place.enough and not draft.pin
            assert line.service_code is None or city().catalogue[line.service_code].needs_location
        elif what == "which_service":
            assert line is not None and not line.settled
        elif what == "which_place":
            assert line is not None and line.place.candidates and line.place.code is None


def one_question_and_it_stands_last(played: Played) -> None:
    says = played.outcome.says
    assert all(say.expects is None for say in says[:-1]), "a question before the last message"
    if says and says[-1].expects is not None:
        assert says[-1].expects == played.outcome.draft.expects, "shown as awaited, but not awaited"


def danger_first_with_a_number(played: Played) -> None:
    kind = played.heard.danger
    if kind in KINDS and kind not in played.draft.warned and not played.heard.already_warned:
        first = played.outcome.says[0]
        assert first.emergency and first.key == f"danger_{kind}"
        text = city().phrases.body(first, "zh")["text"]
        assert any(number in text for number in NUMBERS)


def the_draft_survives_the_database(played: Played) -> None:
    draft = played.outcome.draft
    assert Draft.from_document(VERSION, json.loads(json.dumps(draft.to_document()))) == draft


def only_own_tickets_are_changed(played: Played) -> None:
    own = {ticket.id for ticket in played.world.tickets}
    assert all(e.ticket_id in own for e in played.outcome.effects if isinstance(e, ChangeTicket))


def every_state_can_be_left(played: Played) -> None:
    """After /cancel nothing is kept and nothing is awaited."""
    for way in (Heard(command="cancel"), Heard(button="/cancel")):
        left = step(played.outcome.draft, way, played.world)
        assert left.draft.empty and left.draft.expects is None and left.effects == ()


LAWS = (
    never_silent,
    words_in_both_languages,
    filed_only_what_was_shown_and_confirmed,
    no_question_twice_for_the_same_problem,
    nothing_asked_that_was_given,
    one_question_and_it_stands_last,
    danger_first_with_a_number,
    the_draft_survives_the_database,
    only_own_tickets_are_changed,
    every_state_can_be_left,
)
