"""Numbers by name, from a file of safetensors or a pickle that is read without running anything in it."""

from __future__ import annotations

import json
import pickle
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engine.models.own.kinds import MOST_ENTRIES, is_safetensors, refused
from engine.models.weights import State

_WRAPPERS = ("state_dict", "model_state_dict", "model", "net", "network", "weights", "params", "ema", "module")
"""Under which of their keys training scripts keep the weights, the most explicit first."""
_PREFIXES = ("module.", "_orig_mod.", "model.", "net.", "network.")
"""What DataParallel, torch.compile, Lightning and others put before every name."""
_CLASS_KEYS = ("classes", "class_names", "class_to_idx", "idx_to_class")
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
    return Read(_without_prefixes(state), names)


def _safetensors(path: Path) -> tuple[State, tuple[str, ...]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "pt") as file:
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no dictionary
            told = file.metadata() or {}
    except (SafetensorError, OSError, ValueError, MemoryError) as error:
        raise refused(path, f"it is damaged ({error})", _AGAIN) from error
    return state, _class_names({key: _parsed(value) for key, value in told.items()})


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _pickle(path: Path) -> tuple[State, tuple[str, ...]]:
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise _refused_pickle(path, str(error)) from error
    except Exception as error:  # whatever a damaged or forged pickle makes its reader raise
        raise refused(path, "it is cut short or damaged", _AGAIN) from error
    if not isinstance(content, Mapping):
        raise refused(path, f"it holds {_kind(content)} instead of tensors by name", _SAFE_WAY)
    return _unwrapped(content), _class_names(content)


def _refused_pickle(path: Path, message: str) -> Exception:
    """Names what the pickle wanted to call."""
    wanted = re.search(r"GLOBAL ([\w.]+)", message)
    if wanted is None:
        return refused(path, "it is damaged, or holds more than numbers", f"{_AGAIN} {_SAFE_WAY}")
    name = wanted[1].rstrip(".")
    why = f"it holds more than numbers: to read it, {name} would have to be run, and that could be anything"
    return refused(path, why, _SAFE_WAY)


def _kind(content: object) -> str:
    return "one tensor" if isinstance(content, Tensor) else f"a {type(content).__name__}"


# Wrappers


def _unwrapped(content: Mapping[Any, Any]) -> State:
    """The tensors of a checkpoint, wherever it keeps them; two wrappers deep at most."""
    for _ in range(2):
        inside = next((content[key] for key in _WRAPPERS if _holds_tensors(content.get(key))), None)
        if inside is None:
            break
        content = inside
    return {str(name): each for name, each in content.items() if isinstance(each, Tensor)}


def _holds_tensors(value: object) -> bool:
    return isinstance(value, Mapping) and any(isinstance(each, Tensor | Mapping) for each in value.values())


def _without_prefixes(state: State) -> State:
    prefix = next((each for each in _PREFIXES if all(name.startswith(each) for name in state)), None)
    if prefix is None:
        return state
    return _without_prefixes({name.removeprefix(prefix): each for name, each in state.items()})


def _class_names(content: Mapping[Any, Any]) -> tuple[str, ...]:
    """The names of the classes, where a checkpoint has them under a usual key."""
    for key in _CLASS_KEYS:
        names = tuple(_names_in(content.get(key)))
        if len(names) >= 2 and all(names):
            return names
    return ()


def _names_in(value: object) -> Iterator[str]:
    """Names in a list, or in a dictionary of names and numbers either way round."""
    if isinstance(value, Mapping):
        pairs = [(name, number) if isinstance(number, int) else (number, name) for name, number in value.items()]
        if all(str(number).isdecimal() for _, number in pairs):
            yield from _texts(name for name, _ in sorted(pairs, key=lambda each: int(each[1])))
    elif isinstance(value, list | tuple):
        yield from _texts(value)


def _texts(values: Iterable[object]) -> Iterator[str]:
    return (each if isinstance(each, str) else "" for each in values)


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
