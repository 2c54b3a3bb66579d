"""Which pixels a score rests on: every way against captum, or against what it must be by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, cast

import captum.attr
import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models import VisionTransformer, densenet121, resnet18, squeezenet1_1

from engine.answers import Prediction
from engine.attribution import saliency
from engine.attribution.case import Attribution, Case
from engine.attribution.gradcam import patch_grid
from engine.attribution.maps import METHODS
from engine.attribution.occlusion import squares_over
from engine.attribution.rules import NO_ACTIVATION, NO_RECTIFIER, NO_RULE
from engine.catalogue.saliency import (
    SALIENCIES,
    DeepLift,
    GradCAM,
    Gradient,
    GradientTimesInput,
    GuidedBackprop,
    IntegratedGradients,
    Occlusion,
    Saliency,
    SmoothGrad,
)
from engine.images import Recipe
from engine.inside import Architecture, Form, Node, SaliencyMaps
from engine.look import Look
from engine.models.classifier import Classifier
from engine.network.live import Live
from engine.network.subject import Subject
from engine.network.watched import Watched

SIDE = 12
CONVOLUTION = "2"
every_way = pytest.mark.parametrize("method", [each() for each in SALIENCIES.values()], ids=lambda each: each.name)


def plain() -> nn.Module:
    """Every layer a module of its own, as captum wants it, and windows of the pool that do not overlap."""
    torch.manual_seed(3)
    return nn.Sequential(
        nn.Conv2d(3, 5, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(5, 6, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(150, 8),
        nn.Sigmoid(),
        nn.Linear(8, 4),
    ).double()


class Tangled(nn.Module):
    """What hooks cannot follow: functional, in place, one rectifier used twice, a sum, windows that overlap."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(4)
        self.first = nn.Conv2d(3, 5, 3, padding=1)
        self.second = nn.Conv2d(5, 5, 3, padding=1)
        self.rectifier = nn.ReLU(inplace=True)
        self.last = nn.Linear(5 * 36, 4)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, 12, 12) to (N, 4)."""
        x = self.rectifier(self.first(x))
        x = self.rectifier(self.second(x) + x)
        x = functional.max_pool2d(x, 3, 2, 1)
        x = functional.relu(x - x.mean((2, 3), keepdim=True), inplace=True)
        return cast(Tensor, self.last(x.flatten(1)))


class Untangled(nn.Module):
    """The same as ``Tangled``, but with slow, simple layers that nobody needs to follow."""

    def __init__(self, tangled: Tangled, rectify: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.like, self.rectify = tangled, rectify

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, 12, 12) to (N, 4)."""
        x = self.rectify(self.like.first(x))
        x = self.rectify(self.like.second(x) + x)
        x = functional.max_pool2d(x, 3, 2, 1)
        x = self.rectify(x - x.mean((2, 3), keepdim=True))
        return cast(Tensor, self.like.last(x.flatten(1)))


def classifier_of(network: nn.Module, classes: int = 4, side: int = SIDE) -> Classifier:
    return Classifier(
        network,
        name="small",
        title="A small network",
        classes=[f"class {each}" for each in range(classes)],
        recipe=Recipe(resize=side, size=(side, side)),
        mean=(0.4, 0.5, 0.6),
        std=(0.2, 0.3, 0.25),
    )


def case_of(network: nn.Module, label: int = 1, layer: str = "", **more: Any) -> Case:
    classifier = classifier_of(network, **more)
    kind = next(classifier.module.parameters()).dtype
    height, width = classifier.size
    x = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(9)).to(kind)
    return Case(with_nodes(Watched(classifier)), x, label, layer)


def with_nodes(watched: Watched) -> Watched:
    """With nodes of just what the layers' values are, so that nothing else is tested here."""
    if watched.recording is not None:
        forms = {4: Form.MAPS, 3: Form.TOKENS, 2: Form.VECTOR}
        nodes = [
            Node(name, each.kind, "", "", (), each.shapes[0][1:], forms.get(len(each.shapes[0])))
            for name, each in watched.recording.by_name.items()
        ]
        watched.architecture = Architecture(tuple(nodes), {}, 0)
    return watched


def attributed(case: Case, method: Saliency) -> Attribution:
    *_, last = METHODS[type(method)](case, method)
    assert last.done == last.total
    return last


def values_of(case: Case, method: Saliency) -> Tensor:
    return attributed(case, method).values


