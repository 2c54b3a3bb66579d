"""What can go wrong with a network: what failed, why, and what to do."""

from __future__ import annotations

from engine.errors import ExplainedError


class ModelError(ExplainedError, ValueError):
    """A network that cannot be loaded or used."""

    field = "model"


class DownloadError(ExplainedError, ValueError):
    """Weights that could not be downloaded; what was on this machine before is still there, unchanged."""

    field = "model"


def first_line(error: Exception) -> str:
    """What an error of somebody else's code says, in one line that is not too long: the last one of a traceback."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    is_traceback = any("Traceback" in each for each in lines[:2])  # TorchScript says so in its second line
    said = lines[-1 if is_traceback else 0].rstrip(".") if lines else type(error).__name__
    return said if len(said) < 200 else f"{said[:199]}…"
