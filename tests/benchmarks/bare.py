"""Attacks as one writes them by hand for one experiment: no checks, no pictures between, no pause; to be compared with.

Every one takes a network with frozen parameters in evaluation mode, pictures (N, C, H, W) in [0, 1] and the labels to
leave, and takes one forward and one backward pass a step, or what its algorithm needs. In L∞ but for C&W and DeepFool,
which are in L2.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

Model = Callable[[Tensor], Tensor]


def fgsm(model: Model, x: Tensor, labels: Tensor, epsilon: float) -> Tensor:
    """Goodfellow et al. 2015."""
    return (x + epsilon * _gradient(model, x, labels).sign()).clamp(0, 1)


def pgd(model: Model, x: Tensor, labels: Tensor, epsilon: float, steps: int, alpha: float) -> Tensor:
    """Madry et al. 2018; α in pixel units."""
    low, high = (x - epsilon).clamp(min=0), (x + epsilon).clamp(max=1)
    moved = torch.clamp(x + epsilon * (2 * torch.rand_like(x) - 1), 0, 1)
    for _ in range(steps):
        moved = torch.clamp(moved + alpha * _gradient(model, moved, labels).sign(), low, high)
    return moved


def apgd(model: Model, x: Tensor, labels: Tensor, epsilon: float, steps: int, checks: dict[int, int]) -> Tensor:
    """Croce & Hein 2020, algorithm 1; ``checks`` are the iterates after which step sizes are reconsidered."""
    low, high = (x - epsilon).clamp(min=0), (x + epsilon).clamp(max=1)
    now = before = torch.clamp(x + epsilon * (2 * torch.rand_like(x) - 1), 0, 1)
    pace = torch.full_like(x[:, :1, :1, :1], 2 * epsilon)
    loss, gradient = _loss_and_gradient(model, now, labels)
    best, best_gradient, highest, last, at_check = now, gradient, loss, loss, loss
    rises, was_halved = torch.zeros_like(loss), torch.zeros_like(loss, dtype=torch.bool)
    for index in range(steps):
        if index in checks:
            halves = (rises < 0.75 * checks[index]) | (~was_halved & (highest == at_check))
            wide = halves[:, None, None, None]
            pace, now = torch.where(wide, pace / 2, pace), torch.where(wide, best, now)
            gradient = torch.where(wide, best_gradient, gradient)
            rises, was_halved, at_check = torch.zeros_like(loss), halves, highest
        ahead = torch.clamp(now + pace * gradient.sign(), low, high)
        kept = 0.25 if index else 0.0
        now, before = torch.clamp(now + (1 - kept) * (ahead - now) + kept * (now - before), low, high), now
        loss, gradient = _loss_and_gradient(model, now, labels)
        rises, last = rises + (loss > last), loss
        better = loss > highest
        best = torch.where(better[:, None, None, None], now, best)
        best_gradient = torch.where(better[:, None, None, None], gradient, best_gradient)
        highest = torch.where(better, loss, highest)
    return best


def carlini_wagner(model: Model, x: Tensor, labels: Tensor, searches: int, steps: int, weight: float) -> Tensor:
    """Carlini & Wagner 2017 in L2, with torch's Adam at 0.01 and a search over c for every picture."""
    c, low, high = torch.full_like(x[:, 0, 0, 0], weight), torch.zeros(len(x)), torch.full((len(x),), torch.inf)
    best, smallest = x.clone(), torch.full((len(x),), torch.inf)
    for _ in range(searches):
        w = torch.atanh(0.999999 * (2 * x - 1)).requires_grad_()
        adam = torch.optim.Adam([w], lr=0.01)
        is_enough = torch.zeros(len(x), dtype=torch.bool)
        for _ in range(steps):
            moved = (torch.tanh(w) + 1) / 2
            logits = model(moved)
            lead, size = _lead(logits, labels), (moved - x).square().sum((1, 2, 3))
            w.grad = torch.autograd.grad((size + c * lead.clamp(min=0)).sum(), w)[0]
            adam.step()
            fools, size = logits.detach().argmax(1) != labels, size.detach()
            better = fools & (size < smallest)
            best = torch.where(better[:, None, None, None], moved.detach(), best)
            smallest = torch.where(better, size, smallest)
            is_enough |= fools
        high, low = torch.where(is_enough, c, high), torch.where(is_enough, low, c)
        c = torch.where(high.isfinite(), (low + high) / 2, c * 10)
    return best


def deepfool(model: Model, x: Tensor, labels: Tensor, steps: int, candidates: int) -> Tensor:
    """Moosavi-Dezfooli et al. 2016 in L2: a backward pass for every class that is compared."""
    moved, change = x, torch.zeros_like(x)
    rows = torch.arange(len(x))
    others = model(x).scatter(1, labels[:, None], -torch.inf).topk(candidates - 1).indices
    for _ in range(steps):
        leaf = moved.detach().requires_grad_()
        logits = model(leaf)
        holds = logits.argmax(1) == labels
        if not bool(holds.any()):
            break
        gaps = logits.gather(1, others) - logits.gather(1, labels[:, None])
        normals = torch.stack([torch.autograd.grad(each.sum(), leaf, retain_graph=True)[0] for each in gaps.T], 1)
        lengths = normals.flatten(2).norm(dim=2)
        nearest = (gaps.detach().abs() / lengths).argmin(1)
        size = gaps.detach()[rows, nearest].abs() / lengths[rows, nearest].square()
        change = change + (holds * (size + 1e-6))[:, None, None, None] * normals[rows, nearest]
        moved = (x + 1.02 * change).clamp(0, 1)
    return moved.detach()


def square(model: Model, x: Tensor, labels: Tensor, epsilon: float, sides: list[int]) -> Tensor:
    """Andriushchenko et al. 2020 in L∞: one query for every side of ``sides``, a place of its own for every picture."""
    low, high = (x - epsilon).clamp(min=0), (x + epsilon).clamp(max=1)
    channels, height, width = x.shape[1:]
    stripes = 2.0 * torch.randint(0, 2, (len(x), channels, 1, width)) - 1
    with torch.no_grad():
        best = torch.clamp(x + epsilon * stripes, low, high)
        least = _lead(model(best), labels)
        for side in sides:
            tried = best.clone()
            tops = torch.randint(0, height - side + 1, (len(x),)).tolist()
            lefts = torch.randint(0, width - side + 1, (len(x),)).tolist()
            shifts = 2 * epsilon * (2.0 * torch.randint(0, 2, (len(x), channels, 1, 1)) - 1)
            for picture, top, left, shift in zip(tried, tops, lefts, shifts, strict=True):
                picture[:, top : top + side, left : left + side] += shift
            tried = torch.clamp(tried, low, high)
            lead = _lead(model(tried), labels)
            better = lead < least
            best, least = torch.where(better[:, None, None, None], tried, best), torch.where(better, lead, least)
    return best


def _loss_and_gradient(model: Model, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    leaf = x.detach().requires_grad_()
    loss = functional.cross_entropy(model(leaf), labels, reduction="none")
    return loss.detach(), torch.autograd.grad(loss.sum(), leaf)[0]


def _gradient(model: Model, x: Tensor, labels: Tensor) -> Tensor:
    leaf = x.detach().requires_grad_()
    loss = functional.cross_entropy(model(leaf), labels, reduction="sum")
    return torch.autograd.grad(loss, leaf)[0]


def _lead(logits: Tensor, labels: Tensor) -> Tensor:
    """By how much the label is ahead of the next class, (N,)."""
    column = labels[:, None]
    return logits.gather(1, column)[:, 0] - logits.scatter(1, column, -torch.inf).amax(1)
