"""How far a command has come."""

from __future__ import annotations

import sys


def show(detail: str) -> None:
    """What it is at, on one line that is written over; only where somebody looks. Empty takes the line away."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{detail[:78]:<78}\r")
        sys.stderr.flush()
