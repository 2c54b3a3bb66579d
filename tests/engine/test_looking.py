"""Looking inside through the job: parts come with every frame or by and by, and one that fails stops nothing."""

from __future__ import annotations

import gc
import logging
import time
import warnings
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

import engine.job
import engine.looking
import engine.models
from engine.catalogue.attacks import PGD, Noise
from engine.catalogue.growing import Growing
from engine.catalogue.saliency import SALIENCIES, SmoothGrad
from engine.errors import ExplainedError
from engine.frame import Frame, Stage
from engine.job import Job
from engine.kept import Ahead, Kept
from engine.look import Edit, Look, Part
from engine.models.classifier import Classifier
from engine.network.watched import Watched
from engine.request import Request
from tests.engine.network.zoo import ZOO, classifier_of

EVERYTHING = frozenset(each.value for each in Part)
SHORT = Growing(steps=16)
NO_GRADIENT = frozenset({"weights that are no numbers", "no_grad inside"})

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning", "ignore::FutureWarning")

Opened = Callable[[str], Job]


@pytest.fixture(autouse=True, scope="module")
def with_hooks() -> Mapping[str, Classifier]:
    """Networks with hooks of their own, made before each test looks for hooks left behind."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {each: classifier_of(each) for each in ("parametrisations", "weight norm by hooks")}


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, with_hooks: Mapping[str, Classifier]) -> Opened:
    """A job whose network is one of the zoo's."""

    def make(name: str) -> Job:
        found = with_hooks[name] if name in with_hooks else classifier_of(name)
        monkeypatch.setattr(engine.job, "find_network", lambda _name: SimpleNamespace(recipe=found.recipe))
        monkeypatch.setattr(engine.models, "load_model", lambda _name, _device: found)
        return Job()

    return make


def ask(views: frozenset[str] = EVERYTHING, epsilon: float = 8 / 255, **look: Any) -> Request:
    return Request(epsilon=epsilon, views=frozenset(map(str, views)), look=Look(**{"growing": SHORT, **look}))


def last(job: Job, request: Request) -> Frame:
    *_, frame = job.run(request)
    assert frame.final
    assert frame.failure is None, frame.failure
    return frame


def until(job: Job, request: Request, is_enough: Callable[[Frame], bool]) -> Frame:
    """The first such frame; the work is left there, as by a newer request."""
    frames = job.run(request)
    found = next(each for each in frames if is_enough(each))
    frames.close()
    return found


# Any network


