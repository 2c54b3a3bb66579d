"""Which layer carries the attack: shares restored and implanted, checked against runs made by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from engine.errors import ExplainedError
from engine.inside import Causes
from engine.look import Edit, Intervention
from engine.network.causes import NOTHING_LOST, causes
from engine.network.edits import edited
from engine.network.subject import Subject

from .subjects import (
    CLASSES,
    ChannelsLast,
    OnePicture,
    Residual,
    Tokens,
    in_half_precision,
    logits,
    looking_at,
    seeded,
    subject_of,
)

KINDS = [Residual, Tokens, ChannelsLast]


def last_of(subject: Subject) -> Causes:
    found = [each for each in causes(subject) if each is not None]
    assert found
    return found[-1]


def share(found: Causes, layer: str, *, implanted: bool = False) -> float:
    values = found.implanted if implanted else found.restored
    assert values is not None
    return float(values[found.layers.index(layer)])


def normalised(x: torch.Tensor) -> torch.Tensor:
    return (x - 0.5) / 0.25


# Whole layers


@pytest.mark.parametrize("kind", KINDS)
def test_the_last_layer_restores_and_loses_everything(kind: type[nn.Module]) -> None:
    found = last_of(subject_of(seeded(kind)))
    assert share(found, "head") == pytest.approx(1, abs=1e-5)
    assert share(found, "head", implanted=True) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_layer_that_all_else_is_computed_from_restores_everything(kind: type[nn.Module]) -> None:
    found = last_of(subject_of(seeded(kind)))
    assert share(found, found.layers[0]) == pytest.approx(1, abs=1e-4)


def test_one_branch_of_two_restores_a_part_as_computed_by_hand() -> None:
    subject = subject_of(seeded(Residual))
    network = subject.watched.classifier.module.network

    def run(x: torch.Tensor, branch_of: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            skip, other = (network.stem(normalised(each)).relu() for each in (x, branch_of))
            return network.head((network.branch(other) + skip).relu().mean((2, 3)))[0]

    clean, attacked = run(subject.clean, subject.clean), run(subject.attacked, subject.attacked)
    before = int(clean.argmax())
    after = int(attacked.argmax())
    if after == before:
        after = int(attacked.masked_fill(torch.arange(CLASSES) == before, -torch.inf).argmax())
    margins = [float(each[before] - each[after]) for each in (clean, attacked)]
    lost = margins[0] - margins[1]
    restored = run(subject.attacked, subject.clean)
    implanted = run(subject.clean, subject.attacked)
    found = last_of(subject)
    wanted = (float(restored[before] - restored[after]) - margins[1]) / lost
    assert share(found, "branch") == pytest.approx(wanted, abs=1e-4)
    wanted = (margins[0] - float(implanted[before] - implanted[after])) / lost
    assert share(found, "branch", implanted=True) == pytest.approx(wanted, abs=1e-4)
    assert abs(share(found, "branch") - 1) > 1e-3


class Halves(nn.Module):
    """Looks at the left half of the picture and at the right one with a layer each."""

    def __init__(self) -> None:
        super().__init__()
        self.left = nn.Conv2d(3, 4, 3)
        self.right = nn.Conv2d(3, 4, 3)
        self.head = nn.Linear(8, CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, H, W) to (N, CLASSES)."""
        middle = x.shape[-1] // 2
        sides = self.left(x[..., :middle]), self.right(x[..., middle:])
        return self.head(torch.cat([each.relu().mean((2, 3)) for each in sides], 1))


def test_a_layer_that_the_attack_does_not_reach_restores_nothing() -> None:
    subject = subject_of(seeded(Halves))
    attacked = subject.attacked.clone()
    attacked[..., :8] = subject.clean[..., :8]
    found = last_of(replace(subject, attacked=attacked))
    assert share(found, "left") == pytest.approx(0, abs=1e-5)
    assert share(found, "left", implanted=True) == pytest.approx(0, abs=1e-5)
    assert share(found, "right") == pytest.approx(1, abs=1e-5)


def test_shares_fill_in_one_layer_at_a_time() -> None:
    known = [
        int(np.isfinite(each.restored).sum())
        for each in causes(subject_of(seeded(Residual)))
        if each is not None and each.restored is not None
    ]
    assert known == list(range(known[-1] + 1))


def test_what_was_tried_is_kept_while_another_layer_or_edit_is_chosen() -> None:
    subject = subject_of(seeded(Residual))
    last_of(subject)
    another = looking_at(subject, layer="branch", edits=(Edit("stem"),))
    first = next(each for each in causes(another) if each is not None and each.layers)
    assert first.restored is not None
    assert np.isfinite(first.restored).all()
    assert first.edited_attacked is not None


def test_nothing_lost_is_said_and_not_divided_by() -> None:
    subject = subject_of(seeded(Residual))
    same = replace(subject, attacked=subject.clean.clone(), after=subject.before)
    found = last_of(same)
    assert found.note == NOTHING_LOST
    assert found.done == found.total


def test_a_network_that_mixes_pictures_of_a_batch_is_told_and_gives_no_number() -> None:
    subject = subject_of(seeded(OnePicture))
    with pytest.raises(ExplainedError, match="two pictures in one pass"):
        last_of(subject)


