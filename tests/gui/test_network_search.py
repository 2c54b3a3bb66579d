"""What people type who look for a network, and what they find."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QListWidgetItem
from pytestqt.qtbot import QtBot

from engine.catalogue.models import NETWORKS, find_network, untrained_networks
from gui.panels.network_search import Listed, search
from gui.panels.network_words import heading


@pytest.fixture
def rows(qtbot: QtBot) -> list[Listed]:
    """As the list has them, where only the networks of packages and of the box are on the machine."""
    cards = [*NETWORKS.values(), *untrained_networks().values()]
    listed = []
    for card in cards:
        at_hand = not card.url
        listed.append(Listed(QListWidgetItem(), heading(card, at_hand), card, at_hand))
    return listed


def found(rows: list[Listed], text: str) -> list[str]:
    return [each.card.name for each in search(text, rows) if each.card is not None]


@pytest.mark.parametrize("typed", ["resnet 50", "ResNet-50", "resnet50", "RESNET_50"])
def test_a_name_is_found_however_its_parts_are_joined(rows: list[Listed], typed: str) -> None:
    assert found(rows, typed)[0] == "resnet50"
    assert "wide_resnet101_2" not in found(rows, typed)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("garments", "lenet-5-fashion"),
        ("sneaker", "lenet-5-fashion"),
        ("frog", "frog-or-ship"),
        ("robust", "robust-mnist"),
        ("robust fashion", "robust-fashion"),
        ("small", "linear"),
        ("vit b/16", "vit_b_16"),
        ("alexnet", "alexnet"),
        ("squeeze 1.1", "squeezenet1.1"),
        ("efficientnet", "efficientnet-lite0"),
    ],
)
def test_the_first_of_what_is_found_is_what_was_meant(rows: list[Listed], typed: str, first: str) -> None:
    assert found(rows, typed)[0] == first


def test_a_network_is_found_by_what_it_learnt(rows: list[Listed]) -> None:
    wanted = {card.name for card in NETWORKS.values() if "MNIST" in card.data and "untrained" not in card.title}
    assert {"mlp-512", "robust-fashion"} <= wanted <= set(found(rows, "mnist"))
    assert not {"cifar-cnn", "resnet50"} & set(found(rows, "mnist"))


def test_networks_on_this_machine_and_untrained_ones_are_found_by_saying_so(rows: list[Listed]) -> None:
    here = found(rows, "on this machine")
    assert {"efficientnet-lite0", "lenet-5"} <= set(here)
    assert not any(find_network(name).url for name in here)
    assert all(find_network(name).title.endswith("untrained") for name in found(rows, "untrained"))


def test_where_no_name_fits_the_cards_are_searched(rows: list[Listed]) -> None:
    assert found(rows, "Szegedy 2015") == ["googlenet"]
    assert "vit_b_16" in found(rows, "transformer")
    assert set(found(rows, "CC BY-NC")) == {card.name for card in NETWORKS.values() if "NC" in card.licence}


def test_what_fits_nothing_finds_nothing(rows: list[Listed]) -> None:
    assert found(rows, "no such network") == []


def test_an_empty_line_finds_every_network(rows: list[Listed]) -> None:
    assert len(found(rows, "  ")) == len(rows)
