"""The model: learnt on few examples, stored, read back, and answering the same; its documents for any text."""

import logging
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from language.guard import guard
from nlu import logs
from nlu.acts import ACT_OF_INTENT
from nlu.encoder import CHUNK_CHARACTERS, MOST_CHUNKS, NoEncoder, cut
from nlu.examples import digest, load_examples
from nlu.head import fit_temperature, softmax
from nlu.model import ModelError, Settings, content_digest, intents, learn, load, save
from nlu.reading import Reader

CITY = Path("cities/xihua")
FEW = 12  # examples for each service and act
ACTS = {
    "request", "status", "answerable", "smalltalk", "handoff", "amend", "praise", "suggestion", "complaint",
    "out_of_scope", "answer",
}  # fmt: skip
TEXTS = [
    "路灯不亮了",
    "人民路和青华路交叉口路灯坏了三天了",
    "你好",
    "转人工",
    "井盖没了，可吓人",
    "The bin is full",
    "",
    "？？",
]


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(_learnt(), "test")


def _learnt():
    kept = defaultdict(list)
    for example in load_examples(CITY):
        if len(kept[example.service or example.intent]) < FEW:
            kept[example.service or example.intent].append(example)
    return learn([e for group in kept.values() for e in group], CITY, NoEncoder(), Settings(encoder="none"))


def test_a_stored_model_answers_like_the_fresh_one(reader: Reader, tmp_path: Path) -> None:
    save(reader.model, tmp_path)
    again = Reader(load(tmp_path), "test")
    assert again.read(TEXTS) == reader.read(TEXTS)


def test_the_same_examples_give_the_same_model(tmp_path: Path) -> None:
    for name in ("one", "two"):
        save(_learnt(), tmp_path / name)
    assert content_digest(tmp_path / "one") == content_digest(tmp_path / "two")


def test_a_model_with_a_part_missing_stops_the_load(reader: Reader, tmp_path: Path) -> None:
    save(reader.model, tmp_path)
    (tmp_path / "act_head.npz").unlink()
    with pytest.raises(ModelError, match="make train"):
        load(tmp_path)


def test_a_model_of_another_format_is_refused(reader: Reader, tmp_path: Path) -> None:
    save(reader.model, tmp_path)
    about = (tmp_path / "about.json").read_text()
    (tmp_path / "about.json").write_text(about.replace('"format": ', '"format": 9'))
    with pytest.raises(ModelError, match="another version"):
        load(tmp_path)


def test_the_guard_is_taken_off_and_offsets_count_from_the_text_as_received(reader: Reader) -> None:
    text = "/人民路路灯坏了"
    assert reader.read([guard(text)]) == reader.read([text])
    (document,) = reader.read([guard(text)])
    assert all(text[p["start"] : p["end"]] == p["text"] for p in document["places"] + document["requests"])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from([*TEXTS, "\x00", "\u202e", "😀", "<b>", "一是", "二是垃圾没人收", "13800000000", "a"]),
        max_size=8,
    )
)
def test_any_text_gets_a_whole_document(pieces: list[str]) -> None:
    text = "".join(pieces)
    (document,) = _reader().read([text])
    assert document["act"] in ACTS and document["language"] in ("zh", "en")
    for request in document["requests"]:
        assert text[request["start"] : request["end"]] == request["text"]
        assert len(request["ranking"]) >= 3 and sum(share for _, share in request["ranking"]) <= 1 + 1e-6
        assert request["ranking"][0] == [request["service_code"], request["confidence"]]
    for found in document["places"] + document["pii"]:
        assert text[found["start"] : found["end"]] == found["text"]


_KEPT: list[Reader] = []


def _reader() -> Reader:
    """One reader for all of hypothesis' examples, which cannot take a fixture of the module."""
    if not _KEPT:
        _KEPT.append(Reader(_learnt(), "test"))
    return _KEPT[0]


def test_every_intent_has_its_act() -> None:
    assert set(ACT_OF_INTENT.values()) == ACTS
    assert {e.intent for e in load_examples(CITY)} <= set(ACT_OF_INTENT)


def test_the_digest_follows_the_examples() -> None:
    examples = load_examples(CITY)
    assert digest(examples) == digest(load_examples(CITY)) != digest(examples[1:])


def test_long_texts_are_cut_into_chunks_that_the_encoder_can_carry() -> None:
    chunks = cut("路灯坏了。" * 2000)
    assert 1 <= len(chunks) <= MOST_CHUNKS and all(len(chunk) <= CHUNK_CHARACTERS for chunk in chunks)


def test_probabilities_of_both_heads_become_one_that_sums_to_one() -> None:
    names, shares = intents(
        ["UM-A01", "greet", "out_of_scope"], np.array([[0.7, 0.2, 0.1]]), ["greet", "out_of_scope", "report"],
        np.array([[0.1, 0.1, 0.8]]),
    )  # fmt: skip
    assert names[shares.argmax()] == "report" and shares.sum() == pytest.approx(1)


def test_temperature_makes_overconfident_scores_honest() -> None:
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 3, 600)
    scores = np.eye(3)[np.where(rng.random(600) < 0.7, truth, (truth + 1) % 3)]
    confidence = softmax(scores * fit_temperature(scores, truth)).max(axis=1).mean()
    assert confidence == pytest.approx(0.7, abs=0.05)


def test_the_log_holds_no_words_of_residents() -> None:
    record = logging.LogRecord(
        "rasa.core.channels.rest", logging.ERROR, "rest.py", 1, "An exception: %s", ("人民路 13800000000",), None
    )
    line = logs.QuietFormatter().format(record)
    assert "人民路" not in line and "13800000000" not in line
