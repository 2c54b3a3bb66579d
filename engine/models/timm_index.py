"""Writes ``assets/timm.json`` from timm's own registry: ``python -m engine.models.timm_index``.

timm's registry takes seconds to import, and the window lists its networks before torch is loaded, so that what timm
says of them is kept in a file. To be run again, with timm installed, when there is a release that knows more networks.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import assets
from engine.catalogue.timm import USUAL
from engine.models.index import natural

Entry = dict[str, Any]

CLASSES = 1000
"""Of ImageNet-1K, whose names are known; networks of other classes are left out."""


def entries() -> Iterator[Entry]:
    """Every network of the installed timm that tells the 1000 classes of ImageNet apart, with weights of its own."""
    from timm.models import get_pretrained_cfg, list_pretrained

    for name in sorted(list_pretrained(), key=natural):
        said: Any = get_pretrained_cfg(name)
        is_plain = said.num_classes == CLASSES and not said.custom_load and said.input_size[0] == 3
        if is_plain and said.hf_hub_id == f"timm/{name}":
            yield entry(name, said)


def entry(name: str, said: Any) -> Entry:
    """What timm says of one network; what is as usual is left out.

    Args:
        name: architecture and tag of the weights.
        said: its ``PretrainedCfg``.
    """
    learnt, kept = numbers(name.partition(".")[0])
    _, height, width = said.input_size
    known = said.license not in {None, "unknown"}
    full: Entry = {
        "name": name,
        "parameters": learnt,
        "megabytes": round(kept * 4 / 1e6, 1),
        "size": [height, width],
        "resize": max(min(height, width), math.floor(min(height, width) / said.crop_pct)),
        "interpolation": said.interpolation,
        "mean": [round(each, 6) for each in said.mean],
        "std": [round(each, 6) for each in said.std],
        "licence": said.license if known else "not stated",
        "is_squashed": said.crop_mode == "squash",
    }
    return {key: value for key, value in full.items() if USUAL.get(key) != value}


@cache
def numbers(architecture: str) -> tuple[int, int]:
    """How many numbers a network learns, and how many its file holds."""
    import timm
    import torch

    try:
        with torch.device("meta"):
            network = timm.create_model(architecture, num_classes=CLASSES)
    except (RuntimeError, NotImplementedError, TypeError, ValueError):  # it computes with numbers while it is built
        network = timm.create_model(architecture, num_classes=CLASSES)
    learnt = sum(each.numel() for each in network.parameters())
    return learnt, sum(each.numel() for each in network.state_dict().values())


def main() -> int:
    """Writes the file, one network a line."""
    path = Path(assets.__path__[0], "timm.json")
    lines = ",\n".join(json.dumps(each, ensure_ascii=False) for each in entries())
    path.write_text(f"[\n{lines}\n]\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