@pytest.mark.parametrize("name", sorted(set(ZOO) - NO_GRADIENT - {"a thousand nodes"}))
def test_every_part_of_any_network_is_there_or_a_sentence_tells_why(
    opened: Opened, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    frame = last(opened(name), ask())
    assert frame.inside.architecture is not None
    unforeseen = [each for each in caplog.records if each.name == "engine.looking"]
    assert not unforeseen or name == "one picture at a time"
    if frame.inside.notes:
        assert all(each.endswith(".") for each in frame.inside.notes)
        assert len(set(frame.inside.notes)) == len(frame.inside.notes)
        return
    missing = {each.value for each in Part if getattr(frame.inside, each.value) is None}
    assert missing <= {"anatomy", "filters"}


@pytest.mark.parametrize("name", sorted(NO_GRADIENT))
def test_a_network_without_a_gradient_is_refused_by_attacks_and_shown_with_noise(opened: Opened, name: str) -> None:
    job = opened(name)
    *_, refused = job.run(ask())
    assert refused.failure is not None
    frame = last(job, replace(ask(frozenset({"activations", "divergence", "saliency"})), attack=Noise()))
    assert frame.inside.activations is not None
    assert frame.inside.divergence is not None


@pytest.mark.parametrize("method", list(SALIENCIES.values()))
@pytest.mark.parametrize("name", ["half precision", "scripted", "encoder"])
def test_every_way_of_attribution_gives_maps_or_a_sentence(
    opened: Opened, name: str, method: Any, caplog: pytest.LogCaptureFixture
) -> None:
    frame = last(opened(name), ask(frozenset({"saliency"}), saliency=method()))
    maps = frame.inside.saliency
    assert maps is not None
    assert maps.done == maps.total
    assert maps.note if maps.clean is None else np.isfinite(maps.clean).all()
    assert not [each for each in caplog.records if each.levelno >= logging.ERROR]


@pytest.mark.parametrize("name", ["operations in place", "gates and branches", "odd names", "encoder, tokens first"])
def test_every_node_can_be_looked_at(opened: Opened, name: str, caplog: pytest.LogCaptureFixture) -> None:
    job = opened(name)
    graph = last(job, ask(frozenset({"architecture"}))).inside.architecture
    assert graph is not None
    views = frozenset({"activations", "filters", "anatomy", "companion", "divergence"})
    for node in graph.nodes:
        frame = last(job, ask(views, layer=node.name))
        assert frame.inside.layer == node.name
        assert (frame.inside.activations is None) == (node.form is None) == bool(frame.inside.notes)
    assert not [each for each in caplog.records if each.levelno >= logging.ERROR]


# The selection


def test_a_network_without_a_convolution_is_first_looked_at_where_its_weights_are(opened: Opened) -> None:
    inside = last(opened("dense digits"), ask(frozenset({"filters"}))).inside
    assert inside.architecture is not None
    kinds = {each.name: each.kind for each in inside.architecture.nodes}
    assert kinds[inside.layer] == "Linear"
    assert inside.filters is not None


def test_an_unknown_layer_and_a_unit_out_of_range_are_replaced_by_what_there_is(opened: Opened) -> None:
    inside = last(opened("plain"), ask(frozenset({"activations"}), layer="nowhere", unit=1000)).inside
    assert inside.layer == "0"
    assert inside.unit is not None
    assert inside.activations is not None
    sizes = np.abs(inside.activations.clean).mean((1, 2))
    assert inside.unit == int(sizes.argmax())


def test_edits_of_layers_that_are_not_there_change_nothing(opened: Opened) -> None:
    edits = (Edit("nowhere"), Edit("0", unit=500))
    found = last(opened("plain"), ask(frozenset({"causes"}), edits=edits)).inside.causes
    assert found is not None
    assert found.edited_clean is None


# The same answers


@pytest.mark.parametrize("attack", [Request().attack, PGD(steps=3)])
def test_answers_are_the_same_bit_for_bit_with_and_without_a_look_inside(opened: Opened, attack: Any) -> None:
    plain, looked = opened("plain"), opened("plain")
    last(looked, replace(ask(), attack=attack))
    for k in range(6):
        request = replace(ask(frozenset(), k / 255), attack=attack)
        without = last(plain, request)
        within = last(looked, replace(request, views=frozenset({"activations", "divergence", "anatomy"})))
        assert without.attacked is not None
        assert within.attacked is not None
        assert np.array_equal(without.attacked.prediction.probabilities, within.attacked.prediction.probabilities)
        assert np.array_equal(without.attacked.image, within.attacked.image)


def test_the_same_request_gives_the_same_frame(opened: Opened) -> None:
    one, other = (last(opened("plain"), ask()).inside for _ in range(2))
    for part in ("activations", "companion", "saliency"):
        first, second = (getattr(getattr(each, part), "clean", None) for each in (one, other))
        assert (first is None and second is None) or np.array_equal(first, second)
    assert one.grown is not None
    assert other.grown is not None
    assert np.array_equal(one.grown.image, other.grown.image)


def test_every_iterate_of_an_attack_in_steps_is_seen_inside(opened: Opened) -> None:
    job = opened("plain")
    request = replace(ask(frozenset({"activations"})), attack=PGD(steps=4))
    frames = [each for each in job.run(request) if each.inside.activations is not None]
    iterates = [each for each in frames if each.stage is Stage.ATTACKING]
    assert len(iterates) >= 3
    attacked = [each.inside.activations.attacked for each in iterates if each.inside.activations]
    assert not np.array_equal(attacked[0], attacked[-1])


# What is kept, and for how long


def test_what_follows_the_attack_is_never_that_of_another_epsilon(opened: Opened) -> None:
    job, fresh = opened("plain"), opened("plain")
    views = frozenset({"saliency", "gradients"})
    for k in range(4):
        last(job, ask(views, k / 255))
        for between in range(4):  # with the views closed: what was kept is older than the identities of these
            last(job, ask(frozenset(), (9 + k + between) / 255))
    for k in (1, 3):
        found, wanted = (last(each, ask(views, k / 255)).inside for each in (job, fresh))
        assert np.array_equal(found.saliency.attacked, wanted.saliency.attacked)
        assert np.array_equal(found.gradients.attacked, wanted.gradients.attacked)


def test_slow_work_that_was_left_is_gone_on_with(opened: Opened) -> None:
    job = opened("plain")
    views = frozenset({"saliency"})
    method = SmoothGrad(samples=200)
    left = until(job, ask(views, saliency=method), lambda frame: bool(frame.inside.saliency))
    assert left.inside.saliency is not None
    assert left.inside.saliency.done < left.inside.saliency.total
    again = until(job, ask(views, saliency=method), lambda frame: bool(frame.inside.saliency))
    assert again.inside.saliency is not None
    assert again.inside.saliency.done >= left.inside.saliency.done


def test_a_closed_view_frees_work_that_was_left_half_way(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[weakref.ref[Any]] = []

    def slow(subject: Any) -> Iterator[None]:
        much = torch.zeros(1000)
        held.append(weakref.ref(much))
        while much.numel():
            yield None

    part = replace(engine.looking._SLOW[Part.GROWN], run=slow)
    monkeypatch.setattr(engine.looking, "_SLOW", {Part.GROWN: part})
    job = opened("plain")
    until(job, ask(frozenset({"grown"})), lambda frame: bool(held))
    gc.collect()
    assert held[0]() is not None
    last(job, ask(frozenset()))
    gc.collect()
    assert held[0]() is None


def test_finished_work_is_kept_when_its_view_is_closed() -> None:
    kept = Kept()
    done, half = Ahead(iter([1])), Ahead(iter([1, 2]))
    for name, ahead in (("done", done), ("half", half)):
        kept.get(name, "key", lambda ahead=ahead: ahead)
    while done.advance():
        pass
    half.advance()
    for name in ("done", "half", "never"):
        kept.forget_unfinished(name)
    assert kept.holds("done", "key")
    assert not kept.holds("half", "key")


# What fails


def test_a_part_that_fails_is_told_once_and_stops_nothing(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(_subject: Any) -> Any:
        raise KeyError("lost")

    monkeypatch.setattr(engine.looking, "_LIVE", {**engine.looking._LIVE, Part.ANATOMY: failing})
    job = opened("plain")
    frames = [last(job, ask(frozenset({"activations", "anatomy"}), k / 255)) for k in range(5)]
    for frame in frames:
        assert frame.inside.notes == ("Anatomy could not be computed at 0: KeyError: 'lost'.",)
        assert frame.inside.activations is not None
    assert len([each for each in caplog.records if each.name == "engine.looking"]) == 1


def test_two_parts_that_fail_for_one_reason_say_it_once(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(_subject: Any) -> Iterator[Any]:
        raise ExplainedError("Nothing can be said", "it is dark", "Wait.")
        yield

    slow = {each: replace(part, run=failing) for each, part in engine.looking._SLOW.items()}
    monkeypatch.setattr(engine.looking, "_SLOW", slow)
    inside = last(opened("plain"), ask(frozenset({"patches", "grown", "unit_curve"}))).inside
    assert inside.notes == ("Nothing can be said: it is dark. Wait.",)


def test_compiled_code_is_told_of_once_and_its_modules_are_shown(opened: Opened) -> None:
    inside = last(opened("scripted"), ask()).inside
    assert len(inside.notes) == 1
    assert "cannot be watched" in inside.notes[0]
    assert inside.architecture is not None
    assert inside.saliency is not None
    assert inside.saliency.clean is not None


def test_a_job_that_is_closed_half_way_answers_the_next_request(opened: Opened) -> None:
    job = opened("plain")
    for stop in range(1, 12):
        frames = job.run(ask(epsilon=stop / 255))
        for _ in range(stop):
            next(frames)
        frames.close()
    assert last(job, ask()).inside.causes is not None


# Speed


def test_a_first_look_at_a_thousand_nodes_takes_well_under_a_second() -> None:
    found = classifier_of("a thousand nodes")
    began = time.thread_time()  # 0.2 s, however busy the machine is
    assert len(Watched(found).architecture.nodes) > 1000
    assert time.thread_time() - began < 0.8


def test_half_precision_is_answered_in_single(opened: Opened) -> None:
    job = opened("half precision")
    logits = job._classifier(ask()).logits(torch.rand(2, 3, 16, 16))
    assert logits.dtype == torch.float32
    assert last(job, ask(frozenset({"activations"}), 3 / 255)).inside.activations is not None