def rise(case: Case) -> float:
    """z_c(x) − z_c(black)."""
    with torch.no_grad():
        here, black = case.classifier.module(torch.cat([case.x, torch.zeros_like(case.x)]))[:, case.label].tolist()
    return float(here - black)


def slope(case: Case, network: nn.Module, x: Tensor) -> Tensor:
    leaf = x.clone().requires_grad_()
    found: Tensor = torch.autograd.grad(network(leaf)[:, case.label].sum(), leaf)[0]
    return found


# Each way against its formula


def test_the_gradient_of_a_linear_network_is_its_weights() -> None:
    linear = nn.Linear(3 * SIDE * SIDE, 4).double()
    case = case_of(nn.Sequential(nn.Flatten(), linear), label=2)
    weights = linear.weight[2].detach().view(3, SIDE, SIDE) / torch.tensor([0.2, 0.3, 0.25]).view(3, 1, 1)
    methods: tuple[Saliency, ...] = Gradient(), SmoothGrad(samples=3)
    for method in methods:
        assert torch.allclose(values_of(case, method), weights.double(), rtol=1e-6)
    methods = GradientTimesInput(), IntegratedGradients(steps=4)
    for method in methods:
        assert torch.allclose(values_of(case, method), weights * case.x[0], rtol=1e-6)


def test_gradient_and_gradient_times_input_are_those_of_captum() -> None:
    case = case_of(plain())
    leaf = case.x.clone().requires_grad_()
    wanted = captum.attr.Saliency(case.classifier.module).attribute(leaf, target=1, abs=False)
    assert torch.allclose(values_of(case, Gradient()), wanted[0], rtol=1e-6, atol=1e-12)
    wanted = captum.attr.InputXGradient(case.classifier.module).attribute(leaf, target=1).detach()
    assert torch.allclose(values_of(case, GradientTimesInput()), wanted[0], rtol=1e-6, atol=1e-12)


def test_smoothgrad_is_the_mean_gradient_around_the_picture() -> None:
    case = case_of(plain())
    noise = torch.randn(150, *case.x.shape[1:], generator=torch.Generator().manual_seed(0)).double()
    wanted = slope(case, case.classifier.module, case.x + 0.3 * noise).mean(0)
    found = values_of(case, SmoothGrad(samples=150, spread=0.3))
    assert torch.allclose(found, wanted, rtol=1e-6, atol=1e-10)
    assert not torch.allclose(found, values_of(case, Gradient()), rtol=0.1)


def test_integrated_gradients_are_those_of_captum_and_add_up_to_the_rise_of_the_score() -> None:
    case = case_of(plain())
    wanted = captum.attr.IntegratedGradients(case.classifier.module).attribute(case.x, target=1, n_steps=64)
    found = attributed(case, IntegratedGradients(steps=64))
    assert torch.allclose(found.values, wanted[0], rtol=1e-4, atol=1e-9)
    many = values_of(case, IntegratedGradients(steps=300))
    assert float(many.sum()) == pytest.approx(rise(case), rel=1e-2)


def test_integrated_gradients_tell_when_there_were_too_few_steps_to_add_up() -> None:
    sharp, last = nn.Linear(3 * SIDE * SIDE, 1), nn.Linear(1, 4)
    with torch.no_grad():
        sharp.weight.fill_(0.1)
        sharp.bias.fill_(40.0)
        last.weight.fill_(1.0)
    case = case_of(nn.Sequential(nn.Flatten(), sharp, nn.Sigmoid(), last).double())
    assert "more steps" in attributed(case, IntegratedGradients(steps=4)).note
    assert attributed(case, IntegratedGradients(steps=300)).note == ""


def test_guided_backprop_is_that_of_captum() -> None:
    case = case_of(plain())
    with pytest.warns(UserWarning, match="backward hooks"):
        wanted = captum.attr.GuidedBackprop(case.classifier.module).attribute(case.x.clone().requires_grad_(), target=1)
    found = attributed(case, GuidedBackprop())
    assert torch.allclose(found.values, wanted[0].detach(), rtol=1e-9, atol=1e-12)
    assert found.note == ""
    assert not torch.allclose(found.values, values_of(case, Gradient()), rtol=0.1)


