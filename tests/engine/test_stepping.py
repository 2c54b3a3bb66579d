"""One step taken apart: what is shown of it is what the attack did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from engine.attacks import Step
from engine.catalogue.attacks import (
    APGD,
    APGDT,
    BIM,
    DDN,
    DIFGSM,
    EAD,
    FGSM,
    FMN,
    JSMA,
    MIFGSM,
    NES,
    NIFGSM,
    PGD,
    RFGSM,
    SPSA,
    TIFGSM,
    Attack,
    AutoAttack,
    Boundary,
    CarliniWagner,
    Colour,
    DeepFool,
    Noise,
    Norm,
    SaltAndPepper,
    SigmaZero,
    Square,
)
from engine.catalogue.rules import Rules
from engine.experiment import Question, Walk
from engine.inside import AttackStep, StageKind
from engine.network.subject import Passage, Subject
from engine.stepping import AGAIN, AT_ONCE, NO_GRADIENT, OTHER_WAY, OWN_DIRECTION, RETURNED, START, attack_step
from tests.engine.network.subjects import Residual, seeded, subject_of

EPSILON = 0.03

CLIMBING: list[Attack] = [
    RFGSM(),
    BIM(steps=4),
    PGD(steps=4),
    MIFGSM(steps=4),
    NIFGSM(steps=4),
    DIFGSM(steps=4, decay=1.0),
    TIFGSM(steps=4, radius=2),
    APGD(steps=12),
]


@pytest.fixture(scope="module")
def subject() -> Subject:
    return subject_of(seeded(Residual))


Taken = Callable[..., tuple[Walk, Callable[[int], AttackStep]]]


@pytest.fixture
def taken(subject: Subject) -> Taken:
    """Runs an attack to its end, and gives its walk and a way to have any of its steps taken apart."""

    def take(attack: Attack, norm: Norm = Norm.LINF, **changes: Any) -> tuple[Walk, Callable[[int], AttackStep]]:
        question = replace(Question(attack, norm, subject.before.label, targeted=False, seed=1), **changes)
        walk = subject.experiment.walk(question, EPSILON)
        while walk.advance():
            pass

        def apart(index: int) -> AttackStep:
            made = walk.iterate(index)
            before = walk.iterate(made.index - 1) if made.index else None
            passage = Passage(walk.shown(index, EPSILON), made, before, EPSILON)
            found = attack_step(replace(subject, question=question, passage=passage))
            assert found is not None
            return found

        return walk, apart

    return take


def pixels(step: Step) -> np.ndarray[Any, Any]:
    return step.x[0].permute(1, 2, 0).numpy()


def values(step: AttackStep, kind: StageKind) -> np.ndarray[Any, Any]:
    stage = step.stage(kind)
    assert stage is not None, f"there is no {kind}"
    return stage.values


# Exactly what the attack did


@pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2, Norm.L1])
@pytest.mark.parametrize("attack", CLIMBING, ids=lambda each: each.name)
def test_the_end_of_every_step_is_the_next_iterate_to_the_last_bit(taken: Taken, attack: Attack, norm: Norm) -> None:
    if norm not in attack.norms:
        pytest.skip("does not work in this norm")
    walk, apart = taken(attack, norm)
    last = attack.steps if isinstance(attack, APGD) else walk.last_index
    for index in range(1, last + 1):
        step = apart(index)
        assert (step.start, step.index) == (index - 1, index)
        assert np.array_equal(values(step, StageKind.BOX), pixels(walk.iterate(index)))
        assert np.array_equal(values(step, StageKind.END), pixels(walk.iterate(index)))
        assert step.stage(StageKind.RULES) is None


@pytest.mark.parametrize("attack", [BIM(steps=3), MIFGSM(steps=3), TIFGSM(steps=3)], ids=lambda each: each.name)
def test_the_start_of_every_step_is_the_iterate_before_with_its_loss_and_answer(taken: Taken, attack: Attack) -> None:
    walk, apart = taken(attack)
    trace = walk.trace()
    for index in range(1, 4):
        step = apart(index)
        assert np.array_equal(values(step, StageKind.START), pixels(walk.iterate(index - 1)))
        assert step.losses == (trace.loss[index - 1], trace.loss[index])
        assert step.answers[0].label == int(walk.iterate(index - 1).logits.argmax())


def test_the_stages_follow_from_one_another_by_the_formula(taken: Taken) -> None:
    _, apart = taken(PGD(steps=4))
    step = apart(3)
    assert [each.kind for each in step.stages] == [
        StageKind.START,
        StageKind.GRADIENT,
        StageKind.DIRECTION,
        StageKind.CHANGE,
        StageKind.MOVED,
        StageKind.BALL,
        StageKind.BOX,
        StageKind.END,
    ]
    assert np.array_equal(values(step, StageKind.DIRECTION), np.sign(values(step, StageKind.GRADIENT)))
    assert step.length == pytest.approx(0.25 * EPSILON)
    assert np.allclose(values(step, StageKind.CHANGE), step.length * values(step, StageKind.DIRECTION))
    start, moved, ball = (values(step, kind) for kind in (StageKind.START, StageKind.MOVED, StageKind.BALL))
    assert np.allclose(moved, start + values(step, StageKind.CHANGE))
    assert np.array_equal(values(step, StageKind.BOX), ball.clip(0, 1))
    stage = step.stage(StageKind.BALL)
    assert stage is not None
    assert 0 < stage.changed == pytest.approx(float((ball != moved).mean()))


def test_the_gradient_is_that_of_the_loss_by_the_pixels(taken: Taken, subject: Subject) -> None:
    walk, apart = taken(BIM(steps=2))
    leaf = walk.iterate(1).x.clone().requires_grad_()
    label = torch.tensor([subject.before.label])
    torch.nn.functional.cross_entropy(subject.experiment.classifier.prepared(leaf), label).backward()
    assert leaf.grad is not None
    expected = leaf.grad[0].permute(1, 2, 0).numpy()
    assert np.allclose(values(apart(2), StageKind.GRADIENT), expected, rtol=1e-5, atol=1e-9)


def test_towards_a_target_the_way_up_is_down_the_loss(taken: Taken, subject: Subject) -> None:
    target = (subject.before.label + 1) % 5
    _, apart = taken(BIM(steps=3), label=target, targeted=True)
    step = apart(2)
    assert step.targeted
    assert step.label == target
    assert step.losses[1] < step.losses[0]


def test_momentum_adds_up_what_came_before_and_a_blur_is_a_stage_of_its_own(taken: Taken) -> None:
    _, apart = taken(TIFGSM(steps=3, radius=2))
    first, second = apart(1), apart(2)
    blurs = [values(each, StageKind.BLURRED) for each in (first, second)]
    steady = [each / np.abs(each).mean() for each in blurs]
    assert np.allclose(values(first, StageKind.MOMENTUM), steady[0], rtol=1e-4, atol=1e-5)
    assert np.allclose(values(second, StageKind.MOMENTUM), steady[0] + steady[1], rtol=1e-4, atol=1e-4)
    assert np.array_equal(values(second, StageKind.DIRECTION), np.sign(values(second, StageKind.MOMENTUM)))


def test_where_no_momentum_is_kept_there_is_none_to_show(taken: Taken) -> None:
    _, apart = taken(MIFGSM(steps=2, decay=0.0))
    assert apart(2).stage(StageKind.MOMENTUM) is None


def test_apgd_shows_its_mean_with_the_last_change_and_says_where_it_has_gone_back(taken: Taken) -> None:
    _, apart = taken(APGD(steps=12))
    steps = [apart(index) for index in range(1, 13)]
    assert all(each.stage(StageKind.INERTIA) is not None for each in steps)
    returned = [each for each in steps if RETURNED in each.notes]
    assert all(each.losses[0] == max(other.losses[0] for other in steps[: each.index]) for each in returned)


def test_in_l1_ball_and_box_are_one_stage_and_that_is_said(taken: Taken) -> None:
    _, apart = taken(BIM(steps=2), Norm.L1)
    step = apart(1)
    assert step.stage(StageKind.BALL) is None
    assert AT_ONCE in step.notes


# One step


@pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2])
@pytest.mark.parametrize("rules", [Rules(), Rules(red=False, eight_bit=True)])
def test_fgsm_is_taken_apart_at_once_and_ends_where_the_bench_does(subject: Subject, norm: Norm, rules: Rules) -> None:
    question = Question(FGSM(), norm, subject.before.label, targeted=False, seed=0, rules=rules)
    epsilon = EPSILON if norm is Norm.LINF else 0.7
    shown = subject.experiment.along(question, subject.experiment.direction(question), epsilon)
    step = attack_step(replace(subject, question=question, passage=Passage(shown, shown, None, epsilon)))
    assert step is not None
    if rules == Rules():
        assert np.array_equal(values(step, StageKind.BOX), pixels(shown))
        assert step.stage(StageKind.RULES) is None
    else:
        assert np.array_equal(values(step, StageKind.RULES), pixels(shown))
        assert not values(step, StageKind.DIRECTION)[..., 0].any()
    assert np.array_equal(values(step, StageKind.END), pixels(shown))
    assert step.length == epsilon


def test_noise_has_a_direction_but_no_gradient_and_that_is_said(subject: Subject) -> None:
    question = Question(Noise(), Norm.LINF, subject.before.label, targeted=False, seed=3)
    shown = subject.experiment.along(question, subject.experiment.direction(question), EPSILON)
    step = attack_step(replace(subject, question=question, passage=Passage(shown, shown, None, EPSILON)))
    assert step is not None
    assert step.stage(StageKind.GRADIENT) is None
    assert step.stage(StageKind.DIRECTION) is not None
    assert OWN_DIRECTION in step.notes


# Under rules


def test_what_the_rules_take_away_is_a_stage_of_its_own(taken: Taken) -> None:
    walk, apart = taken(BIM(steps=3), rules=Rules(green=False, eight_bit=True))
    for index in (1, 2, 3):
        step = apart(index)
        assert np.array_equal(values(step, StageKind.RULES), pixels(walk.iterate(index)))
        assert not values(step, StageKind.GRADIENT)[..., 1].any()


def test_an_attack_that_ends_at_success_is_taken_apart_as_far_as_it_went(taken: Taken) -> None:
    walk, apart = taken(BIM(steps=6), rules=Rules(stop_early=True))
    for index in range(1, walk.last_index + 1):
        assert apart(index).stage(StageKind.GRADIENT) is not None


# Where there is no such step


def test_a_start_says_that_no_step_has_led_there(taken: Taken) -> None:
    _, apart = taken(PGD(steps=2))
    step = apart(0)
    assert step.notes == (START,)
    assert [each.kind for each in step.stages] == [StageKind.START, StageKind.CHANGE, StageKind.MOVED, StageKind.END]


def test_a_new_start_and_the_best_shown_once_more_say_that_no_step_led_there(taken: Taken) -> None:
    walk, apart = taken(PGD(steps=2, restarts=2))
    assert apart(3).notes == (AGAIN,)
    assert apart(walk.last_index).notes == (AGAIN,)
    assert apart(4).stage(StageKind.GRADIENT) is not None


@pytest.mark.parametrize(
    ("attack", "norm", "why"),
    [
        (Square(steps=5), Norm.LINF, NO_GRADIENT),
        (Boundary(steps=5), Norm.L2, NO_GRADIENT),
        (DDN(steps=5), Norm.L2, OTHER_WAY),
    ],
    ids=lambda each: getattr(each, "name", ""),
)
def test_an_attack_without_such_a_step_shows_the_change_and_says_why_not_more(
    taken: Taken, attack: Attack, norm: Norm, why: str
) -> None:
    walk, apart = taken(attack, norm)
    step = apart(2)
    assert step.notes == (why,)
    assert step.stage(StageKind.GRADIENT) is None
    change = values(step, StageKind.MOVED) - values(step, StageKind.START)
    assert np.allclose(values(step, StageKind.CHANGE), change)
    assert np.array_equal(values(step, StageKind.END), pixels(walk.shown(2, EPSILON)))


@pytest.mark.parametrize("attack", [APGDT(steps=4, targets=2), AutoAttack()], ids=lambda each: each.name)
def test_an_attack_of_several_runs_is_taken_apart_run_by_run(taken: Taken, attack: Attack) -> None:
    walk, apart = taken(attack)
    found = [apart(index) for index in range(1, min(walk.last_index, 30))]
    assert any(each.stage(StageKind.GRADIENT) is not None for each in found)


@pytest.mark.parametrize(
    "attack",
    [
        NES(steps=3, samples=2),
        SPSA(steps=3, samples=2),
        Square(steps=3),
        DeepFool(steps=3),
        CarliniWagner(steps=3, searches=1),
        FMN(steps=3),
        EAD(steps=3, searches=1),
        SigmaZero(steps=3),
        JSMA(),
        SaltAndPepper(),
        Colour(steps=3),
    ],
    ids=lambda each: each.name,
)
def test_attacks_of_all_kinds_have_a_start_and_an_end_and_say_what_is_not_shown(taken: Taken, attack: Attack) -> None:
    walk, apart = taken(attack, attack.norms[0])
    step = apart(min(2, walk.last_index))
    assert [step.stages[0].kind, step.stages[-1].kind] == [StageKind.START, StageKind.END]
    assert all(np.isfinite(each.values).all() for each in step.stages)
    assert step.notes


def test_kept_gradients_count_as_memory(taken: Taken) -> None:
    walk, _ = taken(BIM(steps=2))
    start, step = walk.iterate(0), walk.iterate(1)
    assert step.nbytes == 2 * start.nbytes == 2 * step.x.nbytes
