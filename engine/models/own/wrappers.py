"""What training scripts put around the weights of a network: dictionaries, prefixes of names, names of classes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from torch import Tensor

from engine.models.weights import State

DEEPEST = 4
"""Dictionaries in one another that are opened."""

_WRAPPERS = (
    *("state_dict", "model_state_dict", "model_state", "model", "net", "network", "weights", "params", "module"),
    *("backbone", "state_dict_ema", "ema_state_dict", "model_ema", "ema_model", "ema", "shadow"),
)
"""Under which of their keys training scripts keep the weights, the most explicit first, running averages last."""
_BESIDE = frozenset(
    {"n_averaged", "criterion", "loss", "loss_fn", "loss_func", "metrics", "ema", "ema_model", "model_ema"}
)
"""What stands beside a network under training: ``torch.optim.swa_utils``, and modules of Lightning."""
_PREFIXES = frozenset({"module", "_orig_mod", "model", "net", "network", "backbone"})
"""What DataParallel, torch.compile, Lightning and others put before every name, also before those of single tensors."""
_CLASS_KEYS = ("classes", "class_names", "class_to_idx", "idx_to_class")


# Dictionaries


def unwrapped(content: Mapping[Any, Any]) -> State:
    """The tensors of a checkpoint, wherever it keeps them."""
    for _ in range(DEEPEST):
        inside = _inside(content)
        if inside is None:
            break
        content = inside
    tensors = ((name, each) for name, each in content.items() if isinstance(each, Tensor))
    return {str(name): each for name, each in tensors if isinstance(name, str | int)}


def _inside(content: Mapping[Any, Any]) -> Mapping[Any, Any] | None:
    """The dictionary in a dictionary that holds the weights; one of an unusual name only where nothing else does."""
    usual = (content[key] for key in _WRAPPERS if _holds_tensors(content.get(key)))
    found = next(usual, None)
    if found is None and not any(isinstance(each, Tensor) for each in content.values()):
        found = next((each for each in content.values() if _is_state(each)), None)
    return found


def _holds_tensors(value: object) -> bool:
    return isinstance(value, Mapping) and any(isinstance(each, Tensor | Mapping) for each in value.values())


def _is_state(value: object) -> bool:
    """Whether it is tensors by name and nothing else, which no optimiser keeps."""
    return (
        isinstance(value, Mapping)
        and bool(value)
        and all(isinstance(name, str) and isinstance(each, Tensor) for name, each in value.items())
    )


# Names


def without_prefixes(state: State) -> State:
    """The tensors by the names that the network itself gives them."""
    kept = {name: each for name, each in state.items() if name.partition(".")[0] not in _BESIDE} or state
    first = {name.partition(".")[0] for name in kept}
    inner = {name.partition(".")[2]: each for name, each in kept.items()}
    is_dotted = ["." in name for name in inner]
    if len(first) == 1 and (all(is_dotted) or (any(is_dotted) and first <= _PREFIXES)):
        return without_prefixes(inner)
    return kept


# Classes


def class_names_in(content: Mapping[Any, Any]) -> tuple[str, ...]:
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
        if all(isinstance(number, str | int) and str(number).isdecimal() for _, number in pairs):
            yield from _texts(name for name, _ in sorted(pairs, key=lambda each: int(each[1])))
    elif isinstance(value, list | tuple):
        yield from _texts(value)


def _texts(values: Iterable[object]) -> Iterator[str]:
    return (each if isinstance(each, str) else "" for each in values)
