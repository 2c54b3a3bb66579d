"""Twins are found by how networks are built, so that those of the user's own are found as well."""

from __future__ import annotations

from dataclasses import replace

import pytest

import engine.catalogue.twins
from engine.catalogue.models import NETWORKS
from engine.catalogue.twins import twins_of


def names(model: str) -> set[str]:
    return {each.name for each in twins_of(model)}


def test_a_plain_network_has_its_robust_twin_and_the_other_way_round() -> None:
    assert twins_of("cnn-32-32")[0].name == "robust-mnist", "the one trained on attacked pictures comes first"
    assert "cnn-32-32" in names("robust-mnist")
    assert names("lenet-5-fashion") == {"robust-fashion"}


def test_networks_of_other_classes_are_no_twins_though_they_are_built_alike() -> None:
    assert NETWORKS["lenet-5"].parameters == NETWORKS["robust-fashion"].parameters
    assert not names("lenet-5")


def test_a_network_that_is_not_known_has_none_and_untrained_ones_are_offered_to_nobody() -> None:
    assert not names("no such network")
    assert not any(each.startswith("untrained:") for each in names("cnn-32-32"))


def test_a_network_of_the_users_own_is_a_twin_as_long_as_its_file_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    own = replace(NETWORKS["cnn-32-32"], name="own:mine-0123", title="Mine")
    monkeypatch.setattr(engine.catalogue.twins, "all_networks", lambda: {own.name: own})
    assert names("cnn-32-32") == {own.name}
    monkeypatch.setattr(engine.catalogue.twins, "is_at_hand", lambda _: False)
    assert not names("cnn-32-32")
