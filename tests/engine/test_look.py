"""What is looked at inside: it travels with a session file, and what makes no sense is refused in words."""

from __future__ import annotations

import json
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.catalogue.options import bounds
from engine.catalogue.saliency import SALIENCIES, SmoothGrad
from engine.inside import Inside
from engine.look import MOST_IMAGES, Edit, Intervention, Look, Part
from engine.request import Request, RequestError

EDITS = st.builds(
    Edit,
    layer=st.text(max_size=20),
    unit=st.none() | st.integers(0, 4000),
    kind=st.sampled_from(Intervention),
    factor=st.floats(-10, 10),
)
LOOKS = st.builds(
    Look,
    layer=st.text(max_size=20),
    unit=st.none() | st.integers(0, 4000),
    companion=st.text(max_size=20),
    shift=st.tuples(st.integers(-4096, 4096), st.integers(-4096, 4096)),
    saliency=st.sampled_from([kind() for kind in SALIENCIES.values()]),
    saliency_label=st.none() | st.integers(0, 999),
    edits=st.lists(EDITS, max_size=3).map(tuple),
    gallery=st.lists(st.text(max_size=10), max_size=3).map(tuple),
)


@given(LOOKS)
def test_every_look_comes_back_from_its_session_file_as_it_was(look: Look) -> None:
    request = Request(look=look)
    assert Request.from_json(request.to_json()) == request


def test_a_session_file_that_speaks_of_no_look_gives_the_usual_one() -> None:
    assert Request.from_json('{"foolscope": 1}').look == Look()


@pytest.mark.parametrize(
    ("look", "words"),
    [
        ({"layers": "conv1"}, "there is no 'layers'"),
        ({"layer": 3}, "must be text, not 3"),
        ({"unit": -1}, "must be a whole number"),
        ({"unit": True}, "must be a whole number"),
        ({"shift": [1]}, "look"),
        ({"shift": [1, 99999]}, "from -4096 to 4096"),
        ({"saliency": {"name": "guess"}}, "there is no way of attribution called 'guess'"),
        ({"saliency": {"name": "smoothgrad", "samples": 0}}, "samples must be between 2 and 200"),
        ({"saliency": "gradient"}, "look"),
        ({"edits": [{"layer": "conv1", "kind": "explode"}]}, "explode"),
        ({"edits": [{"layer": "conv1", "factor": 1e9}]}, "between −10 and 10"),
        ({"edits": [{"unit": 3}]}, "layer"),
        ({"growing": {"name": "ascent", "steps": 10**9}}, "steps must be between 1 and 1000"),
        ([], "look"),
    ],
)
def test_a_look_that_makes_no_sense_is_refused_with_the_reason(look: object, words: str) -> None:
    with pytest.raises(RequestError, match=r"^look: ") as told:
        Request.from_json(json.dumps({"foolscope": 1, "look": look}))
    assert words in str(told.value)


def test_a_session_file_cannot_make_the_engine_search_any_number_of_pictures() -> None:
    text = json.dumps({"foolscope": 1, "look": {"gallery": ["a.png"] * 100_000}})
    assert len(Request.from_json(text).look.gallery) == MOST_IMAGES


def test_every_part_that_a_view_may_ask_for_has_a_place_in_what_is_shown() -> None:
    assert {each.value for each in Part} <= {each.name for each in fields(Inside)}


@pytest.mark.parametrize("name", SALIENCIES)
def test_every_way_of_attribution_has_a_card_and_its_usual_options_are_within_bounds(name: str) -> None:
    kind = SALIENCIES[name]
    assert kind.name == name
    assert all((kind.title, kind.summary.endswith("."), kind.formula, kind.paper))
    for each in fields(kind):
        assert bounds(each).low <= each.default <= bounds(each).high


def test_an_option_of_the_wrong_type_or_size_is_refused() -> None:
    with pytest.raises(ValueError, match="samples must be a whole number"):
        SmoothGrad(samples=2.5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="spread must be between"):
        SmoothGrad(spread=7)
