from __future__ import annotations

import numpy as np
import pytest
import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional

from engine.images import Recipe
from engine.inside import Activations, Filters, Form
from engine.models.classifier import Classifier
from engine.network.filters import filters, with_activity
from engine.network.watched import Watched


@pytest.fixture(autouse=True)
def same_weights() -> None:
    torch.manual_seed(0)


def watched(network: nn.Module, size: tuple[int, int] = (8, 8), channels: int = 3, classes: int = 4) -> Watched:
    return Watched(
        Classifier(
            network,
            name="tiny",
            title="Tiny",
            classes=[str(each) for each in range(classes)],
            recipe=Recipe(size[0], size, channels=channels),
            mean=[0.5] * channels,
            std=[0.25] * channels,
        )
    )


def small_cnn() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(4, 8, 3, groups=2),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(8, 4),
    )


def found(seen: Watched, layer: str) -> Filters:
    made = filters(seen, layer)
    assert made is not None
    return made


# Which weights


def test_a_convolution_gives_its_kernels() -> None:
    network = small_cnn()
    seen = watched(network)
    made = found(seen, "0")
    np.testing.assert_array_equal(made.weights, network[0].weight.numpy())
    assert made.weights.dtype == np.float32
    assert (made.layer, made.groups, made.picture) == ("0", 1, None)


def test_a_grouped_convolution_says_how_many_groups_it_has() -> None:
    made = found(watched(small_cnn()), "2")
    assert made.weights.shape == (8, 2, 3, 3)
    assert made.groups == 2


def test_a_layer_without_weights_has_no_filters() -> None:
    seen = watched(small_cnn())
    assert filters(seen, "1") is None
    assert filters(seen, "no such layer") is None


def test_a_batch_norm_has_no_filters() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 8), nn.BatchNorm2d(4), nn.Flatten())
    assert filters(watched(network), "1") is None


def test_a_network_that_cannot_be_watched_has_no_filters() -> None:
    seen = watched(small_cnn())
    seen.recording = None
    assert filters(seen, "0") is None


def test_the_network_s_limit_is_that_of_all_layers_of_the_kind() -> None:
    network = small_cnn()
    seen = watched(network)
    with torch.no_grad():
        network[2].weight[3, 1, 0, 0] = -7
        network[5].weight[0, 0] = 30
    assert found(seen, "0").network_limit == 7
    assert found(seen, "2").network_limit == 7
    assert found(seen, "5").network_limit == 30


def test_asking_again_gives_the_very_same_arrays() -> None:
    seen = watched(small_cnn())
    assert found(seen, "0").weights is found(seen, "0").weights


def test_a_transposed_convolution_has_its_outputs_first() -> None:
    network = nn.Sequential(nn.ConvTranspose2d(4, 6, (2, 3), groups=2), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    made = found(watched(network, channels=4, classes=6), "0")
    weight = network[0].weight
    assert made.weights.shape == (6, 2, 2, 3)
    for unit in range(6):  # outputs 0 to 2 see inputs 0 and 1, outputs 3 to 5 see inputs 2 and 3
        group = unit // 3
        wanted = weight[2 * group : 2 * group + 2, unit % 3]
        np.testing.assert_array_equal(made.weights[unit], wanted.numpy())


def test_a_one_dimensional_convolution_has_kernels_of_one_row() -> None:
    network = nn.Sequential(nn.Flatten(2), nn.Conv1d(3, 4, 5), nn.AdaptiveAvgPool1d(1), nn.Flatten())
    assert found(watched(network), "1").weights.shape == (4, 3, 1, 5)


def test_weights_that_a_network_multiplies_by_itself_are_found_too() -> None:
    class Own(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.kernels = nn.Parameter(torch.randn(4, 3, 8, 8) + 1)

        def forward(self, x: Tensor) -> Tensor:
            standardised = self.kernels - self.kernels.mean((1, 2, 3), keepdim=True)
            return functional.conv2d(x, weight=standardised, groups=1).flatten(1)

    seen = watched(Own())
    layer = next(name for name, call in seen.recording.by_name.items() if call.kind == "conv2d")
    made = found(seen, layer)
    assert made.weights.mean((1, 2, 3)) == pytest.approx(np.zeros(4), abs=1e-6), "as they are used, standardised"


def test_half_precision_comes_as_float32() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 8, bias=False), nn.Flatten()).to(torch.bfloat16)
    made = found(watched(network), "0")
    assert made.weights.dtype == np.float32
    assert made.network_limit == np.abs(made.weights).max()


def test_a_weight_that_is_not_a_number_does_not_hide_the_scale() -> None:
    network = small_cnn()
    seen = watched(network)
    with torch.no_grad():
        network[2].weight[0, 0, 0, 0] = torch.nan
        network[2].weight[0, 0, 0, 1] = 9
    assert found(seen, "0").network_limit == 9
    assert np.isnan(found(seen, "2").weights[0, 0, 0, 0])


