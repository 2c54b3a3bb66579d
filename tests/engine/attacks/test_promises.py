"""What every attack promises, checked for all of them alike."""

from collections.abc import Callable
from dataclasses import fields

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from engine.attacks import Problem, Step, run
from engine.catalogue.attacks import (
    ATTACKS,
    BIM,
    PGD,
    Attack,
    AutoAttack,
    Control,
    Moving,
    Noise,
    Norm,
    Patch,
    SaltAndPepper,
    Square,
    StAdv,
    Universal,
    Weights,
)

Pose = Callable[..., Problem]


def quick(kind: type[Attack]) -> Attack:
    """The attack with few steps, if it takes several."""
    few = {"steps": 3, "queries": 3, "targets": 2, "angles": 3, "shifts": 3}
    return kind(**{each.name: few[each.name] for each in fields(kind) if each.name in few})


SHELF = {name: quick(kind) for name, kind in ATTACKS.items()} | {"pgd-twice": PGD(steps=2, restarts=2)}
del SHELF[Weights.name]  # it refuses these networks: see test_weights.py
CASES = [
    pytest.param(attack, norm, targeted, id=f"{name}-{norm}" + "-targeted" * targeted)
    for name, attack in SHELF.items()
    for norm in attack.norms
    for targeted in (False, True)
    if attack.targetable or not targeted
]
# The last rests where it holds already.
BLIND = Noise | Control | Universal | Patch | SaltAndPepper | Square | Moving | StAdv
every_case = pytest.mark.parametrize(("attack", "norm", "targeted"), CASES)
every_seeing_case = pytest.mark.parametrize(  # three random squares may all be rejected; stAdv rests where it is wrong
    ("attack", "norm", "targeted"), [case for case in CASES if not isinstance(case.values[0], BLIND)]
)


def may_end_early(attack: Attack) -> bool:
    return attack.finds or isinstance(attack, AutoAttack)


def sizes(step: Step, clean: Tensor, norm: Norm) -> Tensor:
    if norm is Norm.FLOW:  # cannot be told from the values of the pixels
        assert step.moved is not None
        return step.moved
    delta = step.x.double() - clean.double()
    flat = delta.double().flatten(1)
    if norm is Norm.L0:
        return (delta != 0).any(1).flatten(1).sum(1)
    return {Norm.LINF: flat.abs().amax(1), Norm.L2: flat.square().sum(1).sqrt(), Norm.L1: flat.abs().sum(1)}[norm]


def budget(norm: Norm) -> float:
    """A small ε, but one that allows something: in L0 three pixels."""
    return {Norm.LINF: 0.02, Norm.L0: 3.0}.get(norm, 0.2)


def last(steps: object) -> Step:
    *_, step = steps  # type: ignore[misc]
    assert isinstance(step, Step)
    return step


def unsolved(pose: Pose, model: nn.Module, targeted: bool, **given: object) -> Problem:
    """A problem none of whose pictures is wrong, or at its target, to begin with: there would be nothing to find."""
    dtype = next(model.parameters()).dtype
    x = pose().x.to(dtype)
    with torch.no_grad():
        labels = (model(x).argmax(1) + int(targeted)) % 5
    return pose(model=model, x=x, labels=labels, targeted=targeted, **given)


def state_of(network: nn.Module) -> list[object]:
    values = [each.clone() for each in network.state_dict().values()]
    gradients = [each.grad for each in network.parameters()]
    flags = [each.requires_grad for each in network.parameters()] + [each.training for each in network.modules()]
    return [values, gradients, flags]


def assert_same_state(before: list[object], after: list[object]) -> None:
    for old, new in zip(before[0], after[0], strict=True):  # type: ignore[call-overload]
        assert torch.equal(old, new)
    assert before[1:] == after[1:]


