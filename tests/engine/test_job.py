"""Requests become frames: cumulative, resumable, and right."""

from __future__ import annotations

import gc
import weakref
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torch import Tensor

import engine.attacks.iterated
from engine.attacks.gradient import GradientError, Look
from engine.attacks.problem import Problem
from engine.catalogue.attacks import APGD, BIM, FGSM, PGD, RFGSM, Attack, Noise, Norm
from engine.catalogue.rules import Rules
from engine.frame import Frame, Stage, Verdict
from engine.job import Job
from engine.masks import write_mask
from engine.request import Placement, Request


@pytest.fixture(scope="module")
def job() -> Job:
    return Job()


def last(job: Job, request: Request) -> Frame:
    frames = list(job.run(request))
    assert frames[-1].final
    return frames[-1]


def until(job: Job, request: Request, stage: Stage) -> Frame:
    """The first frame of that stage; the work on the rest is left, as by a newer request."""
    frames = job.run(request)
    found = next(frame for frame in frames if frame.stage >= stage or frame.failure is not None)
    frames.close()
    return found


def test_the_camera_man_is_recognised_by_his_tripod_and_fgsm_at_two_255ths_fools_the_network(job: Job) -> None:
    frame = last(job, Request())
    assert frame.failure is None
    assert frame.network is not None
    assert frame.before is not None
    assert frame.attacked is not None
    assert frame.network.classes[frame.before.label] == "tripod"
    assert frame.attacked.verdict is Verdict.FOOLED
    assert frame.attacked.linf == pytest.approx(2 / 255, abs=1e-6)


def test_the_picture_is_shown_before_the_network_is_loaded() -> None:
    first = next(Job().run(Request()))
    assert first.stage is Stage.OPENED
    assert first.photo is not None
    assert first.clean is not None
    assert first.network is None


def test_frames_are_cumulative(job: Job) -> None:
    frames = list(job.run(Request(image="sample:coffee", attack=PGD(steps=2), views=frozenset({"curve"}))))
    fields = ("photo", "network", "clean", "before", "attacked", "trace", "curve", "flip")
    for one, two in pairwise(frames):
        assert two.stage >= one.stage
        for field in fields:
            assert getattr(one, field) is None or getattr(two, field) is not None, field


def test_dragging_epsilon_under_fgsm_gives_its_picture_in_the_first_frame(job: Job) -> None:
    until(job, Request(), Stage.ATTACKED)
    for k in (1, 3, 7):
        frame = next(job.run(Request(epsilon=k / 255)))
        assert frame.stage is Stage.ATTACKED
        assert frame.attacked is not None
        assert frame.attacked.linf == pytest.approx(k / 255, abs=1e-6)


def test_epsilon_zero_changes_nothing(job: Job) -> None:
    frame = until(job, Request(epsilon=0), Stage.ATTACKED)
    assert frame.attacked is not None
    assert frame.clean is not None
    assert np.array_equal(frame.attacked.image, frame.clean)
    assert frame.attacked.verdict is Verdict.HOLDS


def test_every_step_of_an_iterative_attack_is_a_frame_and_may_be_looked_at_again(job: Job) -> None:
    request = Request(attack=BIM(steps=4))
    frames = [each for each in job.run(request) if each.stage is Stage.ATTACKING]
    assert [each.attacked.step for each in frames if each.attacked] == [0, 1, 2, 3, 4]
    again = until(job, request.with_(iterate=2), Stage.ATTACKED)
    assert again.attacked is not None
    assert frames[2].attacked is not None
    assert again.attacked.step == 2
    assert np.array_equal(again.attacked.image, frames[2].attacked.image)
    assert again.trace is not None
    assert len(again.trace.loss) == 5


@pytest.mark.parametrize("attack", [PGD(steps=2, restarts=2), APGD(steps=3), RFGSM()], ids=lambda each: each.name)
def test_the_last_frame_of_an_attack_is_its_last_step_of_as_many(job: Job, attack: Attack) -> None:
    frame = until(job, Request(attack=attack), Stage.ATTACKED)
    assert frame.attacked is not None
    assert frame.trace is not None
    assert frame.attacked.step == frame.attacked.steps == len(frame.trace.loss) - 1