class _Guided(torch.autograd.Function):
    """A rectifier with its own way back, written out."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> Tensor:
        positive: Tensor = slopes[0].clamp(min=0) * (ctx.saved_tensors[0] > 0)
        return positive


def test_guided_backprop_sees_rectifiers_that_are_functional_in_place_or_used_twice() -> None:
    tangled = Tangled().double()
    case = case_of(tangled)
    guided = nn.Sequential(case.classifier.module[0], Untangled(tangled, cast(Any, _Guided).apply))
    assert torch.allclose(values_of(case, GuidedBackprop()), slope(case, guided, case.x)[0], rtol=1e-9, atol=1e-12)


def test_deeplift_is_that_of_captum_and_adds_up_to_the_rise_of_the_score() -> None:
    case = case_of(plain())
    case.classifier.module.set_submodule("network.4", nn.AvgPool2d(2))  # captum's rule for a maximum keeps no sums
    captums = captum.attr.DeepLift(case.classifier.module)
    with pytest.warns(UserWarning, match="hooks"):
        wanted = captums.attribute(case.x.clone().requires_grad_(), torch.zeros_like(case.x), target=1)
    found = attributed(case, DeepLift())
    assert torch.allclose(found.values, wanted[0].detach(), rtol=1e-6, atol=1e-9)
    assert float(found.values.sum()) == pytest.approx(rise(case), rel=1e-9)
    assert found.note == ""


def test_deeplift_shares_a_maximum_between_the_places_that_win() -> None:
    last = nn.Linear(27, 4, bias=False)
    case = case_of(nn.Sequential(nn.MaxPool2d(4), nn.Flatten(), last).double())
    mean, std = (torch.tensor(each).double().view(3, 1, 1) for each in ((0.4, 0.5, 0.6), (0.2, 0.3, 0.25)))
    bright, dark = (case.x[0] - mean) / std, (-mean / std).expand(3, SIDE, SIDE)
    wanted = torch.zeros(3, SIDE, SIDE).double()
    for place, weight in enumerate(last.weight[1].tolist()):
        channel, row, column = place // 9, place // 3 % 3, place % 3
        window = channel, slice(4 * row, 4 * row + 4), slice(4 * column, 4 * column + 4)
        y, y0 = float(bright[window].max()), float(dark[window].max())
        for values, share in ((bright, max(y, y0) - y0), (dark, y - max(y, y0))):
            winner = divmod(int(values[window].argmax()), 4)
            wanted[channel, 4 * row + winner[0], 4 * column + winner[1]] += weight * share
    assert torch.allclose(values_of(case, DeepLift()), wanted, rtol=1e-9, atol=1e-12)


def test_deeplift_adds_up_where_layers_are_functional_in_place_used_twice_or_overlap() -> None:
    case = case_of(Tangled().double())
    found = attributed(case, DeepLift())
    assert float(found.values.sum()) == pytest.approx(rise(case), rel=1e-9)
    assert found.note == ""


def test_deeplift_tells_when_a_product_of_two_values_keeps_it_from_adding_up() -> None:
    class Gated(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(5)
            self.one, self.other, self.last = nn.Conv2d(3, 4, 3), nn.Conv2d(3, 4, 3), nn.Linear(4, 4)

        def forward(self, x: Tensor) -> Tensor:
            return cast(Tensor, self.last((functional.silu(self.one(x)) * torch.sigmoid(self.other(x))).mean((2, 3))))

    case = case_of(Gated().double())
    assert attributed(case, DeepLift()).note.endswith(NO_RULE)


def test_networks_without_rectifiers_say_what_is_shown_instead() -> None:
    case = case_of(nn.Sequential(nn.Flatten(), nn.Linear(3 * SIDE * SIDE, 4)).double())
    guided, lifted = attributed(case, GuidedBackprop()), attributed(case, DeepLift())
    assert (guided.note, lifted.note) == (NO_RECTIFIER, NO_ACTIVATION)
    assert torch.equal(guided.values, values_of(case, Gradient()))
    assert torch.allclose(lifted.values, values_of(case, GradientTimesInput()))


def test_occlusion_is_that_of_captum() -> None:
    case = case_of(plain())
    wanted = captum.attr.Occlusion(case.classifier.module).attribute(
        case.x, (3, 4, 4), strides=(3, 2, 2), baselines=0.5, target=1
    )
    found = values_of(case, Occlusion(window=1 / 3))
    assert torch.allclose(found.float(), wanted[0, :1], rtol=1e-5, atol=1e-7)


def test_occlusion_is_the_mean_loss_of_the_squares_over_a_pixel() -> None:
    case = case_of(plain())
    losses: list[list[list[float]]] = [[[] for _ in range(SIDE)] for _ in range(SIDE)]
    with torch.no_grad():
        whole = case.classifier.module(case.x)[0, 1]
        for top in range(0, SIDE, 2):
            for left in range(0, SIDE, 2):
                if top > SIDE - 5 + 1 or left > SIDE - 5 + 1:
                    continue
                covered = case.x.clone()
                covered[:, :, top : top + 5, left : left + 5] = 0.5
                loss = float(whole - case.classifier.module(covered)[0, 1])
                for row in range(top, min(top + 5, SIDE)):
                    for column in range(left, min(left + 5, SIDE)):
                        losses[row][column].append(loss)
    wanted = np.array([[np.mean(each) for each in row] for row in losses])
    assert np.allclose(values_of(case, Occlusion(window=5 / 12))[0].numpy(), wanted, atol=1e-12)


@pytest.mark.parametrize("share", [0.1, 0.15, 0.2, 0.5])
def test_squares_leave_no_pixel_out_and_a_coarse_grid_of_them_soon_covers_most(share: float) -> None:
    squares = squares_over((28, 40), share)
    seen = np.zeros((28, 40), int)
    for place, each in enumerate(squares):
        seen[each] += 1
        if place == len(squares) // 3:
            assert (seen > 0).mean() > 0.5
    assert seen.min() >= 1
    assert len(squares) == len({(rows.start, columns.start) for rows, columns in squares})


def test_grad_cam_of_two_layers_by_hand() -> None:
    first, last = nn.Conv2d(3, 2, 4, stride=4, bias=False), nn.Linear(2, 4, bias=False)
    network = nn.Sequential(first, nn.AdaptiveAvgPool2d(1), nn.Flatten(), last).double()
    case = case_of(network, layer="0")
    with torch.no_grad():
        maps = first(case.classifier.module[0](case.x))[0]
    weights = last.weight[1].detach() / 9  # each of 3·3 places has a ninth of the mean
    small = (weights[:, None, None] * maps).sum(0).clamp(min=0)
    wanted = functional.interpolate(small[None, None], (SIDE, SIDE), mode="bilinear")[0]
    assert torch.allclose(values_of(case, GradCAM()), wanted)


def test_grad_cam_is_that_of_captum() -> None:
    case = case_of(plain(), layer=CONVOLUTION)
    layer = case.classifier.module.get_submodule("network." + CONVOLUTION)
    small = captum.attr.LayerGradCam(case.classifier.module, layer).attribute(case.x, target=1, relu_attributions=True)
    wanted = captum.attr.LayerAttribution.interpolate(small, (SIDE, SIDE), "bilinear")[0]
    assert torch.allclose(values_of(case, GradCAM()), wanted.detach(), rtol=1e-9, atol=1e-12)


def test_grad_cam_folds_tokens_to_patches_and_leaves_the_class_token_out() -> None:
    assert patch_grid(197, (224, 224)) == (14, 14)
    assert patch_grid(196, (224, 224)) == (14, 14)
    assert patch_grid(201, (224, 224)) == (14, 14)
    assert patch_grid(1 + 8 * 4, (64, 32)) == (8, 4)
    assert patch_grid(35, (224, 224)) is None

    class Tokens(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(6)
            self.patches, self.mix, self.last = nn.Conv2d(3, 5, 4, 4), nn.Identity(), nn.Linear(5, 4)

        def forward(self, x: Tensor) -> Tensor:
            tokens = self.patches(x).flatten(2).transpose(1, 2)
            tokens = self.mix(torch.cat([tokens.new_ones(len(x), 1, 5), tokens], 1) * 2)
            return cast(Tensor, self.last(tokens.square().mean(1)))

    tokens = Tokens().double()
    case = case_of(tokens, layer="mul")
    with torch.no_grad():
        _, values = case.watched.values(case.x, ["mul"])
    patches = values["mul"][0, 1:]
    slopes = 2 * patches * tokens.last.weight[1].detach() / 10
    small = (slopes.mean(0) * patches).sum(1).clamp(min=0).view(3, 3)
    wanted = functional.interpolate(small[None, None], (SIDE, SIDE), mode="bilinear")[0]
    assert torch.allclose(values_of(case, GradCAM()), wanted)


# Networks as they come


@pytest.mark.parametrize("build", [resnet18, squeezenet1_1, densenet121])
def test_sums_concatenations_and_layers_used_twice_keep_deeplift_complete(build: Callable[..., nn.Module]) -> None:
    torch.manual_seed(0)
    case = case_of(build(weights=None, num_classes=4).double(), side=48)
    case = replace(case, label=int(case.classifier.logits(case.x).argmax()))  # some of a last rectifier's are all 0
    found = attributed(case, DeepLift())
    assert found.note == ""
    assert float(found.values.sum()) == pytest.approx(rise(case), rel=1e-6)
    guided = attributed(case, GuidedBackprop())
    assert guided.note == ""
    assert not torch.allclose(guided.values, values_of(case, Gradient()), rtol=0.1)


def test_a_vision_transformer_has_a_map_on_its_patches_and_no_rectifier() -> None:
    torch.manual_seed(0)
    sizes = {"image_size": 32, "patch_size": 8, "num_layers": 2, "num_heads": 2, "hidden_dim": 16, "mlp_dim": 32}
    network = VisionTransformer(**sizes, num_classes=4)
    nn.init.normal_(cast(nn.Linear, network.heads[0]).weight)
    case = case_of(network.double(), layer="encoder.layers.encoder_layer_0.add", side=32)
    assert float(values_of(case, GradCAM()).max()) > 0
    assert attributed(case, GuidedBackprop()).note == NO_RECTIFIER
    last = Case(case.watched, case.x, case.label, "encoder.layers.encoder_layer_1.add#2")
    assert "does not depend on the places" in attributed(last, GradCAM()).note


# What is the same for all of them


def predicted(classifier: Classifier, x: Tensor) -> Prediction:
    return Prediction(classifier.logits(x)[0].double().softmax(0).float().numpy())


def subject_of(case: Case, method: Saliency, attacked: Tensor | None = None, **look: Any) -> Subject:
    attacked = (case.x + 0.05).clamp(max=1) if attacked is None else attacked
    return Subject(
        watched=case.watched,
        live=Live(case.watched),
        experiment=cast(Any, None),
        question=cast(Any, None),
        limit=0.1,
        clean=case.x,
        attacked=attacked,
        before=predicted(case.classifier, case.x),
        after=predicted(case.classifier, attacked),
        left=0,
        look=Look(saliency=method, **{"layer": CONVOLUTION} | look),
    )


def all_maps(subject: Subject) -> list[SaliencyMaps]:
    return [each for each in saliency(subject) if each is not None]


@every_way
def test_both_pictures_get_a_map_of_their_size_for_their_own_class(method: Saliency) -> None:
    case = case_of(plain())
    attacked = 1 - case.x
    subject = subject_of(case, method, attacked)
    last = all_maps(subject)[-1]
    assert last.done == last.total
    assert last.method == method.name
    assert last.labels == (subject.before.label, subject.after.label)
    assert last.layer == (CONVOLUTION if method.by_layer else "")
    for shown, x, label in ((last.clean, case.x, last.labels[0]), (last.attacked, attacked, last.labels[1])):
        assert shown is not None
        assert shown.shape == (SIDE, SIDE)
        assert shown.dtype == np.float32
        alone = values_of(Case(case.watched, x, label, last.layer), method).sum(0)
        assert np.allclose(shown, alone.numpy(), rtol=1e-5, atol=1e-7)


@every_way
def test_the_same_question_has_the_same_answer(method: Saliency) -> None:
    case = case_of(Tangled(), layer="second")
    one, other = (all_maps(subject_of(case, method, layer="second"))[-1] for _ in range(2))
    assert np.array_equal(one.clean, other.clean)  # type: ignore[arg-type]
    assert np.array_equal(one.attacked, other.attacked)  # type: ignore[arg-type]


@pytest.mark.parametrize("method", [SmoothGrad(), IntegratedGradients(), Occlusion()])
def test_slow_ways_grow_piece_by_piece_towards_what_they_give_in_the_end(
    method: Saliency, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Case, "at_once", 5)
    given = all_maps(subject_of(case_of(plain()), method))
    assert len(given) > 3
    done = [each.done for each in given]
    assert done == sorted(done)
    assert done[0] == 0
    assert given[-1].done == given[-1].total
    assert given[-1].clean is not None
    first = next(each.clean for each in given if each.clean is not None)
    known = ~np.isnan(first)
    assert known.any()
    assert not np.isnan(given[-1].clean).any()
    assert np.corrcoef(first[known], given[-1].clean[known])[0, 1] > 0.3


def test_a_chosen_class_is_attributed_in_both_pictures() -> None:
    case = case_of(plain())
    last = all_maps(subject_of(case, Gradient(), saliency_label=3))[-1]
    assert last.labels == (3, 3)
    wanted = values_of(Case(case.watched, case.x, 3), Gradient()).sum(0)
    assert np.allclose(last.clean, wanted.numpy())  # type: ignore[arg-type]


def test_a_class_that_the_network_lacks_is_told_of() -> None:
    subject = subject_of(case_of(plain()), Gradient(), saliency_label=812)
    last = all_maps(subject)[-1]
    assert last.labels == (subject.before.label, subject.after.label)
    assert "no class 812" in last.note


def test_grad_cam_tells_of_a_layer_without_places() -> None:
    last = all_maps(subject_of(case_of(plain()), GradCAM(), layer="8"))[-1]
    assert (last.clean, last.attacked) == (None, None)
    assert last.done == last.total
    assert "8 has no feature maps" in last.note
    assert "Choose a convolution" in last.note


def test_the_clean_picture_is_not_asked_about_again_when_the_perturbed_one_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Tensor] = []
    gradients = Case.gradients

    def noted(self: Case, x: Tensor) -> Tensor:
        asked.append(x)
        return gradients(self, x)

    monkeypatch.setattr(Case, "gradients", noted)
    case = case_of(plain())
    subject = subject_of(case, Gradient())
    first = all_maps(subject)[-1]
    moved = subject_of(case, Gradient(), case.x * 0.5)
    second = all_maps(Subject(**{**vars(moved), "live": subject.live}))[-1]
    assert len(asked) == 3
    assert np.array_equal(first.clean, second.clean)  # type: ignore[arg-type]
    assert not np.array_equal(first.attacked, second.attacked)  # type: ignore[arg-type]


def marks(network: nn.Module) -> Iterator[Any]:
    """All that a way of attribution could have left on a network."""
    for path, each in network.named_modules():
        yield path, each.training, len(each._forward_hooks), len(each._forward_pre_hooks), len(each._backward_hooks)
        yield path, sorted(vars(each)), getattr(each, "inplace", None)
    for path, each in network.named_parameters():
        yield path, each.requires_grad, each.grad is None, float(each.detach().sum())


@every_way
@pytest.mark.parametrize("pieces", [1, 2, 1000])
def test_nothing_is_left_on_a_network_also_when_the_work_is_broken_off(method: Saliency, pieces: int) -> None:
    case = case_of(Tangled(), layer="second")
    before = list(marks(case.classifier.module))
    ahead = cast(Any, saliency(subject_of(case, method, layer="second")))
    for _, _piece in zip(range(pieces), ahead, strict=False):
        pass
    ahead.close()
    assert list(marks(case.classifier.module)) == before
    assert not case.x.requires_grad


@every_way
def test_a_network_that_fails_half_way_leaves_nothing_behind_and_is_asked_anew(
    method: Saliency, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = case_of(Tangled(), layer="second")
    before = list(marks(case.classifier.module))
    subject = subject_of(case, method, layer="second")
    with monkeypatch.context() as broken:
        broken.setattr(functional, "max_pool2d", _fail)
        broken.setattr(case.classifier.prepared, "_script", None)
        with pytest.raises(RuntimeError, match="on purpose"):
            all_maps(subject)
    assert list(marks(case.classifier.module)) == before
    assert all_maps(subject)[-1].clean is not None


def _fail(*_arguments: Any, **_more: Any) -> Tensor:
    raise RuntimeError("on purpose")


@every_way
def test_half_precision_gives_much_the_same_maps(method: Saliency) -> None:
    exact = case_of(Tangled(), layer="second")
    half = case_of(Tangled().half(), layer="second")
    wanted, found = (values_of(each, method).sum(0).float() for each in (exact, half))
    assert bool(found.isfinite().all())
    assert float(torch.corrcoef(torch.stack([wanted.flatten(), found.flatten()]))[0, 1]) > 0.97
