"""Files that bring their own architecture and whose loaders can run code: TorchScript and ``torch.export``.

Both are opened only once the user has said that they made the file, never by a mere drop:

- A TorchScript archive is a program. PyTorch's own security notes say to treat it as one: its operators can read and
  write files, and what it keeps beside its tensors goes through an unpickler.
- ``torch.export.load`` reads the example inputs, the constants and, in older files, the weights of a ``.pt2`` archive
  with ``torch.load``. Where the safe reading (``weights_only``) refuses, it goes on with the unrestricted one, and that
  runs whatever the pickle names.

A process without rights was considered in place of the question: it would have to run the network for ever, for the
program is the network, and every gradient would cross between processes.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import torch
from torch import fx, nn

from engine.catalogue.own import Kind
from engine.models.errors import ModelError, first_line
from engine.models.own.kinds import refused

Size = tuple[int, int]

SIDES = (224, 32, 28, 64, 96, 128, 256, 299, 384)
"""What is tried as the side of the input where nothing tells it."""


def must_be_trusted(path: Path, kind: Kind) -> ModelError:
    """The error for a file that may run code and that nobody has spoken for."""
    what = "a TorchScript program" if kind is Kind.SCRIPT else "a torch.export program"
    return refused(
        path,
        f"it is {what}, and opening it can run code that it holds",
        "If you made the file yourself, say so: tick “I made this file”, or --i-made-this-file on the command line.",
    )


def load_script(path: Path) -> nn.Module:
    """A TorchScript module, in evaluation mode; only for files that are trusted.

    Raises:
        ModelError: it cannot be read, or needs several inputs.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that TorchScript is deprecated
            network: Any = torch.jit.load(path, map_location="cpu")  # type: ignore[no-untyped-call]
            wanted = [each for each in network.forward.schema.arguments[1:] if not each.has_default_value()]
    except Exception as error:
        raise refused(path, f"TorchScript cannot read it ({first_line(error)})", _ANEW) from error
    if len(wanted) > 1:
        raise not_one_picture(path, [()] * len(wanted))
    loaded: nn.Module = network.eval()
    return loaded


def load_exported(path: Path) -> tuple[nn.Module, Size | None, int | None]:
    """An exported program as a module, with (height, width) and channels of its input; only for trusted files.

    Raises:
        ModelError: it cannot be read, or takes something else than one batch of pictures.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program = torch.export.load(path)
            module = program.module()
            # A fresh graph module: the one that torch gives refuses to be put into evaluation mode.
            network = _unguarded(fx.GraphModule(module, module.graph))
    except Exception as error:
        raise refused(path, f"torch.export cannot read it ({first_line(error)})", _ANEW) from error
    shapes = _inputs_of(program)
    if len(shapes) != 1 or len(shapes[0]) != 4:
        raise not_one_picture(path, [tuple(each) for each in shapes])
    channels, height, width = (each if isinstance(each, int) else None for each in shapes[0][1:])
    return network, (height, width) if height and width else None, channels


def not_one_picture(path: Path, shapes: list[tuple[object, ...]]) -> ModelError:
    """The error about a network that takes something else than a batch of pictures."""
    if len(shapes) == 1:
        why = f"its input has {len(shapes[0])} dimensions, not the four of pictures (N, C, H, W)"
    else:
        why = f"it needs {len(shapes)} inputs, and Foolscope has one picture to give"
    return refused(
        path, why, "Export a module that takes one batch of pictures (N, C, H, W) and returns logits (N, K)."
    )


def channels_of(network: nn.Module) -> int:
    """How many channels the first layer with weights takes, 1 or 3 where that is unclear."""
    for tensor in network.state_dict().values():
        if tensor.dim() == 4:
            return int(tensor.shape[1]) if tensor.shape[1] in {1, 3} else 3
        if tensor.dim() == 2:
            return 3 if tensor.shape[1] % 3 == 0 else 1
    return 3


def _unguarded(network: fx.GraphModule) -> fx.GraphModule:
    """Without the call that insists on the batch size of the example: whether others work is found out by asking."""
    for node in network.graph.find_nodes(op="call_module", target="_guards_fn"):
        network.graph.erase_node(node)
    network.recompile()
    return network


def _inputs_of(program: torch.export.ExportedProgram) -> list[tuple[object, ...]]:
    """The shapes of what a program takes from its user; what is free in them is no ``int``."""
    wanted = set(program.graph_signature.user_inputs)
    values = [node.meta.get("val") for node in program.graph.nodes if node.op == "placeholder" and node.name in wanted]
    return [tuple(getattr(each, "shape", ())) for each in values]


_ANEW = "Export it again with this version of PyTorch, or open its weights (a state_dict) in place of it."
