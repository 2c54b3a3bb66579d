"""The checks for hidden gradients: networks that are built to hide theirs are found out, an honest one is not."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from engine.catalogue.attacks import Norm
from engine.experiment import Experiment, to_image
from engine.inside import Lamp, Masking, MaskingCheck
from engine.network.subject import Subject
from engine.robustness import masking as module
from engine.robustness.masking import masking
from engine.robustness.trial import Reached, Trial
from tests.engine.network.subjects import Residual, classifier, seeded, subject_of

REPEATED, ZEROS, SATURATED, ONE_STEP, NOISE, BLACK_BOX, UNBOUNDED = range(7)


class Lively(nn.Module):
    """A small network whose answers depend on its pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.network = seeded(Residual)
        self.head = nn.Linear(3 * 16 * 16, 5)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.network(x) + 3 * self.head(x.flatten(1))
        return logits


class Around(nn.Module):
    """A network with something before and behind it that hides its gradient."""

    def __init__(self, times: float = 1.0) -> None:
        super().__init__()
        self.inner = seeded(Lively)
        self.times = times

    def before(self, x: Tensor) -> Tensor:
        return x

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.inner(self.before(x)) * self.times
        return logits


class Quantising(Around):
    """Rounds its pixels, so that its gradient is zero."""

    def before(self, x: Tensor) -> Tensor:
        return (x * 8).round() / 8


class Noisy(Around):
    """Adds noise of its own to its pixels."""

    def before(self, x: Tensor) -> Tensor:
        return x + 0.1 * torch.randn_like(x)


def checked(network: nn.Module) -> Masking:
    *_, found = (each for each in masking(subject_of(network)) if each is not None)
    assert found.done == found.total
    return found


def test_an_honest_network_stays_clear_in_every_check() -> None:
    found = checked(seeded(Lively))
    assert [each.lamp for each in found.checks] == [Lamp.CLEAR] * 7, found.checks
    assert found.lamp is Lamp.CLEAR


def test_a_network_that_rounds_its_pixels_has_no_gradient_and_is_found_out_by_answers_alone() -> None:
    found = checked(Quantising())
    assert found.checks[ZEROS].lamp is Lamp.MASKED
    assert "exactly zero" in found.checks[ZEROS].reason
    assert found.checks[BLACK_BOX].lamp is not Lamp.CLEAR
    assert found.lamp is Lamp.MASKED


def test_logits_a_thousand_times_as_large_saturate_the_loss_and_its_gradient() -> None:
    found = checked(Around(1000.0))
    assert found.checks[SATURATED].lamp is Lamp.MASKED
    assert found.checks[SATURATED].value == "loss exactly 0"
    assert found.checks[ZEROS].lamp is Lamp.MASKED
    assert "APGD-DLR" in found.checks[SATURATED].reason


def test_a_network_with_noise_of_its_own_answers_the_same_picture_differently() -> None:
    found = checked(Noisy())
    assert found.checks[REPEATED].lamp in (Lamp.DOUBTFUL, Lamp.MASKED)
    assert "Average" in found.checks[REPEATED].reason


def test_a_network_that_lets_no_gradient_through_is_said_to_have_none() -> None:
    class Detached(Around):
        def before(self, x: Tensor) -> Tensor:
            return x.detach()

    subject = subject_of(seeded(Lively))
    experiment = Experiment(classifier(Detached()), to_image(subject.clean[0]))
    *_, found = (each for each in masking(replace(subject, experiment=experiment)) if each is not None)
    assert found.checks[ZEROS].lamp is Lamp.MASKED
    assert found.checks[ZEROS].value == "no gradient"
    assert found.checks[REPEATED].lamp is Lamp.CLEAR


# What a check says


@pytest.mark.parametrize(
    ("weaker", "stronger", "lamp"),
    [
        (-1.0, 2.0, Lamp.CLEAR),
        (2.0, 2.02, Lamp.CLEAR),
        (1.0, -0.5, Lamp.MASKED),
        (-1.0, -3.0, Lamp.DOUBTFUL),
        (5.0, 1.0, Lamp.DOUBTFUL),
        (-3.95, -4.0, Lamp.DOUBTFUL),
        (-4.0, -4.0, Lamp.CLEAR),
    ],
)
def test_a_weaker_attack_that_comes_further_is_a_sign_and_one_that_alone_fools_is_proof(
    weaker: float, stronger: float, lamp: Lamp
) -> None:
    assert Reached(-4.0, weaker).beside(Reached(-4.0, stronger)) is lamp


def test_the_lamp_is_the_worst_of_all_checks_and_waits_for_them_unless_it_is_masked() -> None:
    clear, doubtful, masked = (MaskingCheck("", lamp) for lamp in Lamp)
    unmade = MaskingCheck("")
    known = Masking((clear, unmade), Norm.LINF, 0.03, 1, 2)
    assert known.lamp is None
    assert replace(known, checks=(masked, unmade)).lamp is Lamp.MASKED
    assert replace(known, checks=(clear, doubtful), done=2).lamp is Lamp.DOUBTFUL
    assert replace(known, checks=(clear, clear), done=2).lamp is Lamp.CLEAR


# How it runs


def test_it_may_be_left_at_any_step_and_tells_how_far_it_is() -> None:
    made = masking(subject_of(seeded(Lively)))
    first = next(made)
    assert first is not None
    assert first.done == 0
    assert all(each.lamp is None for each in first.checks)
    done = [each.done for each in made if each is not None]
    assert done == sorted(done)
    assert len(done) > 100  # a stop at every pass


def test_what_was_found_out_is_kept_for_the_picture_whatever_the_attack() -> None:
    subject = subject_of(seeded(Lively))
    *_, found = masking(subject)
    other = replace(subject, question=replace(subject.question, seed=7))
    assert list(masking(other)) == [found]


def test_a_norm_that_not_all_attacks_know_is_checked_in_linf() -> None:
    subject: Subject = subject_of(seeded(Lively))
    assert Trial(subject.experiment, Norm.L1).norm is Norm.LINF
    assert Trial(subject.experiment, Norm.L2).norm is Norm.L2


def test_of_several_open_pictures_it_counts_those_without_a_gradient() -> None:
    subject = subject_of(seeded(Lively))
    gallery = ("sample:camera", "sample:chelsea")
    looked = replace(subject, look=subject.look.with_(gallery=gallery))
    known = next(each for each in masking(looked) if each is not None and each.checks[ZEROS].lamp is not None)
    assert "0 of 2 open pictures without any" in known.checks[ZEROS].value


def test_every_check_says_in_a_sentence_what_it_means_and_where_it_is_from() -> None:
    found = checked(seeded(Lively))
    assert all(each.reason.endswith(".") and "arXiv" in each.paper and each.value for each in found.checks)
    assert len({each.title for each in found.checks}) == len(found.checks)
    assert found.total >= module.QUERIES
