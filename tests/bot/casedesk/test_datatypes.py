"""An attribute's value must fit its definition, for all six datatypes of the standard."""

import pytest

from bot.casedesk.city import Attribute, Service
from bot.casedesk.fields import fields_from
from bot.casedesk.problems import Refused
from bot.casedesk.validation import new_case

LISTED = (("1", "一"), ("2", "二"))
FITTING = [
    ("string", ["灯"]),
    ("text", ["灯\n杆"]),
    ("number", ["-3.5"]),
    ("datetime", ["2026-05-04T12:00:00+08:00"]),
    ("singlevaluelist", ["1"]),
    ("multivaluelist", ["1", "2"]),
]
UNFIT = [
    ("string", ["灯\n杆"], "must be one line"),
    ("string", ["a", "b"], "takes one value only"),
    ("number", ["三"], "must be a number"),
    ("number", ["1e5"], "must be a number"),
    ("datetime", ["yesterday"], "must be a date and time with an offset"),
    ("datetime", ["2026-05-04T12:00:00"], "must be a date and time with an offset"),
    ("singlevaluelist", ["3"], "must be one of 1, 2"),
    ("singlevaluelist", ["1", "2"], "takes one value only"),
    ("multivaluelist", ["1", "3"], "must be one of 1, 2"),
    ("text", [], "is required"),
]


def told(datatype: str, values: list[str]) -> object:
    listed = LISTED if datatype.endswith("valuelist") else ()
    attribute = Attribute("x", datatype, "", required=True, values=listed)
    names = {"zh": "灯", "en": "lamp"}
    service = Service("L", names, names, names, "normal", needs_location=False, attributes=(attribute,))
    form = fields_from([("service_code", "L"), *(("attribute[x][]", value) for value in values)])
    return new_case(form, {"L": service}).attributes["x"]


@pytest.mark.parametrize(("datatype", "values"), FITTING)
def test_a_fitting_value_is_kept(datatype: str, values: list[str]) -> None:
    assert told(datatype, values) == (values[0] if len(values) == 1 else values)


@pytest.mark.parametrize(("datatype", "values", "words"), UNFIT)
def test_a_value_that_does_not_fit_is_refused(datatype: str, values: list[str], words: str) -> None:
    with pytest.raises(Refused, match=words) as caught:
        told(datatype, values)
    assert caught.value.status == 400
