"""One step of an attack, taken apart: from the picture it starts at to the one that is shown, stage by stage.

Of attacks along a gradient the stages are those that the attack itself went through (``Step.came``), so that what is
shown is what it did, to the last bit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from engine.attacks import Step, judge
from engine.attacks.climbing import Climb
from engine.attacks.ensemble import crafting
from engine.attacks.gradient import look
from engine.attacks.obeying import under_rules
from engine.attacks.transfer import blurred
from engine.catalogue.attacks import (
    APGDDLR,
    APGDT,
    BIM,
    DIFGSM,
    FGSM,
    MIFGSM,
    NIFGSM,
    PGD,
    RFGSM,
    TIFGSM,
    Attack,
    AutoAttack,
    AutoPGD,
)
from engine.experiment import to_image, to_prediction
from engine.inside import AttackStep, StageKind, StepStage
from engine.network.subject import Passage, Subject

START = "This is where the attack starts: no step has led here yet. Go on to the next iterate to see one."
AGAIN = "No step led here: it is a new start, or the best picture so far, shown once more. Go back one iterate."
NO_GRADIENT = (
    "Gradient, direction and clipping are not shown: this attack asks for no gradient, it changes the picture and "
    "looks at the answers."
)
OTHER_WAY = (
    "Gradient, direction and clipping are not shown one by one: this attack does not take one step of a set length "
    "along a gradient and clip it, but goes its own way."
)
OWN_DIRECTION = "There is no gradient: this attack has its direction without asking for one."
JUST_EPSILON = "Nothing is clipped into the ball: the direction is of size 1, and times ε it is just ε long."
AT_ONCE = "In L1 the picture is brought into the ball and into [0, 1] at once, so that this is one stage."
RETURNED = "The attack has gone back to the best picture so far, and starts from there."
IN_BETWEEN = "The attack goes on from values between the 255ths; the network is shown the rounded ones."

_CLIMBING: tuple[type[Attack], ...] = (RFGSM, BIM, PGD, MIFGSM, NIFGSM, DIFGSM, TIFGSM, AutoPGD, AutoAttack)
_OF_THE_GRADIENT: Mapping[type[Attack], str] = {
    NIFGSM: "The gradient is taken one step ahead, where the momentum is about to lead, and not at the start itself.",
    DIFGSM: "The gradient is that of the picture as the network was shown it: at random a little smaller, and moved.",
    APGDDLR: "The gradient is that of the ratio of logits which this attack climbs, not of the cross-entropy.",
    APGDT: "The gradient is that of the ratio of logits which this attack climbs, not of the cross-entropy.",
}


def attack_step(subject: Subject) -> AttackStep | None:
    """The step that led to the picture that is shown; None where nobody has told how the attack came to it.

    Raises:
        GradientError: the network gives no finite answer or gradient.
    """
    passage, attack = subject.passage, subject.question.attack
    if passage is None:
        return None
    if attack.scales:
        return _at_once(subject, passage)
    if passage.made.came is not None:
        return _climbed(subject, passage, passage.made.came)
    return _otherwise(subject, passage)


# Along a gradient, within a ball


def _climbed(subject: Subject, passage: Passage, climb: Climb) -> AttackStep:
    seen = climb if passage.just_before is None or _has_returned(passage, climb) else passage.just_before
    start = Step(max(passage.made.index - 1, 0), climb.origin, seen.logits, seen.loss)
    stages = tuple(_stages_of(subject.question.attack, passage, climb))
    notes = tuple(_notes_on(subject, passage, climb))
    return _step(subject, passage, start, stages, notes, float(climb.length.max()), float(climb.budget.radius.max()))


def _stages_of(attack: Attack, passage: Passage, climb: Climb) -> Iterator[StepStage]:
    yield _stage(StageKind.START, climb.origin)
    yield _stage(StageKind.GRADIENT, climb.gradient)
    if isinstance(attack, TIFGSM):
        yield _stage(StageKind.BLURRED, blurred(climb.gradient, attack.radius))
    if getattr(attack, "decay", 0):
        yield _stage(StageKind.MOMENTUM, climb.followed)
    direction = climb.direction()
    yield _stage(StageKind.DIRECTION, direction)
    yield _stage(StageKind.CHANGE, climb.length * direction)
    moved = climb.moved()
    yield _stage(StageKind.MOVED, moved)
    aimed = climb.aimed()
    if climb.before is not None:
        yield _stage(StageKind.INERTIA, aimed, moved)
    within, reached = climb.budget.onto(aimed), climb.reached()
    if within is not None:
        yield _stage(StageKind.BALL, within, aimed)
    yield _stage(StageKind.BOX, reached, aimed if within is None else within)
    yield from _ends(passage, reached)


def _notes_on(subject: Subject, passage: Passage, climb: Climb) -> Iterator[str]:
    attack, rules = subject.question.attack, subject.question.rules
    if type(attack) in _OF_THE_GRADIENT:
        yield _OF_THE_GRADIENT[type(attack)]
    if rules.views:
        yield f"The gradient is the mean over this picture and {rules.views} random views of it."
    if _has_returned(passage, climb):
        yield RETURNED
    if climb.budget.onto(climb.origin) is None:
        yield AT_ONCE
    if rules.eight_bit:
        yield IN_BETWEEN


def _has_returned(passage: Passage, climb: Climb) -> bool:
    """Whether the step starts elsewhere than where the one before has ended."""
    earlier = None if passage.just_before is None else passage.just_before.came
    return earlier is not None and not torch.equal(earlier.reached(), climb.origin)


# One step whose direction does not depend on ε


def _at_once(subject: Subject, passage: Passage) -> AttackStep:
    question, kept = subject.question, subject.live
    way = kept.once("direction of the step", question, lambda: subject.experiment.direction(question))
    start, gradient = kept.once("start of the step", question, lambda: _start_of(subject))
    change = subject.experiment.problem(question, torch.tensor([passage.epsilon])).radius * way
    moved = start.x + change
    reached = moved.clamp(0, 1)
    stages = (
        _stage(StageKind.START, start.x),
        *(() if gradient is None else (_stage(StageKind.GRADIENT, gradient),)),
        _stage(StageKind.DIRECTION, way),
        _stage(StageKind.CHANGE, change),
        _stage(StageKind.MOVED, moved),
        _stage(StageKind.BOX, reached, moved),
        *_ends(passage, reached),
    )
    notes = (JUST_EPSILON,) if gradient is not None else (OWN_DIRECTION, JUST_EPSILON)
    return _step(subject, passage, start, stages, notes, passage.epsilon, passage.epsilon)


def _start_of(subject: Subject) -> tuple[Step, Tensor | None]:
    """The clean picture with the answer to it, and the gradient there if the attack asks for one."""
    problem = crafting(
        subject.question.attack, under_rules(subject.experiment.problem(subject.question, torch.ones(1)))
    )
    if not isinstance(subject.question.attack, FGSM):
        return judge(problem, problem.x, 0), None
    seen = look(problem, problem.x)
    return Step(0, problem.x, seen.logits, seen.loss), seen.gradient


# Any other way


def _otherwise(subject: Subject, passage: Passage) -> AttackStep:
    attack, made = subject.question.attack, passage.made
    if passage.before is None:
        start = subject.live.once("clean answer", subject.question, lambda: _clean(subject))
        notes = (START,)
    elif isinstance(attack, _CLIMBING) and not isinstance(attack, AutoAttack):
        start, notes = passage.before, (AGAIN,)
    else:
        start, notes = passage.before, (OTHER_WAY if attack.follows_gradient else NO_GRADIENT,)
    stages = [_stage(StageKind.START, start.x)]
    if not torch.equal(made.x, start.x) or passage.before is not None:
        stages += [_stage(StageKind.CHANGE, made.x - start.x), _stage(StageKind.MOVED, made.x)]
    if passage.shown is not made:
        stages.append(_stage(StageKind.LIMIT, passage.shown.x, made.x))
    stages.append(_stage(StageKind.END, passage.shown.x))
    epsilon = passage.epsilon
    return _step(subject, passage, start, tuple(stages), notes, math.nan, epsilon)


def _clean(subject: Subject) -> Step:
    problem = subject.experiment.problem(subject.question, torch.ones(1))
    return judge(problem, problem.x, 0)


# What they have in common


def _ends(passage: Passage, reached: Tensor) -> Iterator[StepStage]:
    """What the rules leave of it, where they do something, and what is shown."""
    shown = passage.shown.x
    if not torch.equal(shown, reached):
        yield _stage(StageKind.RULES, shown, reached)
    yield _stage(StageKind.END, shown)


def _step(
    subject: Subject,
    passage: Passage,
    start: Step,
    stages: tuple[StepStage, ...],
    notes: tuple[str, ...],
    length: float,
    epsilon: float,
) -> AttackStep:
    question, shown = subject.question, passage.shown
    return AttackStep(
        start=start.index,
        index=passage.made.index,
        stages=stages,
        norm=question.norm,
        length=length,
        epsilon=epsilon,
        label=question.label,
        targeted=question.targeted,
        losses=(float(start.loss[0]), float(shown.loss[0])),
        answers=(to_prediction(start.logits[0]), to_prediction(shown.logits[0])),
        notes=notes,
    )


def _stage(kind: StageKind, values: Tensor, earlier: Tensor | None = None) -> StepStage:
    """A stage of one picture, (1, C, H, W), and the share of its values that differ from the stage before it."""
    changed = math.nan if earlier is None else float((values != earlier).float().mean())
    return StepStage(kind, to_image(values[0]), changed)