def test_half_precision_gives_nearly_the_same_shares() -> None:
    subject = subject_of(seeded(Residual))
    full, half = (last_of(each) for each in (subject, in_half_precision(subject, seeded(Residual))))
    assert full.restored is not None
    assert half.restored is not None
    np.testing.assert_allclose(full.restored, half.restored, atol=0.1)


# Units


def test_a_unit_put_back_restores_what_exchanging_it_by_hand_restores() -> None:
    subject = looking_at(subject_of(seeded(Residual)), layer="branch")
    found = last_of(subject)
    assert found.unit_layer == "branch"
    assert found.units is not None
    assert found.unit_restored is not None
    assert sorted(found.units.tolist()) == list(range(6))
    network = subject.watched.classifier.module.network
    with torch.no_grad():
        skip, clean = (network.stem(normalised(each)).relu() for each in (subject.attacked, subject.clean))
        mixed = network.branch(skip)
        unit = int(found.units[0])
        mixed[:, unit] = network.branch(clean)[:, unit]
        answer = network.head((mixed + skip).relu().mean((2, 3)))[0]
    plain, lost = logits(subject, subject.clean)[0], logits(subject, subject.attacked)[0]
    before = subject.before.label
    after = int(lost.masked_fill(torch.arange(CLASSES) == before, -torch.inf).argmax())
    margins = [float(each[before] - each[after]) for each in (plain, lost, answer)]
    assert found.unit_restored[0] == pytest.approx((margins[2] - margins[1]) / (margins[0] - margins[1]), abs=1e-4)


def test_units_that_changed_most_are_tried_first() -> None:
    subject = looking_at(subject_of(seeded(Tokens)), layer="norm")
    found = last_of(subject)
    clean, attacked = (subject.watched.values(x, ["norm"])[1]["norm"] for x in (subject.clean, subject.attacked))
    change = (attacked - clean).square().sum((0, 1))
    assert found.units is not None
    assert found.units.tolist() == change.argsort(descending=True).tolist()


# Edits


def with_edits(subject: Subject, *edits: Edit) -> Causes:
    return edited(looking_at(subject, edits=edits))


def probabilities(answer: torch.Tensor) -> np.ndarray:
    return answer.softmax(-1)[0].numpy()


def test_without_edits_there_are_no_answers() -> None:
    found = with_edits(subject_of(seeded(Residual)))
    assert (found.edited_clean, found.edited_attacked) == (None, None)


def test_muting_a_unit_is_the_same_as_zeroing_its_weights() -> None:
    subject = subject_of(seeded(Residual))
    found = with_edits(subject, Edit("branch", 2, Intervention.SCALE, 0.0))
    by_hand = seeded(Residual)
    with torch.no_grad():
        by_hand.branch.weight[2] = 0
        by_hand.branch.bias[2] = 0
        wanted = by_hand(normalised(subject.attacked)), by_hand(normalised(subject.clean))
    assert found.edited_attacked is not None
    assert found.edited_clean is not None
    np.testing.assert_allclose(found.edited_attacked.probabilities, probabilities(wanted[0]), atol=1e-5)
    np.testing.assert_allclose(found.edited_clean.probabilities, probabilities(wanted[1]), atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_restored_stem_makes_the_attacked_answer_the_clean_one(kind: type[nn.Module]) -> None:
    subject = subject_of(seeded(kind))
    first = subject.watched.architecture.nodes[1].name  # the first is the normalisation
    found = with_edits(subject, Edit(first, None, Intervention.RESTORE))
    assert found.edited_attacked is not None
    np.testing.assert_allclose(found.edited_attacked.probabilities, subject.before.probabilities, atol=1e-4)
    assert found.edited_clean is subject.before


def test_an_implanted_stem_makes_the_clean_answer_the_attacked_one() -> None:
    subject = subject_of(seeded(Residual))
    found = with_edits(subject, Edit("stem", None, Intervention.IMPLANT))
    assert found.edited_clean is not None
    np.testing.assert_allclose(found.edited_clean.probabilities, subject.after.probabilities, atol=1e-4)
    assert found.edited_attacked is subject.after


def test_edits_of_one_layer_are_made_in_their_order() -> None:
    subject = subject_of(seeded(Residual))
    restore, mute = Edit("stem", None, Intervention.RESTORE), Edit("stem", None, Intervention.SCALE, 0.0)
    muted, restored = with_edits(subject, restore, mute), with_edits(subject, mute, restore)
    assert muted.edited_attacked is not None
    assert restored.edited_attacked is not None
    assert not np.allclose(muted.edited_attacked.probabilities, restored.edited_attacked.probabilities)
    np.testing.assert_allclose(restored.edited_attacked.probabilities, subject.before.probabilities, atol=1e-4)


def test_edits_that_this_network_does_not_have_are_left_out() -> None:
    subject = subject_of(seeded(Residual))
    assert with_edits(subject, Edit("of another network"), Edit("stem", 600)).edited_clean is None


def test_a_sweep_left_half_way_leaves_the_network_as_it_was() -> None:
    subject = looking_at(subject_of(seeded(Residual)), layer="branch")
    before = logits(subject, subject.attacked)
    half_way = causes(subject)
    for _ in range(5):
        next(half_way)
    half_way.close()  # type: ignore[attr-defined]
    torch.testing.assert_close(logits(subject, subject.attacked), before)
    assert not any(each._forward_hooks for each in subject.watched.classifier.module.modules())
