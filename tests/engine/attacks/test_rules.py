"""What an attack may do beside its budget: painted areas, channels, the 8-bit grid, views, an early end."""

from collections.abc import Callable
from itertools import islice

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from engine.attacks import Problem, direction, make_ruling, run
from engine.attacks.gradient import GradientError
from engine.attacks.ruling import RulesError, Views
from engine.catalogue.attacks import ATTACKS, BIM, FGSM, PGD, Brightness, Noise, Norm, Weights
from engine.catalogue.rules import Rules
from engine.masks import fitted, read_mask, write_mask

Pose = Callable[..., Problem]

EVERYWHERE = Rules()
GRADIENT = ["fgsm", "bim", "pgd", "mifgsm", "apgd"]


def half(size: int = 8) -> str:
    area = np.zeros((size, size), bool)
    area[:, : size // 2] = True
    return write_mask(area)


def on_lattice(count: int = 1) -> Tensor:
    drawn = torch.randint(0, 256, (1, 3, 8, 8), generator=torch.Generator().manual_seed(5))
    return (drawn.double() / 255).expand(count, -1, -1, -1)


def under(pose: Pose, rules: Rules = EVERYWHERE, mask: str = "", **changes: object) -> Problem:
    x = on_lattice()
    given = {"x": x, "labels": torch.zeros(1).long(), "seeds": (3,)} | changes
    return pose(ruling=make_ruling(rules, mask, x), **given)


def slope(pixels: Tensor) -> Tensor:
    """Class 0 until the values are lowered by 0.2 each."""
    total = pixels.flatten(1).mean(1) - on_lattice().mean() + 0.2
    return torch.stack([total, -total], 1) * 9


def quick(name: str) -> object:
    return ATTACKS[name](**({"steps": 5} if "steps" in ATTACKS[name].__dataclass_fields__ else {}))


@pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2])
@pytest.mark.parametrize("name", [*GRADIENT, "square", "nes", "noise", "brightness", "blur"])
def test_nothing_changes_outside_the_painted_area_and_something_does_inside(pose: Pose, name: str, norm: Norm) -> None:
    problem = under(pose, mask=half(), norm=norm, epsilon=0.1 if norm is Norm.LINF else 1.0)
    for step in run(quick(name), problem):
        change = step.x - problem.x
        assert not change[..., 4:].any()
    assert change[..., :4].any()


@pytest.mark.parametrize("name", GRADIENT)
def test_only_the_channels_that_are_allowed_change(pose: Pose, name: str) -> None:
    problem = under(pose, Rules(red=False, blue=False), epsilon=0.1)
    *_, step = run(quick(name), problem)
    changed = (step.x - problem.x).abs().amax((0, 2, 3)) > 0
    assert changed.tolist() == [False, True, False]


@pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2])
@pytest.mark.parametrize("attack", [Noise(), Brightness()])
def test_a_control_in_a_painted_area_is_still_as_large_as_the_budget(pose: Pose, attack: object, norm: Norm) -> None:
    x = torch.full((1, 3, 8, 8), 128 / 255, dtype=torch.float64)
    problem = under(pose, mask=half(), x=x, norm=norm)
    way = direction(attack, problem)
    size = way.abs().max() if norm is Norm.LINF else way.square().sum().sqrt()
    assert float(size) == pytest.approx(1)


def test_the_step_in_a_painted_area_is_the_free_one_cut_out_in_linf(pose: Pose) -> None:
    free, ruled = under(pose, epsilon=0.1), under(pose, mask=half(), epsilon=0.1)
    *_, whole = run(FGSM(), free)
    *_, cut = run(FGSM(), ruled)
    assert torch.equal(cut.x[..., :4], whole.x[..., :4])
    assert torch.equal(cut.x[..., 4:], free.x[..., 4:])


@pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2])
@pytest.mark.parametrize("epsilon", [0.3, 1.0, 2.6, 8.0])
@pytest.mark.parametrize("name", [*GRADIENT, "square", "noise"])
def test_on_the_eight_bit_grid_every_iterate_is_a_file_and_stays_within_the_budget(
    pose: Pose, network: nn.Module, name: str, norm: Norm, epsilon: float
) -> None:
    size = epsilon / 255 * (1 if norm is Norm.LINF else 14)
    problem = under(pose, Rules(eight_bit=True), norm=norm, epsilon=size)
    for step in run(quick(name), problem):
        levels = step.x * 255
        torch.testing.assert_close(levels, levels.round(), rtol=0, atol=1e-9)
        change = (step.x - problem.x).flatten()
        assert float(change.abs().max() if norm is Norm.LINF else change.norm()) <= size + 1e-9
        torch.testing.assert_close(step.logits, network(step.x))
    if epsilon >= 1:
        assert change.any()


def test_small_steps_add_up_on_the_grid(pose: Pose) -> None:
    problem = under(pose, Rules(eight_bit=True), epsilon=2 / 255)
    *_, step = run(BIM(steps=12, step_size=0.2), problem)
    assert float((step.x - problem.x).abs().max()) == pytest.approx(2 / 255)


def test_a_picture_off_the_grid_is_refused_by_name(pose: Pose) -> None:
    with pytest.raises(ValueError, match="picture's own values are no whole 255ths"):
        run(FGSM(), under(pose, Rules(eight_bit=True), x=on_lattice() * 0.9))


def test_different_pictures_at_once_are_refused_by_name(pose: Pose) -> None:
    x = torch.cat([on_lattice(), 1 - on_lattice()])
    problem = under(pose, mask=half(), x=x, labels=torch.zeros(2).long(), seeds=(1, 2))
    with pytest.raises(ValueError, match="one picture at a time"):
        run(FGSM(), problem)


@pytest.mark.parametrize("rules", [Rules(red=False, green=False, blue=False)])
def test_rules_that_leave_nothing_to_change_are_refused_by_name(rules: Rules) -> None:
    with pytest.raises(RulesError, match="no channel of the picture may change") as without_channel:
        make_ruling(rules, "", on_lattice())
    with pytest.raises(RulesError, match="no pixel that may change") as without_area:
        make_ruling(EVERYWHERE, write_mask(np.zeros((8, 8), bool)), on_lattice())
    assert (without_channel.value.field, without_area.value.field) == ("rules", "mask")


def blind(pixels: Tensor) -> Tensor:
    """Its answer depends on the pixels, and cannot be differentiated by them."""
    return slope(pixels.detach())


@pytest.mark.parametrize("name", [name for name in ATTACKS if name not in {"weights", "autoattack"}])
def test_an_attack_says_of_itself_whether_it_follows_gradients_so_that_views_of_the_picture_count(
    pose: Pose, name: str
) -> None:
    kind = ATTACKS[name]
    problem = under(pose, model=blind, epsilon=0.1, norm=kind.norms[0])
    try:
        list(islice(run(quick(name), problem), 3))
    except GradientError:
        assert kind.follows_gradient
    else:
        assert not kind.follows_gradient


def test_the_weights_of_a_linear_network_are_the_same_from_every_view(pose: Pose) -> None:
    free, ruled = under(pose, model=slope), under(pose, Rules(views=2), model=slope)
    assert torch.equal(direction(Weights(), ruled), direction(Weights(), free))


def test_an_attack_may_end_with_the_first_iterate_that_works(pose: Pose) -> None:
    given = {"model": slope, "epsilon": 0.5}
    steps = list(run(BIM(steps=20, step_size=0.05), under(pose, **given)))
    first = next(step.index for step in steps if step.logits.argmax(1) != 0)
    assert 0 < first < 20
    early = list(run(BIM(steps=20, step_size=0.05), under(pose, Rules(stop_early=True), **given)))
    assert early[-1].index == first
    assert torch.equal(early[-1].x, steps[first].x)


