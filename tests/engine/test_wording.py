"""How numbers and answers are said and read."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.catalogue.attacks import ATTACKS, Control, DeepFool, Noise, Norm
from engine.catalogue.budgets import epsilon_limit
from engine.frame import Attacked, Frame, NetworkInfo, Prediction, Stage, Verdict
from engine.request import MAX_EPSILON, Request
from engine.wording import read_epsilon, say_epsilon, say_percent, say_queries, say_verdict, sentence


@given(st.floats(0, 1))
def test_a_size_in_linf_is_read_back_to_the_tenth_of_a_grey_level_that_is_said(epsilon: float) -> None:
    assert abs(read_epsilon(say_epsilon(epsilon, Norm.LINF), Norm.LINF) - epsilon) <= 0.05 / 255 + 1e-12


@given(st.floats(0, MAX_EPSILON[Norm.L2]))
def test_a_size_in_l2_is_read_back_to_the_three_digits_that_are_said(epsilon: float) -> None:
    back = read_epsilon(say_epsilon(epsilon, Norm.L2), Norm.L2)
    assert back == pytest.approx(epsilon, rel=0.005)


@given(st.floats(0, 1000), st.sampled_from(Norm))
def test_what_was_said_is_said_again_after_it_was_read(epsilon: float, norm: Norm) -> None:
    said = say_epsilon(min(epsilon, MAX_EPSILON[norm]), norm)
    assert say_epsilon(read_epsilon(said, norm), norm) == said


def size_or_refusal(text: str, norm: Norm) -> tuple[float, str]:
    try:
        return read_epsilon(text, norm), ""
    except ValueError as error:
        return math.nan, str(error)


@given(st.text(st.sampled_from("0123456789./eE+- ,x٣")) | st.text(), st.sampled_from(Norm))
def test_any_text_is_a_size_or_an_explained_refusal(text: str, norm: Norm) -> None:
    size, refusal = size_or_refusal(text, norm)
    assert "ε" in refusal or 0 <= size <= MAX_EPSILON[norm]


@pytest.mark.parametrize("text", ["8/255", " 8 / 255 ", "8", "8.0", "8,0", "0.031372549", "3.1372549e-2", "16/510"])
def test_one_size_may_be_typed_in_many_ways(text: str) -> None:
    assert math.isclose(read_epsilon(text, Norm.LINF), 8 / 255, rel_tol=1e-6)


def test_a_number_below_one_is_a_size_in_linf_and_from_one_on_it_counts_grey_levels() -> None:
    assert read_epsilon("0.5", Norm.LINF) == 0.5
    assert read_epsilon("1", Norm.LINF) == 1 / 255
    assert read_epsilon("1/1", Norm.LINF) == 1.0
    assert read_epsilon("8", Norm.L2) == 8.0


@pytest.mark.parametrize("text", ["", "eight", "-1", "8/0", "8//255", "1.2.3", "nan", "inf", "1e999", "8/255/2", "."])
def test_what_is_no_size_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="such as 8/255"):
        read_epsilon(text, Norm.LINF)


@pytest.mark.parametrize(("text", "norm"), [("256", Norm.LINF), ("2/1", Norm.LINF), ("1001", Norm.L2)])
def test_a_size_beyond_what_a_picture_can_bear_is_refused_with_the_limit(text: str, norm: Norm) -> None:
    with pytest.raises(ValueError, match="at most"):
        read_epsilon(text, norm)


@pytest.mark.parametrize(
    ("epsilon", "norm", "said"),
    [
        (2 / 255, Norm.LINF, "2.0/255"),
        (0.0, Norm.LINF, "0.0/255"),
        (1.0, Norm.LINF, "255.0/255"),
        (1.23456, Norm.L2, "1.23"),
        (0.0, Norm.L2, "0"),
    ],
)
def test_a_size_is_said_in_grey_levels_or_in_three_digits(epsilon: float, norm: Norm, said: str) -> None:
    assert say_epsilon(epsilon, norm) == said


@pytest.mark.parametrize(
    ("probability", "said"),
    [
        (0.0, "< 0.1 %"),
        (0.0009, "< 0.1 %"),
        (0.001, "0.1 %"),
        (0.042, "4.2 %"),
        (0.0994, "9.9 %"),
        (0.0996, "10 %"),
        (0.39, "39 %"),
        (0.994, "99.4 %"),
        (0.99949, "99.9 %"),
        (0.9996, "> 99.9 %"),
        (float("nan"), "not a number"),
    ],
)
def test_a_probability_is_said_without_rounding_it_to_never_or_always(probability: float, said: str) -> None:
    assert say_percent(probability) == said


@given(st.floats(0, 1, exclude_max=True))
def test_no_probability_below_one_is_said_to_be_certain(probability: float) -> None:
    assert "100" not in say_percent(probability)


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_is_said_with_a_mark_of_its_own(verdict: Verdict) -> None:
    mark, _, words = say_verdict(verdict).partition(" ")
    assert words == verdict.value
    assert [say_verdict(each)[0] for each in Verdict].count(mark) == 1


NETWORK = NetworkInfo("tiny", "Tiny", ("cat", "tabby", "dog"), 10, (4, 4), "cpu")
CAT, TABBY = (Prediction(np.array(each, np.float32)) for each in ([0.39, 0.21, 0.4 - 0.01], [0.3, 0.42, 0.28]))


def frame_of(request: Request, before: Prediction, after: Prediction | None) -> Frame:
    attacked = None
    if after is not None:
        image = np.zeros((4, 4, 3), np.float32)
        attacked = Attacked(image, after, Verdict.FOOLED, request.epsilon, 1.0, 1, 1)
    return Frame(request, Stage.ATTACKED, network=NETWORK, before=before, attacked=attacked)


def test_the_sentence_says_what_is_seen_before_and_after() -> None:
    assert sentence(frame_of(Request(), CAT, TABBY)) == "Tiny sees *cat* 39 %. With ε = 2.0/255 it sees *tabby* 42 %."


def test_the_name_of_a_digit_does_not_run_into_the_number_after_it() -> None:
    digits = replace(frame_of(Request(), CAT, TABBY), network=replace(NETWORK, classes=("0", "1", "2")))
    assert sentence(digits) == "Tiny sees *0* (39 %). With ε = 2.0/255 it sees *1* (42 %)."


def test_the_sentence_says_that_the_answer_holds() -> None:
    assert sentence(frame_of(Request(), CAT, CAT)).endswith("With ε = 2.0/255 it still sees *cat* 39 %.")


def test_the_sentence_calls_noise_noise() -> None:
    said = sentence(frame_of(Request(attack=Noise()), CAT, CAT))
    assert said.endswith("With random noise of ε = 2.0/255 it still sees *cat* 39 %.")


@pytest.mark.parametrize("kind", [kind for kind in ATTACKS.values() if issubclass(kind, Control)])
def test_the_sentence_names_every_control(kind: type[Control]) -> None:
    said = sentence(frame_of(Request(attack=kind()), CAT, CAT))
    assert said.endswith(f"With {kind.change} of ε = 2.0/255 it still sees *cat* 39 %.")


@pytest.mark.parametrize(
    ("found", "epsilon", "step", "said"),
    [
        (0.31 / 255, 2 / 255, 50, "With the change that was found, of 0.31/255, it sees *tabby* 42 %."),
        (3.1 / 255, 2 / 255, 50, "With ε = 2.0/255 it sees *tabby* 42 %: the change that was found is 3.1/255."),
        (None, 2 / 255, 50, "Nothing was found in 50 steps: it sees *tabby* 42 %."),
        (0.31 / 255, 2 / 255, 12, "At step 12 of 50 it sees *tabby* 42 %."),
    ],
)
def test_the_sentence_tells_what_a_search_has_found(found: float | None, epsilon: float, step: int, said: str) -> None:
    frame = frame_of(Request(attack=DeepFool(), epsilon=epsilon), CAT, TABBY)
    assert frame.attacked is not None
    searched = replace(frame, attacked=replace(frame.attacked, found=found, step=step, steps=50))
    assert sentence(searched) == f"Tiny sees *cat* 39 %. {said}"


def test_queries_are_counted_in_groups_of_three_figures() -> None:
    assert [say_queries(count) for count in (1, 12, 1200)] == [
        "1 query",
        "12 queries",
        "1\N{NARROW NO-BREAK SPACE}200 queries",
    ]


def test_the_sentence_grows_with_what_is_known() -> None:
    assert sentence(Frame(Request(), Stage.OPENED)) == ""
    assert sentence(frame_of(Request(), CAT, None)) == "Tiny sees *cat* 39 %."


@pytest.mark.parametrize(
    ("epsilon", "norm", "said"), [(1.5, Norm.FLOW, "1.5 px"), (0.0, Norm.FLOW, "0 px"), (12.0, Norm.L0, "12 pixels")]
)
def test_pixels_moved_or_changed_are_read_as_they_are_said(epsilon: float, norm: Norm, said: str) -> None:
    assert say_epsilon(epsilon, norm) == said
    assert read_epsilon(said, norm) == epsilon


def test_a_picture_is_moved_by_a_quarter_of_its_side_at_most_to_begin_with() -> None:
    assert [epsilon_limit(Norm.FLOW, values) for values in (3 * 224 * 224, 3 * 32 * 32, 28 * 28)] == [60, 8, 7]


@pytest.mark.parametrize(
    ("levels", "said"), [(0, "0.0/255"), (0.02, "0.02/255"), (0.0004, "0.0/255"), (0.06, "0.1/255"), (2, "2.0/255")]
)
def test_a_small_epsilon_is_not_called_none(levels: float, said: str) -> None:
    assert say_epsilon(levels / 255, Norm.LINF) == said