@every_case
@settings(max_examples=15, deadline=None)
@given(
    epsilons=st.lists(st.floats(0, 2), min_size=3, max_size=3),
    seed=st.integers(0, 2**63 - 1),
    dtype=st.sampled_from([torch.float32, torch.float64]),
)
def test_every_iterate_stays_within_the_budget_and_within_zero_and_one(
    pose: Pose, attack: Attack, norm: Norm, targeted: bool, epsilons: list[float], seed: int, dtype: torch.dtype
) -> None:
    x = torch.rand(3, 3, 8, 8, generator=torch.Generator().manual_seed(seed)).mul(1.4).sub(0.2).clamp(0, 1).to(dtype)
    epsilon = torch.tensor(epsilons, dtype=torch.float64).view(-1, 1, 1, 1)

    def model(pixels: Tensor) -> Tensor:
        return pixels.flatten(1)[:, :7].cumsum(1).sin() * 4

    problem = pose(model=model, x=x, norm=norm, targeted=targeted, epsilon=epsilon, seeds=(seed, 1, 2))
    slack = 1e-5 if norm is Norm.L1 else 1e-6  # there the rounding of all the values adds up
    for step in run(attack, problem):
        assert step.x.dtype == dtype
        assert (sizes(step, x, norm) <= epsilon.view(-1) + slack).all()
        assert step.x.min() >= 0
        assert step.x.max() <= 1


@every_case
def test_an_epsilon_of_zero_leaves_the_picture_as_it_is(pose: Pose, attack: Attack, norm: Norm, targeted: bool) -> None:
    problem = pose(norm=norm, targeted=targeted, epsilon=0.0)
    for step in run(attack, problem):
        assert torch.equal(step.x, problem.x)


@every_case
def test_an_attack_of_n_steps_gives_every_iterate_with_the_answer_to_it(
    pose: Pose, network: nn.Module, attack: Attack, norm: Norm, targeted: bool
) -> None:
    problem = pose(norm=norm, targeted=targeted)
    steps = list(run(attack, problem))
    assert [step.index for step in steps] == list(range(len(steps)))
    assert steps[-1].index == attack.last_index or (may_end_early(attack) and 0 < steps[-1].index < attack.last_index)
    for step in steps:
        logits = network(step.x)
        torch.testing.assert_close(step.logits, logits)
        torch.testing.assert_close(step.loss, -logits.log_softmax(1)[torch.arange(4), problem.labels])
        assert not step.logits.requires_grad
        assert not step.x.requires_grad


@every_case
@pytest.mark.parametrize("closed_after", [1, 2, None])
def test_the_network_is_left_as_it_was_in_any_mode_even_when_the_attack_is_closed_early(
    pose: Pose, network: nn.Module, attack: Attack, norm: Norm, targeted: bool, closed_after: int | None
) -> None:
    network.train()
    network[1].eval()  # frozen on purpose
    before = state_of(network)
    steps = run(attack, pose(model=network, norm=norm, targeted=targeted))
    for count, _ in enumerate(steps, start=1):
        assert_same_state(before, state_of(network))
        if count == closed_after:
            steps.close()  # type: ignore[attr-defined]
    assert_same_state(before, state_of(network))


