"""What must hold whatever residents send, in whatever order, however it was understood."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.intake.conversation import Draft, step
from bot.intake.draft import VERSION
from tests.bot.intake.conversation.laws import LAWS
from tests.bot.intake.conversation.moves import Move, Player, Start, moves, spoken, starts
from tests.bot.intake.conversation.world import world

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


@settings(max_examples=400, deadline=None, suppress_health_check=SLOW)
@given(starts, st.lists(moves, min_size=1, max_size=12))
def test_every_law_holds_at_every_step(start: Start, sequence: list[Move]) -> None:
    """Nothing raises either."""
    player = Player(start.world())
    for move in sequence:
        played = player.play(move)
        for law in LAWS:
            law(played)


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(spoken())
def test_the_same_input_gives_the_same_answer(heard: object) -> None:
    assert step(Draft(), heard, world()) == step(Draft(), heard, world())  # type: ignore[arg-type]


@settings(max_examples=150, deadline=None)
@given(
    st.integers(),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["lines", "place", "text", "ranking", "candidates", "pin", "x"]), inner)
        ),
        max_leaves=12,
    ),
)
def test_a_wild_document_is_refused_as_unreadable(version: int, document: object) -> None:
    """Whatever stands in the column: either a draft or ValueError, which starts afresh."""
    for number in (VERSION, version):
        try:
            draft = Draft.from_document(number, document)  # type: ignore[arg-type]
        except ValueError:
            continue
        assert isinstance(draft, Draft)
