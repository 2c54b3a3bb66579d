"""timm's networks, where timm is installed: a card each, without importing it, which takes seconds.

They are listed in ``assets/timm.json``, made by ``python -m engine.models.timm_index``; their weights are on the
Hugging Face hub.
"""

from __future__ import annotations

import json
import os
from functools import lru_cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

PREFIX = "timm:"
"""What the name of every such network begins with; timm's own name for it follows."""

INSTALL = "Install it: pip install timm."
"""What to do where it is missing. It is named itself: this project's extra is at hand only where its source is."""

USUAL: dict[str, Any] = {
    "size": [224, 224],
    "resize": 256,
    "interpolation": "bicubic",
    "mean": [0.485, 0.456, 0.406],
    "std": [0.229, 0.224, 0.225],
    "licence": "apache-2.0",
    "is_squashed": False,
}
"""What holds of a network of the list that says nothing else."""


def is_installed() -> bool:
    """Whether timm is, which is an extra of this project."""
    return find_spec("timm") is not None


def entries() -> list[dict[str, Any]]:
    """What a card says of every network in the list."""
    return [_entry(USUAL | each) for each in json.loads(files("assets").joinpath("timm.json").read_text("utf-8"))]


def _entry(said: dict[str, Any]) -> dict[str, Any]:
    name = said["name"]
    architecture, _, tag = name.partition(".")
    squashed = " It was trained on pictures brought to its shape: choose Stretch." if said.pop("is_squashed") else ""
    return said | {
        "name": f"{PREFIX}{name}",
        "title": name,
        "family": f"timm {architecture}",
        "data": "ImageNet-1K",
        "top1": "not listed",
        "file": f"timm-{name}.safetensors",
        "url": f"https://huggingface.co/timm/{name}/resolve/main/model.safetensors",
        "sha": "",
        "note": f"One of timm's: the architecture {architecture} with the weights {tag}.{squashed}",
    }


def hub_path(name: str) -> Path | None:
    """Where the Hugging Face hub's own cache has the weights of a network, if it has them.

    The cache is ``$HF_HUB_CACHE``, else ``$HF_HOME/hub``, else ``~/.cache/huggingface/hub``.
    """
    cache, repository = _hub_cache(), f"models--timm--{name.removeprefix(PREFIX)}"
    try:
        if repository not in _kept(cache, os.stat(cache).st_mtime_ns):  # noqa: PTH116 - asked of a thousand networks
            return None
        revision = Path(cache, repository, "refs", "main").read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
    path = Path(cache, repository, "snapshots", revision, "model.safetensors")
    return path if path.is_file() else None


def _hub_cache() -> str:
    caches = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    home = os.environ.get("HF_HOME") or f"{caches}/huggingface"
    return os.path.expanduser(os.environ.get("HF_HUB_CACHE") or f"{home}/hub")  # noqa: PTH111


@lru_cache(maxsize=4)
def _kept(folder: str, _stamp: int) -> frozenset[str]:
    """What is in a folder; read again only when it has changed."""
    return frozenset(each.name for each in Path(folder).iterdir())
