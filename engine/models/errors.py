"""What can go wrong with a network: what failed, why, and what to do."""

from __future__ import annotations

from engine.errors import ExplainedError


class ModelError(ExplainedError, ValueError):
    """A network that cannot be loaded or used."""

    field = "model"


class DownloadError(ExplainedError, ValueError):
    """Weights that could not be downloaded; what was on this machine before is still there, unchanged."""

    field = "model"
