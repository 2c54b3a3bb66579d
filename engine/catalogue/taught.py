"""What the file of a taught network says of itself, so that it can be given away and opened by being dropped; no torch.

It is a file of safetensors: the tensors that were learnt, and among its metadata, as text, the record of the network.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.numpy import load, save

from engine.catalogue.own import LARGEST_RECORD, Kind, OwnNetwork, OwnNetworkError

KEY = "foolscope.taught"
"""Of the metadata."""
_DETAILS = ("base", "base_sha", "layer", "family")
"""What the record of such a network has among its details; nothing else is taken from a file."""
_OF_THE_FILE = ("file", "sha256", "megabytes")
"""What a file cannot say of itself."""


def labelled(weights: bytes, record: OwnNetwork) -> bytes:
    """The file of a taught network: its tensors with its record.

    Args:
        weights: a file of safetensors.
        record: of the network.
    """
    said = {name: value for name, value in asdict(record).items() if name not in _OF_THE_FILE}
    return save(load(weights), {KEY: json.dumps(said, sort_keys=True)})


def record_for(content: bytes, path: Path, record: OwnNetwork) -> OwnNetwork:
    """The record of a network whose file has this content and lies at ``path``."""
    digest = hashlib.sha256(content).hexdigest()
    return replace(record, file=str(path), sha256=digest, megabytes=round(len(content) / 1e6, 3))


def record_in(path: Path, sha256: str) -> OwnNetwork | None:
    """What a file of safetensors says of itself; None if it does not say that it is a taught network.

    Args:
        path: of the file.
        sha256: of its content, in hexadecimal digits.

    Raises:
        OwnNetworkError: it says so, and the rest makes no sense.
    """
    try:
        with safe_open(path, "np") as file:
            text = (file.metadata() or {}).get(KEY)
    except (SafetensorError, OSError, ValueError):
        return None  # whoever reads its tensors says why
    if text is None:
        return None
    if len(text) > LARGEST_RECORD:
        raise OwnNetworkError("its record is far too long")
    record = OwnNetwork.from_json(json.dumps(_completed(text, path, sha256)))
    return replace(record, details={name: str(record.details.get(name, "")) for name in _DETAILS})


def _completed(text: str, path: Path, sha256: str) -> dict[str, object]:
    """The fields of a record, with what only its reader knows."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise OwnNetworkError("its record cannot be read") from error
    if not isinstance(said, dict) or said.get("kind") != Kind.TAUGHT:
        raise OwnNetworkError("its record is not that of a taught network")
    return said | {"file": str(path), "sha256": sha256, "megabytes": round(path.stat().st_size / 1e6, 3)}
