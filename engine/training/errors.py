"""What can go wrong while a network is trained."""

from __future__ import annotations

from engine.errors import ExplainedError


class TrainingError(ExplainedError, ValueError):
    """A network that cannot be trained: no such recipe, or pictures that are missing or broken."""

    field = "training"
