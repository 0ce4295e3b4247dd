"""Who may go: for every ticket and backend at most one, the first, and nobody behind a ticket that was refused."""

from hypothesis import given
from hypothesis import strategies as st

from bot.intake.lineup import Place, at_the_head

LINES = st.lists(
    st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(["x", "y"]), st.integers(1, 6), st.booleans()),
    unique_by=lambda row: row[:3],
)


@given(LINES, st.randoms())
def test_the_first_open_one_of_each_line(rows: list[tuple[str, str, int, bool]], rng: object) -> None:
    places = [Place(f"{t}{b}{seq}", (t, b), seq, dead, seq == 1) for t, b, seq, dead in rows]
    rng.shuffle(places)  # type: ignore[attr-defined]
    heads = at_the_head(places)
    for place in places:
        before = [other for other in places if other.line == place.line and other.seq < place.seq]
        free = not place.dead and all(other.dead and not other.birth for other in before)
        assert (place.item_id in heads) is free
