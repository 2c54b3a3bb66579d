"""Numbers by name, from a file of safetensors or a pickle that is read without running anything in it."""

from __future__ import annotations

import json
import pickle
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from engine.models.errors import first_line
from engine.models.own.kinds import MOST_ENTRIES, is_safetensors, refused
from engine.models.own.pickles import DamagedPickleError, foreign_names
from engine.models.own.wrappers import class_names_in, unwrapped, without_prefixes
from engine.models.weights import State

_AGAIN = "Get it again where it came from."
_SAFE_WAY = (
    "Where it was made, save only the numbers: torch.save(model.state_dict(), 'weights.pt'), or "
    "safetensors.torch.save_file(model.state_dict(), 'weights.safetensors'), and open that."
)


@dataclass(frozen=True, eq=False)
class Read:
    """What a file of weights holds: its tensors by name, without what wraps them, and class names if it has any."""

    state: State
    class_names: tuple[str, ...] = ()


def read_state(path: Path) -> Read:
    """The tensors in a file; floating-point numbers become float32.

    Raises:
        ModelError: it holds something else, more than numbers, or is damaged. Nothing in it has been run.
    """
    content, names = _safetensors(path) if is_safetensors(path) else _pickle(path)
    state = {name: _number_by_number(path, name, each) for name, each in content.items()}
    if not state:
        raise refused(path, "it holds no tensors", _SAFE_WAY)
    if len(state) > MOST_ENTRIES:
        raise refused(path, f"it holds {len(state)} tensors", "Choose a smaller network.")
    return Read(without_prefixes(state), names)


def _safetensors(path: Path) -> tuple[State, tuple[str, ...]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "pt") as file:
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no dictionary
            told = file.metadata() or {}
    except (SafetensorError, OSError, ValueError, MemoryError) as error:
        raise refused(path, f"it is damaged ({first_line(error)})", _AGAIN) from error
    return state, class_names_in({key: _parsed(value) for key, value in told.items()})


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _pickle(path: Path) -> tuple[State, tuple[str, ...]]:
    try:
        foreign = foreign_names(path)
    except DamagedPickleError as error:
        raise refused(path, "it is cut short or damaged", _AGAIN) from error
    if foreign:
        why = f"it holds more than numbers: to read it, {foreign[0]} would have to be run, and that could be anything"
        raise refused(path, why, _SAFE_WAY)
    content = _loaded(path)
    if not isinstance(content, Mapping):
        raise refused(path, f"it holds {_kind(content)} instead of tensors by name", _SAFE_WAY)
    return unwrapped(content), class_names_in(content)


def _loaded(path: Path) -> object:
    """What a pickle holds; torch is given the open file, for it goes by the name otherwise."""
    torch.serialization.add_safe_globals([Namespace])  # holds what it is given, and runs nothing
    try:
        with path.open("rb") as file:
            content: object = torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise refused(path, "it is damaged, or holds more than numbers", f"{_AGAIN} {_SAFE_WAY}") from error
    except Exception as error:  # whatever a damaged or forged pickle makes its reader raise
        raise refused(path, "it is cut short or damaged", _AGAIN) from error
    return content


def _kind(content: object) -> str:
    return "one tensor" if isinstance(content, Tensor) else f"a {type(content).__name__}"


# Tensors


def _number_by_number(path: Path, name: str, tensor: Tensor) -> Tensor:
    """A tensor that holds every one of its numbers itself, in float32 if they are fractions.

    A forged file can call a single number a tensor of a billion (strides of 0): that would fit into no memory.
    """
    if tensor.is_meta or tensor.is_quantized or tensor.layout is not torch.strided or tensor.is_complex():
        why = f"the tensor {name} is of a kind that networks for pictures do not have ({tensor.dtype}, {tensor.layout})"
        raise refused(path, why, "Save the network in float32.")
    if tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
        raise refused(path, f"the tensor {name} claims more numbers than the file holds", _AGAIN)
    return tensor.float() if tensor.is_floating_point() else tensor
