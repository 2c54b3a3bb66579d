"""The lines of a command as they are read by people."""

from __future__ import annotations

from typing import Any

from engine.catalogue.attacks import Norm
from engine.catalogue.moves import Moves
from engine.wording import say_epsilon, say_moves, say_percent

Line = dict[str, Any]


def text_of_prediction(line: Line) -> str:
    """A picture and its most probable classes."""
    if "error" in line:
        return f"{line['file']}: {line['error']}"
    return f"{_picture(line)}: " + ", ".join(f"{name} {say_percent(share)}" for name, share in line["before"])


def text_of_attack(line: Line) -> str:
    """A picture, what it was seen as before and after, and what became of the saved file."""
    if "verdict" not in line:
        return f"{line['file']}: {line['error']}"
    (before, share), (after, other) = line["before"][0], line["after"][0]
    said = (
        f"{_picture(line)}: {before} {say_percent(share)} → {after} {say_percent(other)}: {line['verdict']}, "
        f"‖δ‖∞ = {say_epsilon(line['linf'], Norm.LINF)}, ‖δ‖₂ = {say_epsilon(line['l2'], Norm.L2)}"
    )
    if "saved" in line:
        said += f"; saved as {line['saved']} ({line['saved_verdict']})"
    said += "".join(f"\n    {_text_of_other(name, seen)}" for name, seen in line.get("others", {}).items())
    return said + (f"; {line['error']}" if "error" in line else "")


def _picture(line: Line) -> str:
    """Its name, and how it was moved."""
    moved = say_moves(Moves(**line.get("moves", {})))
    return f"{line['file']} ({moved})" if moved else str(line["file"])


def _text_of_other(name: str, seen: Line) -> str:
    """Another network that looks at the picture."""
    (before, share), (after, other) = seen["before"], seen["after"]
    crafted = ", crafted on it too" if seen["crafted_on"] else ""
    stands = "hit the target" if seen["hit"] else seen["standing"]
    return f"{name}: {before} {say_percent(share)} → {after} {say_percent(other)}: {stands}{crafted}"


def text_of_choice(line: Line) -> str:
    """A network, an attack or a move."""
    if "summary" in line:
        end = line["summary"]
    else:
        here = "on this machine" if line["trained"] else "no weights: its answers are chance"
        end = here if line["on_disk"] else f"{line['megabytes']:.0f} MB to download"
    return f"{line['name']:<24} {line['title']} – {end}"