def test_the_network_is_left_as_it_was_when_it_fails_in_the_middle(pose: Pose, network: nn.Module) -> None:
    class Failing(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = network
            self.calls = 0

        def forward(self, x: Tensor) -> Tensor:
            self.calls += 1
            if self.calls == 3:
                raise RuntimeError("the third time")
            return self.inner(x)

    failing = Failing().train()
    before = state_of(failing)
    steps = run(BIM(), pose(model=failing))
    with pytest.raises(RuntimeError, match="the third time"):
        list(steps)
    assert_same_state(before, state_of(failing))


@every_case
def test_the_global_random_state_is_neither_read_nor_moved(
    pose: Pose, lively: nn.Module, attack: Attack, norm: Norm, targeted: bool
) -> None:
    problem = unsolved(pose, lively, targeted, norm=norm)
    torch.manual_seed(0)
    before = torch.get_rng_state()
    first = last(run(attack, problem))
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(99)
    assert torch.equal(last(run(attack, problem)).x, first.x)


@every_case
def test_a_batch_gives_what_its_pictures_give_one_by_one(
    pose: Pose, lively: nn.Module, attack: Attack, norm: Norm, targeted: bool
) -> None:
    epsilon = torch.tensor([0.0, 0.01, 0.2, 0.7], dtype=torch.float64).view(-1, 1, 1, 1)
    if norm is Norm.L0:
        epsilon = (epsilon * 40).ceil()
    whole = unsolved(pose, lively, targeted, norm=norm, epsilon=epsilon)
    together = list(run(attack, whole))
    for place in range(4):
        part = slice(place, place + 1)
        alone = pose(
            model=lively,
            norm=norm,
            targeted=targeted,
            x=whole.x[part],
            labels=whole.labels[part],
            epsilon=epsilon[part],
            seeds=whole.seeds[part],
        )
        apart = list(run(attack, alone))
        if may_end_early(attack):  # it ends with the last picture of the batch
            apart, together = apart[-1:], together[-1:]
        for one, all_ in zip(apart, together, strict=True):
            torch.testing.assert_close(one.x, all_.x[part], rtol=0, atol=1e-12)


@every_case
def test_an_attack_that_is_left_and_taken_up_again_gives_bit_for_bit_what_it_gives_run_through(
    pose: Pose, lively: nn.Module, attack: Attack, norm: Norm, targeted: bool
) -> None:
    problem = unsolved(pose, lively.float(), targeted, norm=norm)
    straight = [step.x for step in run(attack, problem)]
    paused = []
    for step in run(attack, problem):
        paused.append(step.x.clone())
        torch.manual_seed(len(paused))
        other = torch.rand(2, 3, requires_grad=True)
        other.square().sum().backward()
        with torch.no_grad():
            next(run(attack, pose(norm=norm)))
    assert all(torch.equal(one, two) for one, two in zip(straight, paused, strict=True))


@every_case
def test_another_seed_draws_another_perturbation_if_anything_is_drawn_and_the_same_seed_the_same(
    pose: Pose, network: nn.Module, attack: Attack, norm: Norm, targeted: bool
) -> None:
    x = torch.full((3, 3, 8, 8), 0.5, dtype=torch.float64)
    with torch.no_grad():
        usual = network(pose().x).mean(0)

    def model(pixels: Tensor) -> Tensor:
        """It gives every class to some noise, where the network gives one to all."""
        return network(pixels) - usual

    labels = model(x).topk(2).indices[:, int(targeted)]  # one that is left or reached already is not searched for
    problem = pose(model=model, x=x, norm=norm, targeted=targeted, seeds=(4, 5, 4), labels=labels, epsilon=budget(norm))
    found = torch.stack([step.x for step in run(attack, problem)])
    torch.testing.assert_close(found[:, 0], found[:, 2], rtol=0, atol=1e-12)
    assert torch.allclose(found[:, 0], found[:, 1], rtol=0, atol=1e-6) == (not attack.draws)


@every_case
def test_an_attack_works_where_the_caller_has_switched_gradients_off(
    pose: Pose, lively: nn.Module, attack: Attack, norm: Norm, targeted: bool
) -> None:
    problem = unsolved(pose, lively, targeted, norm=norm)
    with torch.no_grad():
        quiet = last(run(attack, problem)).x
        assert not torch.is_grad_enabled()
    assert torch.equal(quiet, last(run(attack, problem)).x)


@every_seeing_case
def test_an_attack_moves_the_loss_the_way_it_is_meant_to(
    pose: Pose, attack: Attack, norm: Norm, targeted: bool
) -> None:
    problem = pose(norm=norm, targeted=targeted, epsilon=budget(norm))
    first, *_, final = run(attack, problem)
    change = final.loss - first.loss
    if attack.finds:  # the clean picture is left as it is where it does already, or where three steps find nothing
        change = change[(final.x != problem.x).flatten(1).any(1)]
    assert (change < 0).all() if targeted else (change > 0).all()


@pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2])
def test_pgd_without_its_random_start_is_bim(pose: Pose, norm: Norm) -> None:
    problem = pose(norm=norm)
    pgd = run(PGD(steps=3, random_start=False), problem)
    assert all(torch.equal(one.x, two.x) for one, two in zip(pgd, run(BIM(steps=3), problem), strict=True))
