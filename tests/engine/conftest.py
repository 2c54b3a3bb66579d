"""What some attacks need to be there: a universal perturbation and a patch that were crafted before."""

from collections.abc import Iterator

import numpy as np
import pytest

from engine.catalogue import crafted
from engine.catalogue.crafted import Crafted, CraftKind
from engine.frame import Floats


def record_of(kind: CraftKind, values: Floats, **given: object) -> Crafted:
    """The record of a perturbation or a patch, (C, H, W)."""
    is_patch = kind is CraftKind.PATCH
    usual = {
        "kind": kind,
        "network": "small",
        "network_title": "Small",
        "method": "made up",
        "shape": values.shape,
        "norm": "l0" if is_patch else "linf",
        "epsilon": 9.0 if is_patch else 8 / 255,
        "pictures": 80,
        "held_out": 20,
        "seed": 0,
        "rate": 0.75,
        "held_out_rate": 0.5,
        "control_rate": 0.05,
        "target": 1 if is_patch else None,
        "target_name": "toaster" if is_patch else "",
    }
    return Crafted(**(usual | given))  # type: ignore[arg-type]


@pytest.fixture(scope="session", autouse=True)
def crafted_before() -> Iterator[tuple[str, str]]:
    """The names of a universal perturbation and a patch for colour pictures, in the home of the tests."""
    random = np.random.default_rng(0)
    change = random.uniform(-0.03, 0.03, (3, 8, 8)).astype(np.float32)
    patch = random.uniform(0, 1, (3, 6, 6)).astype(np.float32)
    names = (
        crafted.keep(record_of(CraftKind.UNIVERSAL, change), change),
        crafted.keep(record_of(CraftKind.PATCH, patch), patch),
    )
    yield names
    for each in names:
        crafted.forget(each)