def test_with_an_early_end_every_size_of_a_sweep_gives_what_it_gives_alone(pose: Pose) -> None:
    x, attack = on_lattice(3), BIM(steps=20, step_size=0.05)
    label = torch.zeros(3).long()
    epsilons = torch.tensor([0.0, 0.4, 0.8], dtype=torch.float64).view(-1, 1, 1, 1)
    ruling = make_ruling(Rules(stop_early=True), "", x)
    *_, together = run(attack, pose(model=slope, x=x, labels=label, epsilon=epsilons, seeds=(1, 1, 1), ruling=ruling))
    for place in range(3):
        part = slice(place, place + 1)
        alone = pose(model=slope, x=x[part], labels=label[part], epsilon=epsilons[part], seeds=(1,), ruling=ruling)
        *_, last = run(attack, alone)
        torch.testing.assert_close(together.x[part], last.x, rtol=0, atol=1e-12)


def test_the_gradient_is_the_mean_over_the_views_and_the_picture_itself(pose: Pose) -> None:
    def bright(pixels: Tensor) -> Tensor:
        total = pixels.square().sum((1, 2, 3))
        return torch.stack([total, -total], 1)

    from engine.attacks.gradient import look
    from engine.attacks.obeying import under_rules

    rules = Rules(views=3, crop=0.4)
    problem = under_rules(under(pose, rules, model=bright))
    seen = look(problem, problem.x, lambda logits, _labels, _targeted: logits[:, 0])
    wanted = 2 * problem.x
    for view in Views(rules, 3).draw():
        leaf = problem.x.clone().requires_grad_()
        view(leaf).square().sum().backward()
        wanted = wanted + leaf.grad
    torch.testing.assert_close(seen.gradient, wanted / 4)
    torch.testing.assert_close(seen.logits, bright(problem.x))


def test_an_attack_over_views_survives_fresh_ones_more_often(pose: Pose, network: nn.Module) -> None:
    label = network(on_lattice()).argmax(1)

    def worked(rules: Rules) -> int:
        *_, step = run(PGD(steps=20), under(pose, rules, labels=label, epsilon=0.12))
        fresh = Views(Rules(views=16, crop=0.4, jpeg=True), 99).draw()
        return sum(int(network(view(step.x)).argmax(1) != label) for view in fresh)

    assert worked(Rules(views=8, crop=0.4, jpeg=True)) >= worked(EVERYWHERE)


def test_views_depend_on_the_seed_alone(pose: Pose) -> None:
    rules = Rules(views=2, jpeg=True)
    *_, one = run(PGD(steps=3), under(pose, rules, seeds=(3,)))
    torch.manual_seed(0)
    *_, again = run(PGD(steps=3), under(pose, rules, seeds=(3,)))
    *_, other = run(BIM(steps=3), under(pose, rules, seeds=(4,)))
    assert torch.equal(one.x, again.x)
    assert not torch.equal(one.x, other.x)


@pytest.mark.parametrize("shape", [(1, 1), (28, 28), (7, 13)])
def test_a_painted_area_goes_through_text_unchanged(shape: tuple[int, int]) -> None:
    area = np.random.default_rng(0).random(shape) > 0.4
    assert np.array_equal(read_mask(write_mask(area)), area)


@pytest.mark.parametrize("text", ["", "x", "3x3:", "0x9:AAAA", "99999x99999:eJw=", "8x8:eJxjYGBgAAAABAAB", "8x8:!!"])
def test_text_that_is_no_area_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="mask"):
        read_mask(text)


def test_an_area_is_stretched_over_another_picture() -> None:
    area = np.array([[True, False], [False, True]])
    assert fitted(area, (4, 6))[:2, :3].all()
    assert not fitted(area, (4, 6))[:2, 3:].any()
    assert fitted(area, (2, 2)) is area