def test_a_layer_that_runs_twice_is_found_both_times() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 3, padding=1)

        def forward(self, x: Tensor) -> Tensor:
            return self.conv(self.conv(x)).mean((2, 3))

    seen = watched(Twice(), classes=3)
    names = [name for name, call in seen.recording.by_name.items() if call.kind == "conv2d"]
    assert len(names) == 2
    np.testing.assert_array_equal(found(seen, names[0]).weights, found(seen, names[1]).weights)


@pytest.mark.parametrize("name", ["resnet18", "squeezenet1_1", "densenet121", "mobilenet_v3_small"])
def test_all_convolutions_and_dense_layers_of_known_networks_are_found(name: str) -> None:
    network = getattr(torchvision.models, name)(weights=None)
    seen = watched(network, (64, 64), classes=1000)
    layers = {each: layer for each, layer in network.named_modules() if isinstance(layer, nn.Conv2d | nn.Linear)}
    for each, layer in layers.items():
        made = found(seen, each)
        np.testing.assert_array_equal(made.weights, layer.weight.detach().numpy())
        assert made.groups == getattr(layer, "groups", 1)
        assert made.network_limit >= np.abs(made.weights).max()


# Dense layers that see the picture


def test_the_rows_of_a_dense_layer_on_the_flattened_picture_are_pictures() -> None:
    made = found(watched(nn.Sequential(nn.Flatten(), nn.Linear(192, 4))), "1")
    assert made.picture == (3, 8, 8)
    assert made.weights.shape == (4, 192)


def test_so_they_are_where_the_network_reshapes_the_picture_itself() -> None:
    class Linear(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.dense = nn.Linear(192, 4)

        def forward(self, x: Tensor) -> Tensor:
            return self.dense(x.reshape(len(x), -1))

    assert found(watched(Linear()), "dense").picture == (3, 8, 8)


def test_rows_are_no_pictures_where_something_else_comes_before() -> None:
    shuffled = nn.Sequential(nn.ChannelShuffle(3), nn.Flatten(), nn.Linear(192, 4))
    assert found(watched(shuffled), "2").picture is None
    convolved = nn.Sequential(nn.Conv2d(3, 3, 1), nn.Flatten(), nn.Linear(192, 4))
    assert found(watched(convolved), "2").picture is None
    deep = nn.Sequential(nn.Flatten(), nn.Linear(192, 192), nn.Linear(192, 4))
    assert found(watched(deep), "1").picture == (3, 8, 8)
    assert found(watched(deep), "2").picture is None


# How strongly they answer


def made_of(count: int) -> Filters:
    return Filters("layer", np.zeros((count, 1, 1, 1), np.float32), 1, 1.0)


def test_strength_is_the_mean_size_of_a_map() -> None:
    clean = np.array([[[1, -3]], [[0, 0]]], np.float32)
    attacked = np.array([[[1, -3]], [[4, -2]]], np.float32)
    active = with_activity(made_of(2), Activations("layer", Form.MAPS, clean, attacked))
    np.testing.assert_allclose(active.strength, [2, 0])
    np.testing.assert_allclose(active.change, [0, 3])


def test_of_a_vector_and_of_tokens_likewise() -> None:
    vector = with_activity(made_of(2), Activations("layer", Form.VECTOR, np.array([-1, 2], np.float32)))
    np.testing.assert_allclose(vector.strength, [1, 2])
    assert vector.change is None
    tokens = np.array([[1, -2], [3, 0], [-5, 1]], np.float32)
    np.testing.assert_allclose(with_activity(made_of(2), Activations("layer", Form.TOKENS, tokens)).strength, [3, 1])


def test_units_that_were_left_out_are_not_a_number() -> None:
    held = Activations("layer", Form.VECTOR, np.array([1, 2], np.float32), sampled=np.array([0, 2]))
    np.testing.assert_array_equal(with_activity(made_of(4), held).strength, [1, np.nan, 2, np.nan])


def test_activations_of_another_layer_or_size_say_nothing() -> None:
    plain = made_of(2)
    assert with_activity(plain, Activations("other", Form.VECTOR, np.ones(2, np.float32))) is plain
    assert with_activity(plain, Activations("layer", Form.VECTOR, np.ones(3, np.float32))).strength is None


def test_filters_and_activations_of_a_real_run_fit_together() -> None:
    seen = watched(small_cnn())
    _, values = seen.values(torch.rand(1, 3, 8, 8), ["2"])
    active = with_activity(found(seen, "2"), Activations("2", Form.MAPS, values["2"][0].numpy()))
    np.testing.assert_allclose(active.strength, values["2"][0].abs().mean((1, 2)).numpy(), rtol=1e-5)
