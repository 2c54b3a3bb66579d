"""A run is stopped and taken up again; what fails is told and can be begun anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engine.catalogue.crafting import FoolingByPixels, PatchByGradient, Recipe, UniversalByGradient
from engine.crafting.growing import MOST_POINTS, CraftError, Grown, Making, Rates
from engine.crafting.workshop import Asked, Workshop
from engine.errors import ExplainedError
from engine.models.classifier import Classifier


def grown(done: int, total: int = 10) -> Grown:
    return Grown(np.zeros((1, 1, 1), np.float32), False, done, total, Rates(done / total), "so far")


def ten() -> Iterator[Grown | None]:
    for step in range(10):
        yield None
        yield grown(step + 1)


def test_what_is_stopped_goes_on_where_it_was() -> None:
    making = Making(ten)
    work = making.work()
    for _ in range(8):
        next(work)
    work.close()  # type: ignore[attr-defined]
    assert making.newest is not None
    done = making.newest.done
    assert 0 < done < 10
    assert not making.is_complete
    list(making.work())
    assert making.is_complete
    assert making.curve()[:, 0].tolist() == list(range(1, 11))


def test_what_has_failed_begins_anew() -> None:
    tries = []

    def start() -> Iterator[Grown | None]:
        tries.append(1)
        yield grown(1)
        if len(tries) == 1:
            raise CraftError("It failed", "it had to", "Try again.")

    making = Making(start)
    with pytest.raises(ExplainedError):
        list(making.work())
    assert not making.is_complete
    list(making.work())
    assert making.is_complete
    assert len(making.curve()) == 1


def test_a_long_curve_is_thinned_and_keeps_its_end() -> None:
    making = Making(lambda: (grown(step, 5000) for step in range(5000)))
    list(making.work())
    assert len(making.curve()) <= 2 * MOST_POINTS + 1
    assert making.curve()[-1, 0] == 4999


@pytest.mark.parametrize("recipe", [UniversalByGradient(), PatchByGradient(), FoolingByPixels()])
def test_the_workshop_loads_a_network_once_and_begins_what_is_asked(
    linear: Classifier, folder: Path, recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = []

    def load(name: str, device: str) -> Classifier:
        loaded.append((name, device))
        return linear

    monkeypatch.setattr("engine.models.load_model", load)
    workshop = Workshop()
    for _ in range(2):
        steps = (each for each in workshop.begin(Asked(recipe, "signs", folder=str(folder))) if each is not None)
        assert next(steps).done >= 0
    assert loaded == [("signs", "auto")]


def test_a_class_that_the_network_does_not_know_is_refused(linear: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.models.load_model", lambda *_: linear)
    with pytest.raises(CraftError, match="class 3 was asked for, and Signs knows 3"):
        list(Workshop().begin(Asked(FoolingByPixels(), "signs", target=3)))
