"""ONNX files, turned into layers of torch by onnx2torch, so that gradients work and layers can be looked at.

An ONNX file is data: numbers and the names of operators. Numbers that lie in a second file are read only from beside
the first, never from elsewhere on the disk.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from torch import nn

from engine.models.errors import ModelError, first_line
from engine.models.own.adapting import ChannelsLast
from engine.models.own.kinds import MOST_BYTES, refused
from engine.models.own.programs import Size, not_one_picture

OLDER_OPSET = 16
"""What a file is converted to where onnx2torch does not know the newest form of an operator."""

_EXTRA = "Install what reads them: pip install onnx onnx2torch."
_OTHER_WAYS = "Export the network as torch.export (.pt2) or TorchScript, or open its weights (a state_dict)."


def load_onnx(path: Path) -> tuple[nn.Module, Size | None, int | None]:
    """The network in evaluation mode, with (height, width) and channels of its input where the file tells them.

    Raises:
        ModelError: the extra is not installed, the file is damaged, or it has an operator that cannot be converted.
    """
    try:
        import onnx2torch  # noqa: F401 - whether it is there, before the file is read
    except ImportError as error:
        raise refused(path, "ONNX files need the packages onnx and onnx2torch", _EXTRA) from error
    try:
        model = _without_identities(_read(path))
        channels, height, width = _input_of(path, model)[1:]
    except UnicodeDecodeError as error:  # names are decoded when they are first looked at
        raise refused(path, "it is damaged: a name in it is no text", "Get it again where it came from.") from error
    network = _converted(path, model).eval()
    if width in {1, 3} and channels not in {1, 3}:  # (N, H, W, C), as TensorFlow has it
        channels, height, width = width, channels, height
        network = ChannelsLast(network)
    return network, (height, width) if height and width else None, channels


def _read(path: Path) -> Any:
    import onnx
    from google.protobuf.message import DecodeError

    try:
        model = onnx.load(path, load_external_data=False)
        _check_beside(path, model)
        onnx.load_external_data_for_model(model, str(path.parent))
    except (DecodeError, OSError, ValueError, MemoryError, onnx.checker.ValidationError) as error:
        if isinstance(error, ModelError):
            raise
        raise refused(path, "it is cut short or damaged", "Get it again where it came from.") from error
    if not model.graph.node:
        raise refused(path, "it holds no operators", "Get it again where it came from.")
    return model


def _check_beside(path: Path, model: Any) -> None:
    """Refuses numbers that lie anywhere else than in an ordinary file beside this one."""
    for name in _named_files(model.graph):
        beside = path.parent / name
        if not name or Path(name).name != name or beside.is_symlink():
            raise refused(path, f"it wants to read {name!r}, which is not beside it", "Do not trust this file.")
        if not beside.is_file():
            raise refused(path, f"its numbers are in {name}, and that is not here", "Put both into one folder.")
        if beside.stat().st_size > MOST_BYTES:
            raise refused(path, f"{name} is too large", "Choose a smaller network.")


def _named_files(graph: Any) -> Iterator[str]:
    """Which files the numbers of a graph are in, those of its operators and of the graphs in them as well."""
    tensors = [*graph.initializer]
    for node in graph.node:
        for each in node.attribute:
            tensors += [each.t, *each.tensors]
            for inner in (each.g, *each.graphs):
                yield from _named_files(inner)
    for tensor in tensors:
        yield from (entry.value for entry in tensor.external_data if entry.key == "location")


def _without_identities(model: Any) -> Any:
    """The same graph without nodes that hand on what they are given: onnx2torch takes no parameter from them."""
    graph = model.graph
    names: dict[str, str] = {}
    results = {each.name for each in graph.output}
    kept = []
    for node in graph.node:
        for place, name in enumerate(node.input):
            node.input[place] = names.get(name, name)
        if node.op_type == "Identity" and node.output[0] not in results:
            names[node.output[0]] = node.input[0]
        else:
            kept.append(node)
    del graph.node[:]
    graph.node.extend(kept)
    return model


def _input_of(path: Path, model: Any) -> list[int | None]:
    """(N, C, H, W) of the only input; None where it is left open."""
    given = {each.name for each in model.graph.initializer}
    inputs = [each.type.tensor_type.shape.dim for each in model.graph.input if each.name not in given]
    shapes = [tuple(each.dim_value or None for each in dimensions) for dimensions in inputs]
    if len(shapes) != 1 or len(shapes[0]) != 4:
        raise not_one_picture(path, shapes)
    return list(shapes[0])


def _converted(path: Path, model: Any) -> nn.Module:
    """The layers; by way of an older form of the file where the newest operators are not known."""
    import onnx2torch
    from onnx import version_converter

    def convert(form: Any) -> nn.Module:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            network: nn.Module = onnx2torch.convert(form)
            return network

    try:
        return convert(model)
    except NotImplementedError:
        unknown = _unknown(model)
    except Exception as error:
        raise refused(path, f"it cannot be converted ({first_line(error)})", _OTHER_WAYS) from error
    try:
        return convert(version_converter.convert_version(model, OLDER_OPSET))
    except Exception as error:
        one = len(unknown) == 1
        why = f"{'the operator' if one else 'the operators'} {', '.join(unknown)} cannot be converted to torch"
        raise refused(path, why, _OTHER_WAYS) from error


def _unknown(model: Any) -> list[str]:
    """The operators that onnx2torch has no layer for."""
    from onnx2torch.node_converters.registry import get_converter

    versions = {each.domain: each.version for each in model.opset_import}
    found: dict[str, None] = {}
    for node in model.graph.node:
        try:
            get_converter(node.op_type, versions.get(node.domain, 1), node.domain)
        except NotImplementedError:
            found[f"{node.domain}.{node.op_type}".lstrip(".")] = None
    return list(found) or ["some of its operators"]