def test_an_attack_that_was_left_in_the_middle_is_taken_up_where_it_was(job: Job) -> None:
    request = Request(attack=PGD(steps=6), seed=5)
    until(job, request, Stage.ATTACKING)
    left = until(job, request.with_(views=frozenset({"curve"})), Stage.ATTACKED)
    straight = until(Job(), request, Stage.ATTACKED)
    assert left.attacked is not None
    assert straight.attacked is not None
    assert np.array_equal(left.attacked.image, straight.attacked.image)


def test_the_same_request_gives_the_same_frame(job: Job) -> None:
    request = Request(attack=PGD(steps=2), seed=3)
    one, two = until(job, request, Stage.ATTACKED), until(Job(), request, Stage.ATTACKED)
    assert one.attacked is not None
    assert two.attacked is not None
    assert np.array_equal(one.attacked.image, two.attacked.image)
    assert np.array_equal(one.attacked.prediction.probabilities, two.attacked.prediction.probabilities)


def test_another_seed_gives_another_start(job: Job) -> None:
    frames = [until(job, Request(attack=Noise(), seed=seed), Stage.ATTACKED) for seed in (0, 1)]
    one, two = (each.attacked for each in frames)
    assert one is not None
    assert two is not None
    assert not np.array_equal(one.image, two.image)


def test_a_targeted_attack_that_reaches_its_class_hits_the_target(job: Job) -> None:
    request = Request(attack=PGD(steps=10), epsilon=8 / 255, target=282)
    frame = until(job, request, Stage.ATTACKED)
    assert frame.attacked is not None
    assert frame.attacked.prediction.label == 282
    assert frame.attacked.verdict is Verdict.HIT
    assert frame.left is None


def test_l2_is_measured_in_l2(job: Job) -> None:
    frame = until(job, Request(norm=Norm.L2, epsilon=1.5), Stage.ATTACKED)
    assert frame.attacked is not None
    assert frame.attacked.l2 <= 1.5 + 1e-4
    assert frame.attacked.l2 == pytest.approx(1.5, abs=0.05)


def test_the_smallest_epsilon_is_where_the_answer_changes(job: Job) -> None:
    frame = last(job, Request())
    assert frame.flip is not None
    assert frame.flip.complete
    assert frame.flip.epsilon is not None
    below = until(job, Request(epsilon=frame.flip.epsilon - 0.1 / 255), Stage.ATTACKED)
    at = until(job, Request(epsilon=frame.flip.epsilon), Stage.ATTACKED)
    assert below.attacked is not None
    assert below.attacked.verdict is Verdict.HOLDS
    assert at.attacked is not None
    assert at.attacked.verdict is Verdict.FOOLED


def test_the_curve_agrees_with_single_attacks(job: Job) -> None:
    frame = last(job, Request(views=frozenset({"curve"})))
    assert frame.curve is not None
    assert frame.curve.complete
    index = len(frame.curve.epsilons) // 3
    single = until(job, Request(epsilon=float(frame.curve.epsilons[index])), Stage.ATTACKED)
    assert single.attacked is not None
    assert np.allclose(single.attacked.prediction.probabilities, frame.curve.probabilities[index], atol=1e-4)


def test_placement_changes_what_the_network_sees(job: Job) -> None:
    seen = [until(job, Request(placement=each), Stage.ATTACKED).clean for each in Placement]
    assert all(each is not None and each.shape == (224, 224, 3) for each in seen)
    assert not np.array_equal(seen[0], seen[1])  # type: ignore[arg-type]


def test_a_picture_saved_anew_is_read_anew(job: Job, tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    Image.new("RGB", (40, 40), "red").save(path)
    red = until(job, Request(image=str(path)), Stage.ATTACKED)
    Image.new("RGB", (41, 41), "blue").save(path)
    blue = until(job, Request(image=str(path)), Stage.ATTACKED)
    assert red.photo is not None
    assert blue.photo is not None
    assert red.photo.pixels[0, 0].tolist() == [255, 0, 0]
    assert blue.photo.pixels[0, 0].tolist() == [0, 0, 255]


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (Request(image="/nowhere/cat.png"), "image"),
        (Request(image="sample:unicorn"), "image"),
        (Request(model="no-such-network"), "model"),
        (Request(target=1000), "target"),
        (Request(away_from=4711), "away_from"),
    ],
)
def test_what_cannot_be_done_is_a_frame_that_says_so(job: Job, request_: Request, field: str) -> None:
    frame = last(job, request_)
    assert frame.failure is not None
    assert frame.failure.field == field
    assert frame.failure.what
    assert frame.failure.why
    assert frame.failure.remedy


