"""Errors about pictures: each says what failed, why, and what to do."""

from __future__ import annotations

from engine.errors import ExplainedError


class ImageError(ExplainedError, ValueError):
    """A picture that cannot be opened."""

    field = "image"


class SaveError(ExplainedError):
    """A file that cannot be written; an older one of its name is untouched."""


class RefusedError(Exception):
    """Why a picture is not read, before its name is known; ``decode`` turns it into an ``ImageError``."""

    def __init__(self, why: str, remedy: str) -> None:
        super().__init__(why)
        self.why = why
        self.remedy = remedy


def grouped(count: int) -> str:
    """A count as read: ``24 511``."""
    return f"{count:,}".replace(",", " ")


def check_size(width: int, height: int, pixel_limit: int) -> None:
    """Refuses a picture without pixels, or with more than are worth decoding.

    Raises:
        RefusedError: says how many it has.
    """
    size = f"{grouped(width)} × {grouped(height)} pixels"
    if width < 1 or height < 1:
        raise RefusedError(f"it has no pixels ({size})", "Choose another picture.")
    if width * height > pixel_limit:
        raise RefusedError(
            f"it has {size}, more than {grouped(pixel_limit)} in all", "Save the picture smaller and open that."
        )
