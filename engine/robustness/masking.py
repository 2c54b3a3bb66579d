"""Whether a network hides its gradient, so that attacks along it fail though the network is easily fooled.

The signs are those of Athalye et al. 2018 (arXiv:1802.00420, section 3.1) and Carlini et al. 2019 (arXiv:1902.06705,
section 5): a gradient that is zero, a loss that is saturated, answers that differ, one step that comes further than
many, blind or black-box changes that come further than the gradient, and an attack without a bound that fails.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, replace

import torch

from engine.attacks import GradientError
from engine.catalogue.attacks import FGSM, Noise, Square
from engine.inside import Lamp, Masking, MaskingCheck
from engine.network.exciting import seen
from engine.network.subject import Subject
from engine.robustness.trial import STRONG, Reached, Trial
from engine.wording import say_epsilon, say_percent

QUERIES, NOISES, REPEATS, MOST_PICTURES = 100, 10, 4, 32
"""Of Square, random pictures, how often the same picture is asked, open pictures whose gradient is looked at."""

MOST_ZEROS = 0.75
"""Of a network that hides nothing, more values than this have a gradient, but for drawings on black."""

LEAST_LOSS = 1e-6
"""Below this single precision leaves the loss only a few digits."""

SAME = 1e-5
"""Answers that differ by less, as a part of the largest logit, differ by rounding."""

ATHALYE, CARLINI = "Athalye et al. 2018, arXiv:1802.00420", "Carlini et al. 2019, arXiv:1902.06705"

Verdict = tuple[Lamp, str, str]
"""What a check says, its numbers as read, and what they mean in a sentence."""

Making = Generator[None, None, Verdict]
"""Makes a check; gives None at every place to stop."""


def masking(subject: Subject) -> Iterator[Masking | None]:
    """Makes the checks one after another, on the clean picture, away from the clean answer.

    What was found out is kept for as long as picture and network stay: it depends on neither attack nor ε.

    Yields:
        What is known so far; None is a place to stop.
    """
    trial = Trial(subject.experiment, subject.question.norm)
    images = subject.look.gallery[:MOST_PICTURES] if len(subject.look.gallery) > 1 else ()
    kept: dict[object, Masking] = subject.live.kept.setdefault("masking", {})
    key = trial.norm, images
    if key in kept:
        yield kept[key]
        return
    for known in _made_in_turn(trial, _declared(trial, subject, images)):
        yield known
        if known is not None and known.done == known.total:
            kept[key] = known


@dataclass(frozen=True)
class _Declared:
    """A check before it is made: how it is called, where it is from, how many passes it takes."""

    title: str
    paper: str
    passes: int
    make: Callable[[], Making]


def _declared(trial: Trial, subject: Subject, images: tuple[str, ...]) -> tuple[_Declared, ...]:
    """All of them, the cheap ones first."""
    return (
        _Declared("The same picture, asked again", ATHALYE, REPEATS, lambda: _repeated(trial)),
        _Declared("Gradient that is zero", ATHALYE, 1 + len(images), lambda: _zeros(trial, subject, images)),
        _Declared("Saturated loss", CARLINI, 1, lambda: _saturated(trial)),
        _Declared("One step against many", ATHALYE, STRONG.steps + 1, lambda: _one_step(trial)),
        _Declared("Random noise against the gradient", CARLINI, NOISES, lambda: _noise(trial)),
        _Declared("Answers alone against the gradient", ATHALYE, QUERIES + 1, lambda: _black_box(trial)),
        _Declared("Without a bound", ATHALYE, STRONG.steps + 1, lambda: _unbounded(trial)),
    )


def _made_in_turn(trial: Trial, declared: tuple[_Declared, ...]) -> Iterator[Masking | None]:
    checks = [MaskingCheck(each.title, paper=each.paper) for each in declared]
    total, before = sum(each.passes for each in declared), 0
    known = Masking(tuple(checks), trial.norm, trial.epsilon, 0, total)
    yield known
    for place, each in enumerate(declared):
        making, done, verdict = each.make(), before, None
        while verdict is None:
            try:
                next(making)
            except StopIteration as stop:
                verdict = stop.value
            except GradientError as error:
                verdict = Lamp.MASKED, "no gradient", f"There is nothing to follow: {error.why}."
            else:
                done = min(done + 1, before + each.passes)
                yield replace(known, done=min(done, total - 1))
        lamp, value, reason = verdict
        checks[place] = replace(checks[place], lamp=lamp, value=value, reason=reason)
        before += each.passes
        known = replace(known, checks=tuple(checks), done=before)
        yield known


# The checks


def _repeated(trial: Trial) -> Making:
    answers = []
    for _ in range(REPEATS):
        answers.append(trial.logits())
        yield None
    logits = torch.cat(answers).double().cpu()
    apart = float((logits - logits[0]).abs().max() / logits.abs().max().clamp(min=1e-30))
    value = f"logits differ by {say_percent(apart)} of the largest" if apart else "always the same"
    if apart <= SAME:
        return (
            Lamp.CLEAR,
            value,
            "The network answers the same picture alike, so that its gradient is that of its answer.",
        )
    changed = len(set(logits.argmax(1).tolist())) > 1
    lamp = Lamp.MASKED if changed else Lamp.DOUBTFUL
    also = ", even another class" if changed else ""
    return (
        lamp,
        value,
        f"The network answers the same picture differently{also}: the gradient of one answer is not that of the next. "
        "Average it over several.",
    )


def _zeros(trial: Trial, subject: Subject, images: tuple[str, ...]) -> Making:
    share = float((trial.look().gradient == 0).float().mean())
    yield None
    flat = count = 0
    for each in seen(subject, images):
        if each.x is not None:
            flat, count = flat + (float(trial.look(each.x).slope) == 0), count + 1
        yield None
    value = f"{say_percent(share) if share else 'none'} of the values"
    if count:
        value += f"; {flat} of {count} open pictures without any"
    if share == 1 or (count and flat == count):
        return (
            Lamp.MASKED,
            value,
            "The gradient is exactly zero everywhere: rounding, a threshold or a saturated loss hides how the network "
            "reacts.",
        )
    if share > MOST_ZEROS or flat:
        return (
            Lamp.DOUBTFUL,
            value,
            "Much of the gradient is exactly zero. That is usual in a drawing on black; in a photograph something "
            "hides the way.",
        )
    return Lamp.CLEAR, value, "Most values have a gradient, which an attack can follow."


def _saturated(trial: Trial) -> Making:
    loss = float(trial.look().loss)
    yield None
    value = f"loss {loss:.2g}" if loss else "loss exactly 0"
    if loss == 0:
        reason = (
            "In single precision the answer is exactly 100 %, so that the cross-entropy is 0 and has no slope. Use a "
            "loss on logits, as APGD-DLR and Carlini-Wagner do."
        )
        return Lamp.MASKED, value, reason
    if loss < LEAST_LOSS:
        reason = "The answer is so near 100 % that the loss has few digits left; a loss on logits is safer."
        return Lamp.DOUBTFUL, value, reason
    return Lamp.CLEAR, value, "The answer is not so sure that the loss would have lost its slope."


def _one_step(trial: Trial) -> Making:
    many = yield from trial.strong()
    once = trial.at_once(FGSM())
    yield None
    reasons = {
        Lamp.MASKED: "One step fools the network and many do not: the gradient leads astray after the first step.",
        Lamp.DOUBTFUL: "One step comes further than many, which should only be able to come further.",
        Lamp.CLEAR: "Many steps come at least as far as one, as they should.",
    }
    return _beside(once, many, f"FGSM {_say(once)}, PGD {_say(many)}", reasons)


def _noise(trial: Trial) -> Making:
    strong = yield from trial.strong()
    tries = []
    for seed in range(NOISES):
        tries.append(trial.at_once(Noise(), seed))
        yield None
    best = max(tries, key=lambda each: each.lead)
    reasons = {
        Lamp.MASKED: "Blind noise of the same size fools the network and the gradient does not: it shows no way.",
        Lamp.DOUBTFUL: "Blind noise of the same size comes further than the gradient.",
        Lamp.CLEAR: "The gradient comes further than blind noise of the same size, as it should.",
    }
    return _beside(best, strong, f"best of {NOISES} noises {_say(best)}, PGD {_say(strong)}", reasons)


def _black_box(trial: Trial) -> Making:
    strong = yield from trial.strong()
    blind = yield from trial.in_steps(Square(steps=QUERIES))
    reasons = {
        Lamp.MASKED: "Square, which sees answers alone, fools the network and the gradient does not: it is hidden.",
        Lamp.DOUBTFUL: "Square, which sees answers alone, comes further than the gradient, which shows far more.",
        Lamp.CLEAR: "The gradient comes further than an attack that sees answers alone, as it should.",
    }
    return _beside(blind, strong, f"Square, {QUERIES} queries, {_say(blind)}, PGD {_say(strong)}", reasons)


def _unbounded(trial: Trial) -> Making:
    largest = yield from trial.in_steps(STRONG, trial.everything)
    value = f"PGD with ε = {say_epsilon(trial.everything, trial.norm)} {_say(largest)}"
    if largest.fools:
        return (
            Lamp.CLEAR,
            value,
            "Where the picture may become any other, the gradient finds one that fools, as it must.",
        )
    reason = "The picture may become any other, and still the gradient finds none that fools: it does not show the way."
    return Lamp.MASKED, value, reason


def _beside(weaker: Reached, stronger: Reached, value: str, reasons: Mapping[Lamp, str]) -> Verdict:
    lamp = weaker.beside(stronger)
    return lamp, value, reasons[lamp]


def _say(reached: Reached) -> str:
    """How far an attack came: whether it fools, and by how much the nearest other class leads, in logits."""
    signed = f"{reached.lead:+.3g}".replace("-", "−")
    return f"{'fools' if reached.fools else 'does not'} ({signed})"
