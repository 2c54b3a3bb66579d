"""Networks without weights, on purpose."""

from __future__ import annotations

import pytest
import torch

from engine import load_model
from engine.catalogue.models import NETWORKS, Source, find_network, is_at_hand, untrained_networks


def test_every_architecture_of_torchvision_may_be_had_untrained_and_is_called_so() -> None:
    for name, card in NETWORKS.items():
        if card.source is Source.TORCHVISION:
            untrained = find_network(f"untrained:{name}")
            assert untrained.title == f"{card.title}, untrained"
            assert untrained.source is Source.UNTRAINED
            assert is_at_hand(untrained)
            assert (untrained.classes, untrained.recipe) == (card.classes, card.recipe)
            assert "chance" in untrained.note


def test_no_two_untrained_networks_share_a_title() -> None:
    assert len({card.title for card in untrained_networks().values()}) == len(untrained_networks())


@pytest.mark.parametrize("name", ["untrained:lenet-5", "untrained:squeezenet1_1", "untrained:efficientnet-lite0"])
def test_an_untrained_network_is_always_the_same_and_leaves_the_random_state_alone(name: str) -> None:
    before = torch.random.get_rng_state()
    first, second = (load_model(name, "cpu") for _ in range(2))
    assert torch.equal(torch.random.get_rng_state(), before)
    numbers = [dict(each.module.state_dict()) for each in (first, second)]
    assert all(torch.equal(value, numbers[1][key]) for key, value in numbers[0].items())
    assert first.title.endswith("untrained")


def test_an_untrained_network_differs_from_the_trained_one_in_its_numbers_alone() -> None:
    trained, untrained = (load_model(name, "cpu").module.state_dict() for name in ("lenet-5", "untrained:lenet-5"))
    assert {key: value.shape for key, value in trained.items()} == {k: v.shape for k, v in untrained.items()}
    weights = [key for key in trained if key.endswith("weight")]
    assert not any(torch.equal(trained[key], untrained[key]) for key in weights)
