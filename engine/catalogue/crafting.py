"""How perturbations, patches and fooling images are crafted: the recipes, each with the options that a form shows.

They are computed in ``engine.crafting``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from engine.catalogue.options import Options, option


@dataclass(frozen=True)
class Recipe(Options):
    """One way to craft something; its class attributes are what a reader is told."""

    title: ClassVar[str]
    summary: ClassVar[str]
    paper: ClassVar[str]


def _passes(default: int) -> Any:
    return option(default, low=1, high=100, label="Passes", text="How often all the pictures are gone through.")


def _batch(default: int) -> Any:
    return option(default, low=1, high=256, label="Batch", text="How many pictures are asked about at once.")


def _steps(default: int, text: str) -> Any:
    return option(default, low=1, high=1_000_000, label="Steps", text=text)


def _generations(default: int) -> Any:
    return _steps(default, "How many generations there are.")


def _brood(default: int) -> Any:
    return option(default, low=1, high=256, label="Brood", text="How many children are tried in every generation.")


@dataclass(frozen=True)
class UniversalByGradient(Recipe):
    """Signed gradient steps, a batch at a time."""

    name = "universal-gradient"
    title = "Gradient: a step for every batch"
    summary = "Climbs the mean loss of a batch of pictures at every step; by far the faster way."
    paper = "Shafahi et al. 2020, arXiv:1811.11304 (there by Adam)"
    passes: int = _passes(5)
    batch: int = _batch(16)
    step_size: float = option(
        0.1, low=0.001, high=2, label="Step size", unit="ε", text="The length of one step as a share of ε."
    )
    most_loss: float = option(
        9.0,
        low=0.1,
        high=100,
        label="Loss counts to",
        text="A picture whose loss is above this (in nats) is fooled well enough and pulls no more, β.",
    )


@dataclass(frozen=True)
class UniversalByDeepFool(Recipe):
    """DeepFool for each picture in turn."""

    name = "universal-deepfool"
    title = "DeepFool: picture by picture, as published"
    summary = "Takes each picture that is not fooled yet just across its nearest boundary, and keeps what that takes."
    paper = "Moosavi-Dezfooli et al. 2017, arXiv:1610.08401, algorithm 1"
    passes: int = _passes(5)
    goal: float = option(0.8, label="Goal", text="It ends when this share of the pictures is fooled, 1 − δ.")
    steps: int = option(10, low=1, high=200, label="DeepFool steps", text="How many steps are taken at most a picture.")
    candidates: int = option(
        10, low=2, high=1000, label="Classes", text="How many of the likeliest classes DeepFool looks at."
    )
    overshoot: float = option(0.02, label="Overshoot", text="By how much DeepFool's change is stretched, η.")


@dataclass(frozen=True)
class PatchByGradient(Recipe):
    """Gradient steps over random places, sizes and turns."""

    name = "patch-gradient"
    title = "Gradient over random places"
    summary = "Makes the target likelier, with the patch at another place, size and turn on every picture of a batch."
    paper = "Brown et al. 2017, arXiv:1712.09665, equation 1"
    passes: int = _passes(10)
    batch: int = _batch(16)
    step_size: float = option(
        0.03, low=0.001, high=1, label="Step size", text="By how much a value of the patch may change at a step."
    )
    smallest: float = option(
        0.05,
        low=0.01,
        high=0.5,
        label="Smallest",
        text="The smallest area that it is tried at, as a share of the picture.",
    )
    largest: float = option(
        0.2,
        low=0.01,
        high=0.7,
        label="Largest",
        text="The largest area that it is tried at, as a share of the picture.",
    )
    turn: float = option(
        45.0, low=0, high=180, label="Turned by (°)", text="It is turned by up to so much, either way."
    )


@dataclass(frozen=True)
class FoolingByGradient(Recipe):
    """Up the gradient of the class's probability."""

    name = "fooling-gradient"
    title = "Gradient: up the slope of the class"
    summary = "Begins with noise and follows the gradient of the class's log-probability. Needs few steps."
    paper = "Nguyen, Yosinski, Clune 2015, arXiv:1412.1897, section 3.4"
    steps: int = _steps(200, "How many gradient steps are taken.")
    step_size: float = option(
        0.01, low=0.0001, high=0.5, label="Step size", text="How far a value is moved at a step, root mean square."
    )


@dataclass(frozen=True)
class FoolingByPixels(Recipe):
    """Evolution of the pixels themselves."""

    name = "fooling-pixels"
    title = "Direct evolution: pixels mutate"
    summary = (
        "Begins with noise, changes some values at random, and keeps the best of a brood. On photographs it takes very "
        "long; networks of digits are fooled in minutes."
    )
    paper = "Nguyen, Yosinski, Clune 2015, arXiv:1412.1897, section 2.3 (there for all classes at once, by MAP-Elites)"
    steps: int = _generations(5000)
    brood: int = _brood(16)
    rate: float = option(
        0.1,
        low=0.0001,
        label="Mutates",
        text="The share of values that mutates at first; halved every 1000 generations.",
    )
    strength: float = option(
        15.0, low=1, high=100, label="Likeness", text="How near a mutated value stays, η of Deb's polynomial mutation."
    )


@dataclass(frozen=True)
class FoolingByPattern(Recipe):
    """Evolution of a pattern that a tiny network draws."""

    name = "fooling-pattern"
    title = "Evolution of patterns (CPPN)"
    summary = (
        "A tiny network of waves, bells and ramps draws a picture from each pixel's place; it mutates, and the best is "
        "kept. The pictures are regular, as if designed."
    )
    paper = "Nguyen, Yosinski, Clune 2015, arXiv:1412.1897, section 2.3; CPPN: Stanley 2007"
    steps: int = _generations(2000)
    brood: int = _brood(8)


UNIVERSAL_RECIPES: tuple[type[Recipe], ...] = (UniversalByGradient, UniversalByDeepFool)
PATCH_RECIPES: tuple[type[Recipe], ...] = (PatchByGradient,)
FOOLING_RECIPES: tuple[type[Recipe], ...] = (FoolingByGradient, FoolingByPixels, FoolingByPattern)
