"""Examples out and in again in every format, and faults named by their line."""

import json

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.intake.exchange import FORMATS, Labels, Row

LABELS = Labels({"UM-G02", "TR-03"}, {"greet", "out_of_scope", "report"})
ROWS = [
    Row("路灯坏了", "report", "UM-G02", "e1", "ada", "2026-11-25T01:00:00+00:00"),
    Row("电梯又停了\n第二行，带“引号”和,逗号", "report", "TR-03"),
    Row("=1+1", "out_of_scope", None, "e3"),
    Row("'- 看着像清单 [东门](place) {x}: #不是注释", "greet", None),
    Row('He said: "no"', "out_of_scope", None),
    Row("yes", "greet", None),
]
WORDS = st.text(st.characters(blacklist_categories=("Cs", "Cc")) | st.sampled_from("\n-[](){}:#\"'=,"), min_size=1)
ANY_ROW = st.builds(
    lambda text, label: Row(text.strip(), "report" if "-" in label else label, label if "-" in label else None),
    WORDS.filter(lambda text: bool(text.strip())),
    st.sampled_from(["UM-G02", "TR-03", "greet", "out_of_scope"]),
)


def in_the_order_of_labels(rows: list[Row]) -> list[Row]:
    """Rasa's files are grouped by intent."""
    order = list(dict.fromkeys(row.label for row in rows))
    return sorted(rows, key=lambda row: order.index(row.label))


@pytest.mark.parametrize("name", FORMATS)
def test_what_goes_out_comes_in_again(name: str) -> None:
    kind = FORMATS[name]
    rows, problems = kind.read(kind.write(ROWS), LABELS)
    assert problems == []
    assert rows == (in_the_order_of_labels(ROWS) if name == "rasa" else ROWS)
    assert kind.read(kind.write([]), LABELS) == ([], [])


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=60, deadline=None)
@given(st.lists(ANY_ROW, max_size=6))
def test_any_text_survives_any_format(name: str, rows: list[Row]) -> None:
    kind = FORMATS[name]
    assert kind.read(kind.write(rows), LABELS) == (in_the_order_of_labels(rows) if name == "rasa" else rows, [])


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [
        ("jsonl", '{"text": "a", "service": "UM-G02"}\n\n{\n{"text": " ", "intent": "greet"}\n[1]', [3, 4, 5]),
        ("jsonl", '{"text": "a", "service": "UM-Z99"}\n{"text": "b"}\n{"text": 5, "intent": "greet"}', [1, 2, 3]),
        ("jsonl", '{"text": "a", "intent": "report"}', [1]),
        ("csv", "a,b\n1,2\n", [1]),
        ("csv", "", [1]),
        ("csv", 'text,service\n"zwei\nZeilen",UM-G02\n路灯,UM-Z99\n路灯,UM-G02,zu viel\n', [4, 5]),
        ("csv", 'text,service\n"offen,UM-G02\n', [2]),
        ("rasa", "nlu:\n- intent: report/UM-G02\n  examples: |\n    - 灯坏了\n    灯\n    - ''\n- intent: none\n  examples: |\n    - x\n", [5, 9]),
        ("rasa", "nlu:\n- intent: greet\n", [2]),
        ("rasa", "nlu: [", [1]),
        ("rasa", "version: '3.1'\n", [1]),
        ("argilla", '[\n{"fields": {"text": "a"}, "responses": {"label": [{"value": "greet"}]}},\n{"fields": {}},\n 7,\n'
         '{"fields": {"text": "b"}, "responses": {"label": [{"value": "greet"}, {"value": "TR-03"}]}},\n'
         '{"fields": {"text": "c"}, "suggestions": {"label": {"value": "greet"}}}\n]', [3, 4, 5, 6]),
        ("argilla", "[{}, ", [1, 1]),
        ("labelstudio", '[\n{"data": {"text": "a"}, "annotations": []},\n{"text": "b", "label": "TR-03"} oops', [2, 3]),
    ],
)  # fmt: skip
def test_faults_are_named_by_their_line(name: str, text: str, lines: list[int]) -> None:
    _, problems = FORMATS[name].read(text, LABELS)
    assert [problem.line for problem in problems] == lines and all(problem.what for problem in problems)


def test_files_of_other_tools_are_read() -> None:
    rasa = """
version: "3.1"
nlu:
- intent: greet
  examples: |
    - 你好
    - hello [东门](place) there
- intent: report/UM-G02
  examples:
  - text: |
      路灯坏了
    metadata: {sentiment: neutral}
- synonym: 人民路
  examples: |
    - 人民大街
"""
    rows, problems = FORMATS["rasa"].read(rasa, LABELS)
    assert problems == []
    assert [(r.text, r.label) for r in rows] == [
        ("你好", "greet"),
        ("hello 东门 there", "greet"),
        ("路灯坏了", "UM-G02"),
    ]
    tasks = [
        {
            "id": 3, "data": {"text": "电梯坏了"}, "predictions": [],
            "annotations": [
                {"completed_by": 1, "result": [{"from_name": "label", "to_name": "text", "type": "choices",
                                                "value": {"choices": ["TR-03"]}}]},
                {"completed_by": 2, "was_cancelled": True, "result": [{"type": "choices", "value": {"choices": ["x"]}}]},
            ],
        },
        {"id": 4, "text": "你好", "label": "greet", "annotator": 1},
    ]  # fmt: skip
    rows, problems = FORMATS["labelstudio"].read(json.dumps(tasks), LABELS)
    assert problems == [] and [(r.text, r.label) for r in rows] == [("电梯坏了", "TR-03"), ("你好", "greet")]
    spreadsheet = "\ufefftext,label\r\n路灯坏了,UM-G02\r\n"
    assert FORMATS["csv"].read(spreadsheet, LABELS)[0] == [Row("路灯坏了", "report", "UM-G02")]


def test_a_spreadsheet_does_not_reckon_with_residents_words() -> None:
    assert "'=HYPERLINK" in FORMATS["csv"].write([Row("=HYPERLINK(1)", "greet")])


def test_rasa_reads_our_files() -> None:
    document = yaml.safe_load(FORMATS["rasa"].write(ROWS))
    assert document["version"] == "3.1"
    assert [group["intent"] for group in document["nlu"]] == ["report/UM-G02", "report/TR-03", "out_of_scope", "greet"]
    assert document["nlu"][0]["examples"][0]["text"] == "路灯坏了"
