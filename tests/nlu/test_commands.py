"""parse, evaluate, serve, train: what the commands do with odd input, missing files and models."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from nlu import evaluate, measures, parse, registry, serve
from nlu.examples import ExamplesError, load_examples
from nlu.labelled import LabelledError, read_labelled
from nlu.reading import Reader
from nlu.train import reasons
from tests.nlu import tiny


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(tiny.model(), "test")


def test_parse_answers_every_line_in_order_and_reports_bad_ones(reader: Reader) -> None:
    batch = [
        json.dumps({"id": "a", "text": "路灯坏了"}).encode(),
        b"no json\n",
        b"\n",
        b'{"id": "c"}',
        b"\xff\xfe",
        b'["a"]',
        json.dumps({"id": "d", "text": "你好\ud800"}).encode(),
        json.dumps({"id": "e", "text": ""}).encode(),
    ]
    target = io.StringIO()
    assert parse.write_batch(reader, batch, target) == 4
    lines = [json.loads(line) for line in target.getvalue().splitlines()]
    assert [line["id"] for line in lines] == ["a", None, "c", None, None, "d", "e"]
    assert [("error" in line) for line in lines] == [False, True, True, True, True, False, False]


def test_a_batch_gives_the_same_documents_as_single_messages(reader: Reader) -> None:
    texts = ["路灯坏了", "人民路垃圾没人收，另外井盖也没了", "", "谢谢", "x" * 5000]
    assert reader.read(texts) == [reader.read([text])[0] for text in texts]


@pytest.mark.parametrize("command", [parse.main, lambda a: evaluate.main(["nothing.jsonl", *a])])
def test_a_missing_model_is_said_in_plain_words(
    command: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(["--model", str(tmp_path / "no.tar.gz")]) == 1
    assert capsys.readouterr().err.startswith("Cannot ")


def test_serve_refuses_a_missing_model_and_a_missing_action(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in (*serve.QUIET, *serve.THREADS):
        monkeypatch.setenv(name, "0")
    assert serve.main(["--model", str(tmp_path / "no.tar.gz")]) == 1
    assert "make train" in capsys.readouterr().err
    monkeypatch.setattr(serve, "choose_model", lambda asked: asked)
    monkeypatch.delenv("YIZHAN_ACTION_URL", raising=False)
    monkeypatch.setenv("YIZHAN_ACTION_TOKEN", "t")
    assert serve.main(["--model", str(tmp_path / "m.tar.gz")]) == 1
    assert "YIZHAN_ACTION_URL" in capsys.readouterr().err


def _card(name: str) -> dict[str, str]:
    return {"name": name, "file": f"{name}.tar.gz", "sha256": "s", "trained_at": "t", "city": "c", "data_digest": "d"}


def test_the_registry_names_the_model_in_use(tmp_path: Path) -> None:
    with pytest.raises(registry.RegistryError, match="make train"):
        registry.current(tmp_path)
    registry.register(_card("one"), tmp_path)
    registry.register(_card("two"), tmp_path, use=False)
    registry.register(_card("two"), tmp_path, use=False)
    with pytest.raises(registry.RegistryError, match="missing"):
        registry.current(tmp_path)
    (tmp_path / "one.tar.gz").touch()
    assert registry.current(tmp_path).name == "one.tar.gz"
    assert [m["name"] for m in registry.read(tmp_path)["models"]] == ["one", "two"]
    (tmp_path / "registry.json").write_text("[")
    with pytest.raises(registry.RegistryError, match="broken"):
        registry.read(tmp_path)


def test_examples_with_a_fault_name_the_file(tmp_path: Path) -> None:
    city = tmp_path / "city"
    (city / "examples").mkdir(parents=True)
    (city / "services.yml").write_text("services:\n- {code: UM-A01, name: {zh: 甲, en: A}, short: {zh: 甲, en: A}}\n")
    for content, words in (
        ("service: UM-Z99\nzh: [路灯]", "UM-Z99"),
        ("service: UM-A01\nzh: [路灯: 坏了]", "text"),
        ("service: [", "YAML"),
        ("- a", "keys"),
    ):
        (city / "examples" / "x.yml").write_text(content)
        with pytest.raises(ExamplesError, match=words):
            load_examples(city, tmp_path)


def test_the_chain_of_causes_is_told() -> None:
    try:
        try:
            raise ValueError("the examples are empty")
        except ValueError as error:
            raise RuntimeError("node failed") from error
    except RuntimeError as error:
        assert "node failed" in reasons(error) and "the examples are empty" in reasons(error)


def _line(**keys: Any) -> dict[str, Any]:
    return {
        "id": "1", "text": "t", "kind": "request", "requests": [{"accept": ["UM-A01", "UM-A02"]}], "places": [],
        "pii": [], "emergency": False, "negated_hazard": False, **keys,
    }  # fmt: skip


def _document(*codes: str, act: str = "request", **keys: Any) -> dict[str, Any]:
    requests = [
        {"service_code": c, "confidence": 0.8, "ranking": [[c, 0.8], ["TR-01", 0.1], ["TR-02", 0.05]]} for c in codes
    ]
    emergency = {"is": keys.pop("danger", False)}
    return {"act": act, "requests": requests, "places": [], "pii": [], "emergency": emergency, "ranking": [], **keys}


SEVERAL = _line(kind="several", requests=[{"accept": ["UM-A01"]}, {"accept": ["UM-A01", "UM-G02"]}])


@pytest.mark.parametrize(
    ("name", "line", "document", "expected"),
    [
        ("top-1, first problem", _line(), _document("UM-A02"), (1, 1)),
        ("top-1, first problem", _line(), _document(act="status"), (0, 1)),
        ("top-3", _line(requests=[{"accept": ["TR-02"]}]), _document("UM-A01"), (1, 1)),
        ("several problems, F1", SEVERAL, _document("UM-G02", "UM-A01"), (4, 4)),
        ("several problems, F1", SEVERAL, _document("UM-A01"), (2, 3)),  # one request answers one problem
        ("one problem, wrongly split", _line(), _document("UM-A01", "UM-A02"), (1, 1)),
        ("out of scope, false rejection", _line(), _document(act="out_of_scope"), (1, 1)),
        ("danger, recall", _line(emergency=True), _document("UM-A01"), (0, 1)),
        ("negated hazard, false alarm", _line(negated_hazard=True), _document("UM-A01", danger=True), (1, 1)),
    ],
)
def test_figures_count_what_they_say(name: str, line: Any, document: Any, expected: tuple[int, int]) -> None:
    top, bottom = measures.SHARES[name](line, document)
    assert (int(top), int(bottom)) == expected


def test_interval_and_calibration() -> None:
    lines, documents = [_line()] * 10, [_document("UM-A01")] * 8 + [_document("UM-G02")] * 2
    value, low, high, count = measures.share_of("top-1, first problem", lines, documents)
    assert (value, count) == (0.8, 10) and low < 0.8 < high
    error, bins = measures.calibration(lines, documents)
    assert error == pytest.approx(0) and bins[0]["count"] == 10
    assert measures.macro_f1(lines, documents)[0] == pytest.approx(2 * 8 / (10 + 8))
    assert measures.confusions(lines, documents) == [("UM-A01", "UM-G02", 2)]


def test_the_table_holds_every_figure(reader: Reader) -> None:
    lines = [
        _line(text="垃圾桶满了", requests=[{"accept": ["UM-A02"]}]),
        _line(id="2", text="你好", kind="smalltalk", requests=[]),
    ]
    result = evaluate.summary(lines, reader.read([line["text"] for line in lines]))
    shown = evaluate.table({"file": "f", "messages": 2, "model": "m", "slowest": [], **result})
    assert all(name in shown for name in result["figures"]) and "UM-A02 1/1" in shown
    json.dumps(result)


@pytest.mark.parametrize(("content", "words"), [("{", "line 1"), ('{"id": "1"}', "missing"), ("", "no messages")])
def test_a_labelled_file_with_a_fault_names_the_line(content: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(content)
    with pytest.raises(LabelledError, match=words):
        read_labelled(path)
