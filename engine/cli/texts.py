"""The lines of a command as they are read by people."""

from __future__ import annotations

from typing import Any

from engine.catalogue.attacks import Norm
from engine.wording import say_epsilon, say_percent

Line = dict[str, Any]


def text_of_prediction(line: Line) -> str:
    """A picture and its most probable classes."""
    if "error" in line:
        return f"{line['file']}: {line['error']}"
    return f"{line['file']}: " + ", ".join(f"{name} {say_percent(share)}" for name, share in line["before"])


def text_of_attack(line: Line) -> str:
    """A picture, what it was seen as before and after, and what became of the saved file."""
    if "verdict" not in line:
        return f"{line['file']}: {line['error']}"
    (before, share), (after, other) = line["before"][0], line["after"][0]
    said = (
        f"{line['file']}: {before} {say_percent(share)} → {after} {say_percent(other)}: {line['verdict']}, "
        f"‖δ‖∞ = {say_epsilon(line['linf'], Norm.LINF)}, ‖δ‖₂ = {say_epsilon(line['l2'], Norm.L2)}"
    )
    if "saved" in line:
        said += f"; saved as {line['saved']} ({line['saved_verdict']})"
    return said + (f"; {line['error']}" if "error" in line else "")


def text_of_choice(line: Line) -> str:
    """A network or an attack."""
    if "summary" in line:
        end = line["summary"]
    else:
        end = "on this machine" if line["on_disk"] else f"{line['megabytes']:.0f} MB to download"
    return f"{line['name']:<24} {line['title']} – {end}"
