"""Writes what Foolscope knows of timm without importing it: ``python -m engine.models.timm_index``.

timm's registry takes seconds to import, and the window lists its networks before torch is loaded, so that what timm
says of them is kept in ``assets/timm.json``; and ``assets/timm_architectures.json`` tells the architecture of a file of
weights. To be run again, with timm installed, when there is a release that knows more networks; it takes ten minutes.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import assets
from engine.catalogue.timm import USUAL
from engine.models.index import natural
from engine.models.own.signatures import FILE, Shape, signature
from engine.models.timm_networks import last_layers

Entry = dict[str, Any]

CLASSES = 1000
"""Of ImageNet-1K, whose names are known; networks of other classes are left out."""


def entries() -> Iterator[Entry]:
    """Every network of the installed timm that tells the 1000 classes of ImageNet apart, with weights of its own."""
    from timm.models import get_pretrained_cfg, list_pretrained

    for name in sorted(list_pretrained(), key=natural):
        said: Any = get_pretrained_cfg(name)
        is_plain = said.num_classes == CLASSES and said.custom_load != "hf" and said.input_size[0] == 3
        if is_plain and said.hf_hub_id == f"timm/{name}":
            yield entry(name, said)


def entry(name: str, said: Any) -> Entry:
    """What timm says of one network; what is as usual is left out.

    Args:
        name: architecture and tag of the weights.
        said: its ``PretrainedCfg``.
    """
    made = built(name.partition(".")[0])
    _, height, width = said.input_size
    known = said.license not in {None, "unknown"}
    full: Entry = {
        "name": name,
        "parameters": made.learnt,
        "megabytes": round(made.kept * 4 / 1e6, 1),
        "size": [height, width],
        "resize": max(min(height, width), math.floor(min(height, width) / said.crop_pct)),
        "interpolation": said.interpolation,
        "mean": [round(each, 6) for each in said.mean],
        "std": [round(each, 6) for each in said.std],
        "licence": said.license if known else "not stated",
        "is_squashed": said.crop_mode == "squash",
    }
    return {key: value for key, value in full.items() if USUAL.get(key) != value}


@dataclass(frozen=True)
class Built:
    """An architecture as timm builds it.

    Attributes:
        learnt: how many numbers a network learns.
        shapes: of every tensor in its file, by name.
        last: names of the layers whose outputs are the classes.
    """

    learnt: int
    shapes: dict[str, Shape]
    last: tuple[str, ...]

    @property
    def kept(self) -> int:
        """How many numbers its file holds."""
        return sum(math.prod(shape) for shape in self.shapes.values())


@cache
def built(architecture: str) -> Built:
    """What there is to know of an architecture; built without numbers where it can be."""
    import timm
    import torch

    try:
        with torch.device("meta"):
            network = timm.create_model(architecture, num_classes=CLASSES)
    except (RuntimeError, NotImplementedError, TypeError, ValueError):  # it computes with numbers while it is built
        network = timm.create_model(architecture, num_classes=CLASSES)
    shapes = {name: tuple(each.shape) for name, each in network.state_dict().items()}
    said: Any = network.default_cfg
    return Built(sum(each.numel() for each in network.parameters()), shapes, last_layers(said))


def architectures(names: Iterable[str]) -> Entry:
    """The architectures of these names by their signature, and which layers timm calls the last."""
    found: dict[str, list[str]] = {}
    last: dict[tuple[str, ...], None] = {}
    for name in names:
        made = built(name)
        last[made.last] = None
        found.setdefault(signature(made.shapes, made.last), []).append(name)
    return {"last layers": [list(each) for each in last], "architectures": dict(sorted(found.items()))}


def main() -> int:
    """Writes the files, one network or signature a line."""
    folder = Path(assets.__path__[0])
    listed = list(entries())
    lines = ",\n".join(json.dumps(each, ensure_ascii=False) for each in listed)
    Path(folder, "timm.json").write_text(f"[\n{lines}\n]\n", "utf-8")
    found = architectures(dict.fromkeys(each["name"].partition(".")[0] for each in listed))
    Path(folder, FILE).write_text(text_of(found), "utf-8")
    return 0


def text_of(found: Entry) -> str:
    """The text of the file of architectures, a signature a line."""
    lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(names)}" for key, names in found["architectures"].items())
    last = json.dumps(found["last layers"])
    return f'{{\n"last layers": {last},\n"architectures": {{\n{lines}\n}}\n}}\n'


if __name__ == "__main__":
    sys.exit(main())
