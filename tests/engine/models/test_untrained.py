"""Networks without weights, on purpose."""

from __future__ import annotations

import pytest
import torch

from engine import load_model
from engine.catalogue.models import NETWORKS, Source, find_network, is_at_hand, untrained_networks
from engine.models.zfnet import ZFNet
from engine.request import Request
from engine.script import as_python


def test_every_architecture_of_torchvision_may_be_had_untrained_and_is_called_so() -> None:
    for name, card in NETWORKS.items():
        if card.source is Source.TORCHVISION:
            untrained = find_network(f"untrained:{name}")
            assert untrained.title == f"{card.title}, untrained"
            assert untrained.source is Source.UNTRAINED
            assert is_at_hand(untrained)
            assert (untrained.classes, untrained.recipe) == (card.classes, card.recipe)
            assert "chance" in untrained.note


def test_zfnets_contrast_normalisation_is_that_of_alexnets_paper() -> None:
    maps = torch.rand(1, 9, 2, 2, generator=torch.Generator().manual_seed(0)) * 40
    wanted = torch.empty_like(maps)
    for i in range(9):  # Krizhevsky et al. 2012, section 3.3, with k = 2, n = 5, α = 1e-4, β = 0.75
        near = maps[:, max(0, i - 2) : i + 3]
        wanted[:, i] = maps[:, i] / (2 + 1e-4 * near.square().sum(1)) ** 0.75
    with torch.device("meta"):  # its 62 million numbers are not needed
        network = ZFNet()
    for layer in (network.norm1, network.norm2):
        torch.testing.assert_close(layer(maps), wanted)


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


def test_whoever_loads_one_is_told_and_so_is_the_reader_of_its_script() -> None:
    assert load_model("untrained:linear", "cpu").notes == ["This network is untrained: its answers are chance."]
    for name in ("zfnet", "untrained:linear"):
        assert as_python(Request(model=name)).startswith(f'"""{name} (untrained) under fgsm.')
    assert "untrained" not in as_python(Request())


def test_an_untrained_network_differs_from_the_trained_one_in_its_numbers_alone() -> None:
    trained, untrained = (load_model(name, "cpu").module.state_dict() for name in ("lenet-5", "untrained:lenet-5"))
    assert {key: value.shape for key, value in trained.items()} == {k: v.shape for k, v in untrained.items()}
    weights = [key for key in trained if key.endswith("weight")]
    assert not any(torch.equal(trained[key], untrained[key]) for key in weights)
