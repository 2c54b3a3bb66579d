"""A request is one value: it compares, it travels through a file, and a spoilt file is told from a good one."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.catalogue.attacks import ATTACKS, BIM, FGSM, PGD, Attack, Noise, Norm
from engine.catalogue.options import bounds
from engine.request import FORMAT, MAX_EPSILON, Placement, Request, RequestError

CLASSES = st.integers(0, 2**63 - 1)


@st.composite
def attacks(draw: st.DrawFn) -> Attack:
    """Any attack, with any options within their bounds."""
    kind = draw(st.sampled_from(list(ATTACKS.values())))
    options: dict[str, Any] = {}
    for each in fields(kind):
        limits = bounds(each)
        if isinstance(each.default, bool):
            options[each.name] = draw(st.booleans())
        elif isinstance(each.default, int):
            options[each.name] = draw(st.integers(int(limits.low), int(limits.high)))
        elif isinstance(each.default, str):
            options[each.name] = draw(st.text("abcdefghijklmnopqrstuvwxyz0123456789.-", max_size=int(limits.high)))
        else:
            options[each.name] = draw(st.floats(limits.low, limits.high))
    return kind(**options)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """Any request that makes sense."""
    attack = draw(attacks())
    norm = draw(st.sampled_from(attack.norms))
    return Request(
        image=draw(st.text()),
        placement=draw(st.sampled_from(Placement)),
        model=draw(st.text()),
        attack=attack,
        norm=norm,
        epsilon=draw(st.floats(0, MAX_EPSILON[norm])),
        away_from=draw(st.none() | CLASSES),
        target=draw(st.none() | CLASSES) if attack.targetable else None,
        seed=draw(CLASSES),
        iterate=draw(st.none() | CLASSES),
        pinned=tuple(draw(st.lists(CLASSES))),
        views=frozenset(draw(st.sets(st.text()))),
        device=draw(st.text()),
    )


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def refusal_of(content: object) -> str | None:
    """Why a file with that content is refused; None if it is not, and then it holds a good request."""
    try:
        read = Request.from_json(json.dumps(content))
    except RequestError as error:
        return str(error)
    return None if Request.from_json(read.to_json()) == read else "it is read, but does not come back as it was"


@given(requests())
def test_a_request_comes_back_from_its_file_as_it_was(request: Request) -> None:
    assert Request.from_json(request.to_json()) == request


@given(requests())
def test_a_file_can_be_written_in_any_encoding(request: Request) -> None:
    """Names of files need not be UTF-8; Python holds such bytes as lone surrogates."""
    odd = request.with_(image=b"caf\xe9.png".decode("utf-8", "surrogateescape"))
    assert Request.from_json(odd.to_json().encode("ascii").decode("utf-8")) == odd


@given(requests())
def test_equal_requests_count_as_one(request: Request) -> None:
    twin = Request.from_json(request.to_json())
    assert len({request, twin}) == 1


@given(JUNK)
def test_whatever_a_file_holds_it_is_a_request_or_an_explained_refusal(content: object) -> None:
    with pytest.raises(RequestError) as refused:
        Request.from_json(json.dumps(content))
    assert str(refused.value)


@given(st.sampled_from([each.name for each in fields(Request)]), JUNK)
def test_junk_in_one_field_is_refused_by_the_name_of_the_field_or_is_no_junk(field: str, value: object) -> None:
    content = json.loads(Request().to_json()) | {field: value}
    refusal = refusal_of(content)
    assert refusal is None or field in refusal


@given(st.sampled_from(["steps", "step_size", "random_start", "name"]), JUNK)
def test_junk_in_an_option_of_the_attack_blames_the_attack_or_is_no_junk(option: str, value: object) -> None:
    content = json.loads(Request(attack=PGD()).to_json())
    content["attack"][option] = value
    refusal = refusal_of(content)
    assert refusal is None or refusal.startswith("attack: ")


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("epsilon", "8/255", "epsilon: must be a number"),
        ("epsilon", True, "epsilon: must be a number"),
        ("epsilon", -0.1, "epsilon: must be between 0 and 1 in linf"),
        ("epsilon", 1.5, "epsilon: must be between 0 and 1 in linf"),
        ("epsilon", float("nan"), "epsilon: must be between 0 and 1 in linf"),
        ("epsilon", float("inf"), "epsilon: must be between 0 and 1 in linf"),
        ("epsilon", 10**400, "epsilon: int too large"),
        ("target", 1.0, "target: must be a whole number"),
        ("target", -1, "target: must be a whole number"),
        ("seed", 2**63, "seed: must be a whole number"),
        ("seed", None, "seed: must be a whole number"),
        ("image", None, "image: must be text"),
        ("image", ["a.png"], "image: must be text"),
        ("norm", "l3", "norm: 'l3' is not a valid Norm"),
        ("norm", [], "norm: "),
        ("placement", {}, "placement: "),
        ("attack", "fgsm", "attack: must be an object"),
        ("attack", {}, "attack: there is no attack called None"),
        ("attack", {"name": "magic"}, "attack: there is no attack called 'magic'"),
        ("attack", {"name": "pgd", "steps": 0}, "attack: pgd: steps must be between 1 and 500"),
        ("attack", {"name": "pgd", "steps": 2.5}, "attack: pgd: steps must be a whole number"),
        ("attack", {"name": "pgd", "step_size": float("nan")}, "attack: pgd: step_size must be between"),
        ("attack", {"name": "pgd", "speed": 1}, "attack: pgd has no option 'speed'"),
        ("pinned", [1, "two"], "pinned: must be a whole number"),
        ("pinned", "12", "pinned: must be a list"),
        ("views", [[]], "views: must be text"),
        ("views", "curve", "views: must be a list"),
        ("colour", "blue", "colour: a session has no such field"),
    ],
)
def test_a_wrong_value_is_refused_with_the_field_and_the_reason(field: str, value: object, said: str) -> None:
    content = json.loads(Request().to_json()) | {field: value}
    with pytest.raises(RequestError) as refused:
        Request.from_json(json.dumps(content))
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize(
    "text",
    ["", "{", "null", "[]", '"foolscope"', "{}", "\x00", "[" * 200_000, f'{{"foolscope": 1, "seed": {"9" * 5000}}}'],
    ids=["empty", "cut", "null", "list", "text", "no mark", "zero", "deep", "endless number"],
)
def test_what_is_no_session_file_is_refused(text: str) -> None:
    with pytest.raises(RequestError, match="this is not a session file"):
        Request.from_json(text)


@pytest.mark.parametrize("version", [FORMAT + 1, "1", None, [], 10**100])
def test_a_file_of_another_format_is_refused_by_its_format(version: object) -> None:
    with pytest.raises(RequestError, match="has format"):
        Request.from_json(json.dumps({"foolscope": version}))


def test_fields_that_a_file_leaves_out_have_their_defaults() -> None:
    assert Request.from_json(json.dumps({"foolscope": FORMAT, "seed": 4})) == Request(seed=4)


def test_a_refusal_of_a_very_long_value_can_still_be_read() -> None:
    with pytest.raises(RequestError) as refused:
        Request.from_json(json.dumps({"foolscope": FORMAT, "seed": "x" * 100_000}))
    assert len(str(refused.value)) <= 300


@pytest.mark.parametrize(
    "changes",
    [
        {"attack": Noise(), "target": 3},
        {"epsilon": 1.001},
        {"norm": Norm.L2, "epsilon": 1000.5},
        {"epsilon": float("nan")},
    ],
)
def test_choices_that_do_not_fit_together_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(RequestError):
        Request().with_(**changes)


def test_every_norm_has_its_largest_size() -> None:
    assert Request(epsilon=1.0).epsilon == 1.0
    assert Request(norm=Norm.L2, epsilon=1000.0).epsilon == 1000.0


def test_a_copy_leaves_the_original_as_it_was() -> None:
    request = Request(attack=FGSM())
    assert request.with_(attack=BIM(steps=3)).attack == BIM(steps=3)
    assert request.attack == FGSM()