def test_weights_that_are_not_on_the_machine_are_not_fetched(job: Job) -> None:
    frame = last(job, Request(model="resnet50"))
    assert frame.failure is not None
    assert frame.failure.field == "model"


def test_after_a_failure_the_next_request_is_answered(job: Job) -> None:
    last(job, Request(image="/nowhere/cat.png"))
    assert until(job, Request(attack=FGSM()), Stage.ATTACKED).failure is None


def test_an_attack_that_failed_is_tried_again_from_its_start(monkeypatch: pytest.MonkeyPatch) -> None:
    job, request = Job(), Request(attack=BIM(steps=3))
    until(job, Request(), Stage.ATTACKED)
    real, asked = engine.attacks.iterated.look, []

    def failing(problem: Problem, x: Tensor) -> Look:
        asked.append(x)
        if len(asked) == 2:
            raise GradientError("its answer is not a number", "Take another.")
        return real(problem, x)

    monkeypatch.setattr(engine.attacks.iterated, "look", failing)
    assert last(job, request).failure is not None
    again = until(job, request, Stage.ATTACKED)
    assert again.failure is None
    assert again.attacked is not None
    assert again.attacked.step == 3


def test_nothing_of_a_network_is_kept_once_it_was_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.models.recent.MOST_NETWORKS", 1)
    job = Job()
    until(job, Request(attack=PGD(steps=2), views=frozenset({"curve"})), Stage.ATTACKED)
    old = weakref.ref(job._kept._values["classifier"][1])
    until(job, Request(model="squeezenet1.1"), Stage.ATTACKED)
    gc.collect()
    assert old() is None


def test_a_long_attack_keeps_fewer_pictures_and_all_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    request = Request(attack=BIM(steps=9))
    whole = Job()
    one = until(whole, request, Stage.ATTACKED)
    monkeypatch.setattr("engine.walk.WALK_BYTES", 4 * 2 * 3 * 224 * 224 * 4)  # with gradients
    job = Job()
    two = until(job, request, Stage.ATTACKED)
    assert one.attacked is not None
    assert two.attacked is not None
    assert one.trace is not None
    assert two.trace is not None
    assert np.array_equal(one.attacked.image, two.attacked.image)
    assert np.array_equal(one.trace.loss, two.trace.loss)
    seven = until(job, request.with_(iterate=7), Stage.ATTACKED).attacked
    assert seven is not None
    assert seven.step == 4  # of every fourth
    four = until(whole, request.with_(iterate=4), Stage.ATTACKED).attacked
    assert four is not None
    assert np.array_equal(seven.image, four.image)


@pytest.mark.parametrize("model", ["efficientnet-lite0", "squeezenet1.1"])
def test_a_frame_is_the_same_bits_whatever_was_asked_in_between(model: str) -> None:
    job, request = Job(), Request(model=model, epsilon=3 / 255)
    first = until(job, request, Stage.ATTACKED)
    for epsilon in range(8):  # enough for the network to be traced
        until(job, request.with_(epsilon=epsilon / 255), Stage.ATTACKED)
    until(job, request.with_(attack=BIM(steps=2)), Stage.ATTACKED)
    again = until(job, request, Stage.ATTACKED)
    assert first.attacked is not None
    assert again.attacked is not None
    assert np.array_equal(first.attacked.image, again.attacked.image)
    assert np.array_equal(first.attacked.prediction.probabilities, again.attacked.prediction.probabilities)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("mask", {"mask": write_mask(np.zeros((8, 8), bool))}),
        ("rules", {"rules": Rules(red=False, green=False, blue=False)}),
    ],
    ids=["no area", "no channel"],
)
def test_rules_that_no_attack_can_keep_to_are_explained_and_blamed(
    job: Job, field: str, changes: dict[str, object]
) -> None:
    frame = last(job, Request(**changes))  # type: ignore[arg-type]
    assert frame.failure is not None
    assert frame.failure.field == field
    assert frame.failure.remedy
    assert last(job, Request()).failure is None
