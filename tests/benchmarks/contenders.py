"""Who is compared in ``tests.benchmarks.attacks``, and on what: the engine, a bare loop and other libraries.

Every function of ``_CASES`` says for one attack what each of them runs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial

import torch
from torch import Tensor
from torch.nn import functional

from engine import attacks
from engine.attacks.apgd import checkpoints
from engine.attacks.square import share_of_pixels
from engine.batch import load_image
from engine.catalogue.attacks import APGD, FGSM, PGD, Attack, CarliniWagner, DeepFool, Norm, Square
from engine.catalogue.samples import SAMPLE_PREFIX, SAMPLES
from engine.models import load_model
from engine.models.classifier import Classifier
from tests.benchmarks import bare, libraries
from tests.benchmarks.libraries import Run, Setup

TINY = 1e-4
"""ε of Square: the answers change by little, so that nobody is done early."""

ALPHA = 0.25
"""Step size of PGD as a share of ε."""

FIRST_WEIGHT = 1.0
"""c that C&W begins with."""


@dataclass(frozen=True)
class Contender:
    """Somebody who runs an attack.

    Attributes:
        name: ``ours``, ``bare`` or a library's.
        work: runs it once, to the end.
    """

    name: str
    work: Run


def contenders(attack: str, model: str, batch: int, tell: Callable[[str], None]) -> Iterator[Contender]:
    """Everybody who has the attack.

    Args:
        attack: a name of ``tests.benchmarks.attacks.ATTACKS``.
        model: of the catalogue.
        batch: how many pictures.
        tell: is given a sentence for every library that is missing.
    """
    for name, make in _CASES[attack](_classifier(model), batch).items():
        try:
            yield Contender(name, make())
        except ImportError as error:
            tell(f"{attack} on {model}, batch {batch}: {name} is not installed ({error}); it is left out.")


def contender(name: str, attack: str, model: str, batch: int) -> Contender:
    """One of them.

    Raises:
        ImportError: the library is missing.
    """
    return Contender(name, _CASES[attack](_classifier(model), batch)[name]())


@lru_cache
def _classifier(model: str) -> Classifier:
    return load_model(model, "cpu")


def _fgsm(classifier: Classifier, batch: int) -> Mapping[str, Callable[[], Run]]:
    case = _setup(classifier, batch, 1)

    def ours() -> None:
        """As in the window: one direction, and then any ε along it."""
        problem = _problem(classifier, case, Norm.LINF)
        attacks.along(problem, attacks.direction(FGSM(), problem))

    return {
        "ours": lambda: ours,
        "bare": lambda: partial(bare.fgsm, case.network, case.x, case.labels, case.epsilon),
        "torchattacks": lambda: libraries.torchattacks("FGSM", case),
        "foolbox": lambda: libraries.foolbox("LinfFastGradientAttack", case, case.epsilon),
    }


def _pgd(steps: int, classifier: Classifier, batch: int) -> Mapping[str, Callable[[], Run]]:
    case = _setup(classifier, batch, steps)
    alpha = ALPHA * case.epsilon
    return {
        "ours": lambda: _ours(classifier, case, PGD(steps=steps, step_size=ALPHA)),
        "bare": lambda: partial(bare.pgd, case.network, case.x, case.labels, case.epsilon, steps, alpha),
        "torchattacks": lambda: libraries.torchattacks("PGD", case, alpha=alpha, steps=steps),
        "foolbox": lambda: libraries.foolbox("LinfPGD", case, case.epsilon, steps=steps, rel_stepsize=ALPHA),
    }


def _apgd(classifier: Classifier, batch: int) -> Mapping[str, Callable[[], Run]]:
    case = _setup(classifier, batch, _steps(classifier, 20, 30))
    checks = checkpoints(case.steps)
    return {
        "ours": lambda: _ours(classifier, case, APGD(steps=case.steps)),
        "bare": lambda: partial(bare.apgd, case.network, case.x, case.labels, case.epsilon, case.steps, checks),
        "torchattacks": lambda: libraries.torchattacks("APGD", case, steps=case.steps),
        "pyautoattack": lambda: libraries.autoattack("APGDAttack", case, n_iter=case.steps),
        "adv-lib": lambda: libraries.advlib(
            "auto_pgd", "apgd", case, eps=case.epsilon, norm=math.inf, n_iter=case.steps, loss_function="ce"
        ),
    }


def _carlini_wagner(classifier: Classifier, batch: int) -> Mapping[str, Callable[[], Run]]:
    case = _setup(classifier, batch, _steps(classifier, 10, 20), searches=2)
    steps, searches = case.steps, case.searches
    ours = CarliniWagner(steps=steps, searches=searches, first_weight=FIRST_WEIGHT)
    theirs = {"binary_search_steps": searches, "initial_const": FIRST_WEIGHT, "abort_early": False}
    return {
        "ours": lambda: _ours(classifier, case, ours, Norm.L2),
        "bare": lambda: partial(bare.carlini_wagner, case.network, case.x, case.labels, searches, steps, FIRST_WEIGHT),
        "foolbox": lambda: libraries.foolbox("L2CarliniWagnerAttack", case, None, steps=steps, **theirs),
        "adv-lib": lambda: libraries.advlib(
            "carlini_wagner", "carlini_wagner_l2", case, max_iterations=steps, **theirs
        ),
    }


def _deepfool(classifier: Classifier, batch: int) -> Mapping[str, Callable[[], Run]]:
    case = _setup(classifier, batch, 50)
    found: dict[str, Callable[[], Run]] = {
        "ours": lambda: _ours(classifier, case, DeepFool(), Norm.L2),
        "bare": lambda: partial(bare.deepfool, case.network, case.x, case.labels, case.steps, DeepFool().candidates),
        "foolbox": lambda: libraries.foolbox("L2DeepFoolAttack", case, None, steps=case.steps),
    }
    if len(classifier.classes) <= DeepFool().candidates:  # it asks for the gradient of every class
        found["adv-lib"] = lambda: libraries.advlib("deepfool", "df", case, steps=case.steps)
    return found


def _square(classifier: Classifier, batch: int) -> Mapping[str, Callable[[], Run]]:
    case = _setup(classifier, batch, _steps(classifier, 20, 100), epsilon=TINY)
    ours = Square(steps=case.steps)
    height, width = classifier.size
    areas = [share_of_pixels(ours.share, index, case.steps) * height * width for index in range(case.steps)]
    sides = [min(max(round(math.sqrt(area)), 1), height, width) for area in areas]
    return {
        "ours": lambda: _ours(classifier, case, ours),
        "bare": lambda: partial(bare.square, case.network, case.x, case.labels, case.epsilon, sides),
        "torchattacks": lambda: libraries.torchattacks("Square", case, n_queries=case.steps),
        "pyautoattack": lambda: libraries.autoattack("SquareAttack", case, n_queries=case.steps),
    }


_CASES: Mapping[str, Callable[[Classifier, int], Mapping[str, Callable[[], Run]]]] = {
    "fgsm": _fgsm,
    "pgd-10": partial(_pgd, 10),
    "pgd-40": partial(_pgd, 40),
    "apgd": _apgd,
    "cw": _carlini_wagner,
    "deepfool": _deepfool,
    "square": _square,
}


def _setup(classifier: Classifier, batch: int, steps: int, searches: int = 1, epsilon: float | None = None) -> Setup:
    x = _digits(batch) if classifier.recipe.channels == 1 else _photographs(classifier, batch)
    epsilon = (0.1 if classifier.recipe.channels == 1 else 4 / 255) if epsilon is None else epsilon
    labels = classifier.module(x).argmax(1)
    return Setup(classifier.module, x, labels, epsilon, steps, searches)


def _steps(classifier: Classifier, large: int, small: int) -> int:
    """As many as take a second or so."""
    return small if classifier.recipe.channels == 1 else large


def _ours(classifier: Classifier, case: Setup, attack: Attack, norm: Norm = Norm.LINF) -> Run:
    """All the steps one after another, as the window takes them."""

    def work() -> None:
        for _ in attacks.search(attack, _problem(classifier, case, norm)):
            pass

    return work


def _problem(classifier: Classifier, case: Setup, norm: Norm) -> attacks.Problem:
    seeds = tuple(range(len(case.x)))
    return attacks.Problem(classifier.prepared, case.x, case.labels, False, norm, case.epsilon, seeds)


def _photographs(classifier: Classifier, batch: int) -> Tensor:
    return torch.cat([load_image(SAMPLE_PREFIX + name, classifier) for name in list(SAMPLES)[:batch]])


def _digits(batch: int) -> Tensor:
    """Scikit-learn's digits, brought from 8 × 8 to the size they have in MNIST."""
    from sklearn.datasets import load_digits

    small = torch.from_numpy(load_digits().images[:batch]).float()[:, None] / 16
    return functional.pad(functional.interpolate(small, (20, 20), mode="bilinear").clamp(0, 1), (4, 4, 4, 4))
