"""Networks beside the one on the bench: how they stand, what an attack is crafted on, and the twin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import engine.beside
import engine.catalogue.models
import engine.job
import engine.models
from engine.answers import Floats, Prediction
from engine.attacks import run
from engine.beside import SCORES, TWIN, named, too_large
from engine.catalogue.attacks import BIM, FGSM, Attack, Noise, Square
from engine.catalogue.joining import Joining
from engine.catalogue.models import UnknownNetworkError
from engine.experiment import answer
from engine.frame import Frame, Score, Stage, Standing
from engine.images import Recipe
from engine.job import Job
from engine.models.classifier import Classifier
from engine.models.errors import ModelError
from engine.request import Request, RequestError
from engine.scoring import BesideError, ensemble, standing

WORDS = tuple(f"class {each}" for each in range(5))


def network(
    name: str,
    *,
    seed: int = 0,
    side: int = 16,
    channels: int = 3,
    classes: tuple[str, ...] = WORDS,
    layer: nn.Module | None = None,
) -> Classifier:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        first = nn.Conv2d(channels, 6, 3, padding=1)
        head = nn.Linear(6, len(classes))
        with torch.no_grad():
            head.weight *= 30
    layers = nn.Sequential(first, layer or nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), head)
    recipe = Recipe(side, (side, side), channels=channels)
    mean, std = [0.5] * channels, [0.25] * channels
    return Classifier(layers, name=name, title=name.title(), classes=classes, recipe=recipe, mean=mean, std=std)


class Unruly(nn.Module):
    """Answers well until it is told not to, and so do its copies."""

    is_broken = False

    def forward(self, x: Tensor) -> Tensor:
        if self.is_broken:
            raise RuntimeError("a cable came loose")
        return x.relu()


class Fickle(nn.Module):
    """Answers well so many times, then no more."""

    answers = 0

    def forward(self, x: Tensor) -> Tensor:
        Fickle.answers -= 1
        if Fickle.answers < 0:
            raise RuntimeError("a cable came loose.\nAnd a long tale of how")
        return x.relu()


class Dazed(nn.Module):
    """Answers well until it answers with no number."""

    factor = 1.0

    def forward(self, x: Tensor) -> Tensor:
        return x.relu() * Dazed.factor


class Made(dict[str, Classifier]):
    """Networks by their names, each made when it is first wanted."""

    recipes: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "bench": {},
        "other": {"seed": 1},
        "third": {"seed": 2},
        "large": {"seed": 3, "side": 20},
        "foreign": {"seed": 4, "classes": ("cat", "dog", "cow")},
        "grey": {"seed": 5, "channels": 1},
        "unruly": {"seed": 6, "layer": Unruly()},
        "fickle": {"seed": 7, "layer": Fickle()},
        "dazed": {"seed": 8, "layer": Dazed()},
        **{f"more {each}": {"seed": 10 + each} for each in range(5)},
    }

    def __missing__(self, name: str) -> Classifier:
        self[name] = network(name, **self.recipes[name])
        return self[name]


class Shelf:
    """Networks by their names, and which were loaded, in order."""

    def __init__(self) -> None:
        self.networks = Made()
        self.loaded: list[str] = []

    def load(self, name: str, _device: str) -> Classifier:
        self.loaded.append(name)
        if name not in Made.recipes:
            raise ModelError(f"{name} cannot be loaded", "its weights are not on this machine", "Download it first.")
        return self.networks[name]

    def find(self, name: str) -> Any:
        if name not in Made.recipes:
            raise UnknownNetworkError(name, "there is none", "Choose another.")
        found = self.networks[name]

        class Card:
            recipe, classes, parameters, title = found.recipe, found.classes, found.parameters_count, found.title

        return Card


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    made = Shelf()
    monkeypatch.setattr(engine.models, "load_model", made.load)
    monkeypatch.setattr(engine.job, "find_network", made.find)
    monkeypatch.setattr(engine.catalogue.models, "find_network", made.find)
    return made


def ask(*others: str, epsilon: float = 0.05, attack: Attack | None = None, **given: Any) -> Request:
    views = frozenset({SCORES, TWIN})
    request = Request(model="bench", others=others, epsilon=epsilon, attack=attack or FGSM(), views=views)
    return request.with_(**given)


def frames(job: Job, request: Request) -> list[Frame]:
    found = list(job.run(request))
    assert found[-1].final
    assert found[-1].failure is None, found[-1].failure
    return found


def last(job: Job, request: Request) -> Frame:
    return frames(job, request)[-1]


def score_of(frame: Frame, name: str) -> Score:
    [found] = [each for each in frame.scores if each.name == name]
    return found


def prediction(*probabilities: float, count: int = 0) -> Prediction:
    left = (1 - sum(probabilities)) / max(count - len(probabilities), 1)
    return Prediction(np.array([*probabilities, *[left] * (count - len(probabilities))], np.float32))


# How a network stands


@pytest.mark.parametrize(
    ("before", "after", "target", "wanted"),
    [
        (prediction(0.8, 0.2), prediction(0.7, 0.3), None, (Standing.HOLDS, False)),
        (prediction(0.9, 0.1, count=4), prediction(0.44, 0.3, count=4), None, (Standing.WAVERS, False)),
        (prediction(0.9, 0.1, count=4), prediction(0.46, 0.3, count=4), None, (Standing.HOLDS, False)),
        (prediction(0.8, 0.2), prediction(0.2, 0.8), None, (Standing.CHANGED, False)),
        (prediction(0.8, 0.2), prediction(0.2, 0.8), 1, (Standing.CHANGED, True)),
        (prediction(0.2, 0.8), prediction(0.2, 0.8), 1, (Standing.HOLDS, False)),
    ],
)  # fmt: skip
def test_a_network_holds_wavers_or_changes_its_answer(
    before: Prediction, after: Prediction, target: int | None, wanted: tuple[Standing, bool]
) -> None:
    assert standing(before, after, target) == wanted


def test_a_score_is_what_the_network_answers_when_it_is_asked_directly(shelf: Shelf) -> None:
    frame = last(Job(), ask("other", "third"))
    assert frame.attacked is not None
    assert frame.clean is not None
    assert [each.name for each in frame.scores] == ["bench", "other", "third"]
    for each in frame.scores:
        assert each.before is not None
        assert each.after is not None
        direct = shelf.networks[each.name]
        assert np.array_equal(each.before.probabilities, answer(direct, frame.clean).probabilities)
        np.testing.assert_allclose(
            each.after.probabilities, answer(direct, frame.attacked.image).probabilities, atol=1e-6
        )
        assert (each.standing, each.is_hit) == standing(each.before, each.after)


def test_the_scores_follow_the_slider_with_its_first_frame(shelf: Shelf) -> None:
    job = Job()
    frames(job, ask("other"))
    first = next(job.run(ask("other", epsilon=0.02)))
    assert first.stage is Stage.ATTACKED
    assert first.attacked is not None
    assert [each.name for each in first.scores] == ["bench", "other"]
    after = score_of(first, "other").after
    assert after is not None
    assert np.array_equal(after.probabilities, answer(shelf.networks["other"], first.attacked.image).probabilities)


def test_networks_are_loaded_after_the_answer_of_the_bench_and_told_one_by_one(shelf: Shelf) -> None:
    seen = frames(Job(), ask("other", "third"))
    assert seen[0].scores == ()
    known = [sum(each.after is not None for each in frame.scores) for frame in seen if frame.scores]
    assert known[:3] == [1, 2, 3]
    waiting = next(frame for frame in seen if frame.scores)
    assert "loaded" in score_of(waiting, "third").note
    assert next(frame for frame in seen if frame.attacked is not None).scores == ()


def test_nothing_is_loaded_or_asked_while_no_view_wants_to_see_it(shelf: Shelf) -> None:
    frame = last(Job(), ask("other", twin="third", views=frozenset()))
    assert frame.scores == ()
    assert frame.twin is None
    assert shelf.loaded == ["bench"]


def test_the_network_on_the_bench_stands_in_the_row_alone_too(shelf: Shelf) -> None:
    frame = last(Job(), ask())
    assert frame.attacked is not None
    [own] = frame.scores
    assert own.after is frame.attacked.prediction
    assert own.is_crafted_on


def test_every_iterate_of_an_attack_in_steps_is_scored(shelf: Shelf) -> None:
    job = Job()
    frames(job, ask("other"))
    seen = [each for each in frames(job, ask("other", attack=BIM(steps=3))) if each.stage is Stage.ATTACKING]
    assert len(seen) == 4
    assert all(score_of(each, "other").standing is not None for each in seen)


def test_a_network_of_another_size_is_shown_the_scaled_picture_and_says_so(shelf: Shelf) -> None:
    found = score_of(last(Job(), ask("large")), "large")
    assert found.standing is not None
    assert "scaled to its 20 × 20 pixels" in found.note


def test_a_network_of_other_classes_is_measured_by_its_own_clean_answer(shelf: Shelf) -> None:
    frame = last(Job(), ask("foreign", target=1))
    found = score_of(frame, "foreign")
    assert found.before is not None
    assert found.after is not None
    assert found.classes == ("cat", "dog", "cow")
    assert (found.standing, found.is_hit) == standing(found.before, found.after, None)
    assert "other classes" in found.note


@pytest.mark.parametrize(("name", "said"), [("grey", "grey pictures"), ("missing", "not on this machine")])
def test_a_network_that_cannot_look_says_why_and_the_others_stand(shelf: Shelf, name: str, said: str) -> None:
    frame = last(Job(), ask(name, "other"))
    assert score_of(frame, name).standing is None
    assert said in score_of(frame, name).note
    assert score_of(frame, "other").standing is not None


def test_a_network_that_breaks_down_is_told_once_and_tried_again_only_with_another_choice(
    shelf: Shelf, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = Job()
    assert score_of(last(job, ask("unruly", "other")), "unruly").standing is not None
    monkeypatch.setattr(Unruly, "is_broken", True)
    for epsilon in (0.01, 0.02, 0.03):
        frame = last(job, ask("unruly", "other", epsilon=epsilon))
        assert "a cable came loose" in score_of(frame, "unruly").note
        assert score_of(frame, "other").standing is not None
    assert len(caplog.records) == 1
    monkeypatch.setattr(Unruly, "is_broken", False)
    assert score_of(last(job, ask("unruly")), "unruly").standing is not None


def test_networks_stay_loaded_while_epsilon_is_dragged_however_many_they_are(shelf: Shelf) -> None:
    job = Job()
    others = ("other", "third", "large", *(f"more {each}" for each in range(5)))
    for epsilon in (0.01, 0.02, 0.03):
        last(job, ask(*others, epsilon=epsilon))
    assert sorted(shelf.loaded) == sorted(["bench", *others])


def test_what_is_too_large_to_stay_loaded_beside_the_others_is_told_so_and_not_loaded(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = shelf.networks["bench"].parameters_count
    monkeypatch.setattr(engine.beside, "MOST_PARAMETERS", 2 * size + 1)
    request = ask("other", "third")
    assert named(request) == ("bench", "other", "third")
    assert too_large(request) == {"third"}
    found = score_of(last(Job(), request), "third")
    assert found.standing is None
    assert "too large" in found.note
    assert "third" not in shelf.loaded


def test_more_networks_than_can_be_seen_at_once_are_refused() -> None:
    with pytest.raises(RequestError, match="others: at most 8"):
        Request(others=tuple("abcdefghi"))


def test_a_request_remembers_what_stands_beside_the_bench() -> None:
    request = Request(others=("a", "b"), together=("b",), joining=Joining.LOSS, twin="c")
    assert Request.from_json(request.to_json()) == request
    assert Request.from_json('{"foolscope": 1}').others == ()
    with pytest.raises(RequestError, match="others: must be text"):
        Request.from_json('{"foolscope": 1, "others": [3]}')


# Crafted on several


def crafted(*members: Classifier, joining: Joining, x: Tensor, attack: Attack, label: int) -> Floats:
    """What the attack gives that is run without a job."""
    from engine.attacks import Problem
    from engine.catalogue.attacks import Norm

    bench, *others = members
    joined = ensemble(bench, others, joining)
    labels = torch.tensor([label])
    problem = Problem(bench.prepared, x, labels, False, Norm.LINF, 0.05, (0,), ensemble=joined)
    *_, step = run(attack, problem)
    return step.x[0].permute(1, 2, 0).numpy()


@pytest.mark.parametrize("joining", Joining)
@pytest.mark.parametrize("attack", [FGSM(), BIM(steps=3)])
def test_an_attack_is_crafted_on_all_that_are_chosen_and_judged_on_the_bench(
    shelf: Shelf, joining: Joining, attack: Attack
) -> None:
    frame = last(Job(), ask("large", together=("other", "large"), joining=joining, attack=attack))
    assert frame.clean is not None
    assert frame.attacked is not None
    assert frame.left is not None
    bench, other, large = (shelf.networks[each] for each in ("bench", "other", "large"))
    x = torch.from_numpy(frame.clean).permute(2, 0, 1)[None]
    wanted = crafted(bench, other, large, joining=joining, x=x, attack=attack, label=frame.left)
    np.testing.assert_allclose(frame.attacked.image, wanted, atol=1e-6)
    direct = answer(bench, frame.attacked.image)
    np.testing.assert_allclose(frame.attacked.prediction.probabilities, direct.probabilities, atol=1e-6)
    assert [each.name for each in frame.scores if each.is_crafted_on] == ["bench", "large", "other"]


def test_the_curve_and_the_smallest_epsilon_are_those_of_the_bench_under_the_joint_attack(shelf: Shelf) -> None:
    job, request = Job(), ask(together=("other",), views=frozenset({"curve"}))
    curve = last(job, request).curve
    assert curve is not None
    attacked = last(job, request.with_(epsilon=float(curve.epsilons[7]))).attacked
    assert attacked is not None
    np.testing.assert_allclose(curve.probabilities[7], attacked.prediction.probabilities, atol=1e-5)


@pytest.mark.parametrize("joining", Joining)
def test_a_member_that_fails_in_the_midst_of_an_attack_is_named_and_left_out_and_the_others_go_on(
    shelf: Shelf, joining: Joining, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, question = Job(), ask("other", together=("fickle", "other"), joining=joining, attack=BIM(steps=6))
    monkeypatch.setattr(Fickle, "answers", 10**6)
    assert shelf.load("fickle", "cpu") is not None
    monkeypatch.setattr(Fickle, "answers", 3)
    frames = list(job.run(question))
    assert any(each.stage is Stage.ATTACKING for each in frames)
    frame = frames[-1]
    assert frame.failure is None
    assert frame.final
    [note] = [each for each in frame.notes if "Fickle" in each]
    assert note == "The attack could not be crafted on Fickle: a cable came loose. It is left out."
    alone = last(Job(), ask("other", together=("other",), joining=joining, attack=BIM(steps=6)))
    assert frame.attacked is not None
    assert alone.attacked is not None
    np.testing.assert_array_equal(frame.attacked.image, alone.attacked.image)
    assert [each.name for each in frame.scores if each.is_crafted_on] == ["bench", "other"]
    assert score_of(frame, "fickle").note == note
    monkeypatch.setattr(Fickle, "answers", 10**6)
    again = last(job, question.with_(together=("fickle",)))
    assert "fickle" in [each.name for each in again.scores if each.is_crafted_on], again.notes


def test_a_member_whose_answer_is_no_number_is_left_out_as_well(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.load("dazed", "cpu")
    monkeypatch.setattr(Dazed, "factor", float("nan"))
    frame = last(Job(), ask(together=("dazed", "other")))
    assert frame.failure is None
    assert any("crafted on Dazed: its answer is not a finite number" in each for each in frame.notes)
    assert [each.name for each in frame.scores if each.is_crafted_on] == ["bench", "other"]


def test_what_an_attack_cannot_be_crafted_on_is_left_out_with_a_sentence(shelf: Shelf) -> None:
    alone = last(Job(), ask())
    frame = last(Job(), ask(together=("foreign", "grey", "missing")))
    assert frame.attacked is not None
    assert alone.attacked is not None
    assert np.array_equal(frame.attacked.image, alone.attacked.image)
    said = " ".join(frame.notes)
    assert "Foreign knows other classes than Bench" in said
    assert "Grey takes grey pictures" in said
    assert "missing cannot be loaded" in said
    assert not any(each.is_crafted_on for each in frame.scores[1:])


@pytest.mark.parametrize(
    ("attack", "said"), [(Square(steps=3), "follows no gradient"), (Noise(), "crafted on no network")]
)
def test_where_losses_cannot_be_averaged_it_is_said_what_is_done(shelf: Shelf, attack: Attack, said: str) -> None:
    frame = last(Job(), ask(together=("other",), joining=Joining.LOSS, attack=attack))
    assert any(said in each for each in frame.notes)


def test_networks_that_do_not_go_together_are_refused_in_a_script(shelf: Shelf) -> None:
    bench = shelf.networks["bench"]
    with pytest.raises(BesideError, match="other classes"):
        ensemble(bench, [shelf.networks["foreign"]])
    with pytest.raises(BesideError, match="grey"):
        ensemble(bench, [shelf.networks["grey"]])


# The twin


def attacked_alone(name: str, request: Request) -> Frame:
    return last(Job(), request.with_(model=name, twin="", others=(), together=(), views=frozenset()))


@pytest.mark.parametrize("attack", [FGSM(), BIM(steps=3)])
@pytest.mark.parametrize("name", ["other", "large", "grey"])
def test_the_twin_is_attacked_by_itself_as_if_it_were_on_the_bench(shelf: Shelf, name: str, attack: Attack) -> None:
    request = ask(twin=name, attack=attack)
    frame, wanted = last(Job(), request), attacked_alone(name, request)
    assert frame.twin is not None
    assert frame.twin.note == ""
    found = frame.twin.frame
    assert found.attacked is not None
    assert wanted.attacked is not None
    assert found.network is not None
    assert found.network.name == name
    assert np.array_equal(found.attacked.image, wanted.attacked.image)
    assert np.array_equal(found.attacked.prediction.probabilities, wanted.attacked.prediction.probabilities)


def test_the_twin_follows_the_slider_with_the_first_frame_of_an_attack_of_one_step(shelf: Shelf) -> None:
    job = Job()
    frames(job, ask(twin="other"))
    first = next(job.run(ask(twin="other", epsilon=0.02)))
    assert first.twin is not None
    assert first.twin.frame.attacked is not None
    assert first.twin.frame.attacked.linf == pytest.approx(0.02, abs=1e-6)


def test_a_twin_in_steps_comes_after_the_bench_and_may_be_left_between_two_of_them(shelf: Shelf) -> None:
    seen = frames(Job(), ask(twin="other", attack=BIM(steps=3)))
    own = [each.twin.frame.attacked.step for each in seen if each.twin and each.twin.frame.stage is Stage.ATTACKING and each.twin.frame.attacked]  # fmt: skip # noqa: E501
    assert own == [0, 1, 2, 3]
    assert all(each.stage >= Stage.ATTACKED for each in seen if each.twin)


def test_a_twin_of_other_classes_is_attacked_away_from_its_own_answer_and_says_so(shelf: Shelf) -> None:
    frame = last(Job(), ask(twin="foreign", target=4))
    assert frame.twin is not None
    assert "other classes" in frame.twin.note
    assert frame.twin.frame.request.target is None
    assert frame.twin.frame.attacked is not None


def test_a_twin_that_cannot_be_loaded_says_why_and_the_bench_stands(shelf: Shelf) -> None:
    frame = last(Job(), ask(twin="nobody"))
    assert frame.attacked is not None
    assert frame.twin is not None
    assert frame.twin.frame.failure is not None


def test_a_twin_that_breaks_down_leaves_the_bench_and_says_why(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    job = Job()
    last(job, ask(twin="unruly"))
    monkeypatch.setattr(Unruly, "is_broken", True)
    frame = last(job, ask(twin="unruly", epsilon=0.01))
    assert frame.attacked is not None
    assert frame.twin is not None
    assert frame.twin.frame.failure is not None
    assert "a cable came loose" in str(frame.twin.frame.failure)
    assert len(caplog.records) == 1
