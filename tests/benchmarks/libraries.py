"""The same attacks by other libraries, as their documentation has them; each is imported when it is first asked for.

Every function gives a function without arguments that runs the attack, or raises ``ImportError`` where the library is
not installed. torchattacks' C&W and DeepFool are not here: the one does not search its weight, and the other asks for
the gradient of every class, as adv-lib's does.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import Any

from torch import Tensor, nn

Run = Callable[[], object]


@dataclass(frozen=True)
class Setup:
    """What every library is given.

    Attributes:
        network: pixels in [0, 1] to logits, frozen and in evaluation mode.
        x: (N, C, H, W); ``labels`` (N,) are to be left.
        epsilon: in L∞.
        steps: or queries; of C&W in each search.
        searches: of C&W.
    """

    network: nn.Module
    x: Tensor
    labels: Tensor
    epsilon: float
    steps: int
    searches: int = 1


def torchattacks(kind: str, case: Setup, **options: Any) -> Run:
    """An attack of torchattacks."""
    made = getattr(_module("torchattacks"), kind)(case.network, eps=case.epsilon, **options)
    return partial(made, case.x, case.labels)


def foolbox(kind: str, case: Setup, epsilon: float | None, **options: Any) -> Run:
    """An attack of foolbox, called as usual; ``epsilon`` is None for those that find their size."""
    library = _module("foolbox")
    model = library.PyTorchModel(case.network, bounds=(0, 1), device=str(case.x.device))
    made = getattr(library.attacks, kind)(**options)
    return partial(made, model, case.x, case.labels, epsilons=epsilon)


def autoattack(kind: str, case: Setup, **options: Any) -> Run:
    """An attack of the authors of AutoAttack."""
    module = _module("pyautoattack.square" if kind == "SquareAttack" else "pyautoattack.autopgd_base")
    made = getattr(module, kind)(case.network, norm="Linf", eps=case.epsilon, device=str(case.x.device), **options)
    return partial(made.perturb, case.x, case.labels)


def advlib(module: str, function: str, case: Setup, **options: Any) -> Run:
    """An attack of adv-lib."""
    attack = getattr(_module(f"adv_lib.attacks.{module}"), function)
    return partial(attack, case.network, case.x, case.labels, **options)


def _module(name: str) -> ModuleType:
    if name.startswith("adv_lib") and "visdom" not in sys.modules:
        # It draws on a server while it runs, where one is given; the package need not be there for the rest.
        sys.modules["visdom"] = ModuleType("visdom")
        sys.modules["visdom"].Visdom = object  # type: ignore[attr-defined]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return import_module(name)
