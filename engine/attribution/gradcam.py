"""Attribution at a layer: its feature maps, weighted by their gradient."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from engine.attribution.case import Attribution, Case, check_differentiable, exact
from engine.catalogue.saliency import GradCAM
from engine.errors import ExplainedError
from engine.inside import Form, Node

_MOST_EXTRA_TOKENS = 8
"""Class, distillation and register tokens stand before those of the patches; no network has more."""


class NoMapsError(ExplainedError):
    """A layer without places."""

    def __init__(self, layer: str) -> None:
        why = f"{layer} has no feature maps" if layer else "the layers of this network are not known"
        super().__init__("Grad-CAM needs places in the picture", why, "Choose a convolution or a block of patches.")


def grad_cam(case: Case, _options: GradCAM) -> Iterator[Attribution]:
    """max(0, Σ_k mean(∂z_c/∂A_k) A_k), made as large as the picture bilinearly (Selvaraju et al. 2017).

    Raises:
        NoMapsError: the layer has no places.
    """
    if not case.layer:
        raise NoMapsError("")
    node = case.watched.node(case.layer)
    value, slope = _value_and_slope(case)
    size = tuple(case.x.shape[-2:])
    maps, slopes = (exact(_as_maps(each, node, size)) for each in (value, slope))
    weights = slopes.mean((2, 3), keepdim=True)
    small = (weights * maps).sum(1, keepdim=True).clamp(min=0)
    large = nn.functional.interpolate(small, size, mode="bilinear", align_corners=False)
    yield Attribution(large[0], note=_say_flat(case.layer, slopes, small))


def _value_and_slope(case: Case) -> tuple[Tensor, Tensor]:
    """The layer's value A and ∂z_c/∂A; zero where the score does not depend on it."""
    with torch.enable_grad():
        logits, values = case.watched.values(case.x.clone().requires_grad_(), [case.layer])
        value = values[case.layer]
        check_differentiable(logits)
        if not value.requires_grad:
            return value, torch.zeros_like(value)
        slope: Tensor | None = torch.autograd.grad(logits[0, case.label], value, allow_unused=True)[0]
    return value.detach(), torch.zeros_like(value) if slope is None else slope


def _as_maps(value: Tensor, node: Node, size: tuple[int, ...]) -> Tensor:
    """(1, K, H, W), whatever the layer's form; ``size`` is the picture's height and width."""
    if node.form is Form.MAPS:
        return value
    grid = patch_grid(node.shape[0], size) if node.form is Form.TOKENS else None
    if grid is None:
        raise NoMapsError(node.name)
    patches = value[:, -grid[0] * grid[1] :]
    return patches.transpose(1, 2).reshape(1, -1, *grid)


def patch_grid(tokens: int, size: tuple[int, ...]) -> tuple[int, int] | None:
    """Rows and columns of the patches among so many tokens, with the picture's proportions; None if nothing fits."""
    for extra in range(min(_MOST_EXTRA_TOKENS, tokens - 1) + 1):
        patches = tokens - extra
        rows = round((patches * size[0] / size[1]) ** 0.5)
        if rows and patches % rows == 0 and round(rows * size[1] / size[0]) == patches // rows:
            return rows, patches // rows
    return None


def _say_flat(layer: str, slopes: Tensor, cam: Tensor) -> str:
    if not slopes.any():
        return (
            f"The score does not depend on the places of {layer}, so its map is empty. An earlier layer may have one."
        )
    return "" if cam.any() else f"Nothing in {layer} speaks for this class, so its map is empty."
