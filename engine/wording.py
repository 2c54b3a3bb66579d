"""How numbers and answers are said, the same in the window, on the command line and in saved files."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from engine.catalogue.attacks import Attack, Control, Noise, Norm
from engine.catalogue.moves import Moves
from engine.frame import Attacked, Frame, Prediction, Verdict
from engine.request import MAX_EPSILON, Request

NORM_NAMES = {Norm.LINF: "L∞", Norm.L2: "L2", Norm.L1: "L1", Norm.L0: "L0", Norm.FLOW: "shift"}
EPSILON_AXIS = {
    Norm.LINF: "ε (1/255)",
    Norm.L2: "ε (pixel units, L2)",
    Norm.L1: "ε (pixel units, L1)",
    Norm.L0: "ε (pixels)",
    Norm.FLOW: "ε (pixels moved)",
}
"""What stands at an axis of ε."""
SIZE_AXIS = {
    Norm.LINF: "max |δ| (1/255)",
    Norm.L2: "‖δ‖₂ (pixel units)",
    Norm.L1: "‖δ‖₁ (pixel units)",
    Norm.L0: "changed pixels",
    Norm.FLOW: "farthest shift (pixels)",
}
"""What stands at an axis of the size of a perturbation."""
AXIS_SCALE = {Norm.LINF: 255.0, Norm.L2: 1.0, Norm.L1: 1.0, Norm.L0: 1.0, Norm.FLOW: 1.0}
"""By what an ε is multiplied to stand at such an axis."""


def say_epsilon(epsilon: float, norm: Norm) -> str:
    """ε as read: ``2.0/255`` in L∞, three digits in pixel units in L2 and L1, ``12 pixels`` in L0, ``1.5 px`` moved.

    What one decimal of a 255th would make nothing of is said by its first digit, ``0.02/255``, down to a thousandth.
    """
    if norm is Norm.LINF:
        levels = epsilon * 255
        return f"{levels:.1g}/255" if 0.0005 <= levels < 0.05 else f"{levels:.1f}/255"
    if norm is Norm.L0:
        return "1 pixel" if math.floor(epsilon) == 1 else f"{math.floor(epsilon)} pixels"
    if norm is Norm.FLOW:
        return f"{epsilon:.3g} px"
    return f"{epsilon:.3g}" if epsilon else "0"


def say_size(size: float, norm: Norm) -> str:
    """How large a change is, as ``say_epsilon`` says it, but one below 1/255 with two digits: ``0.31/255``."""
    is_tiny = norm is Norm.LINF and 0 < size * 255 < 1
    return f"{size * 255:.2g}/255" if is_tiny else say_epsilon(size, norm)


def say_queries(count: int) -> str:
    """How many pictures a network was asked about: ``1 query``, ``12 400 queries``."""
    return "1 query" if count == 1 else f"{count:,} queries".replace(",", "\N{NARROW NO-BREAK SPACE}")


def is_within(found: float, epsilon: float) -> bool:
    """Whether ε lets a picture go as far as a change that was found."""
    return found <= epsilon * (1 + 1e-6)


def read_epsilon(text: str, norm: Norm) -> float:
    """The inverse, and more: ``8/255``, ``0.031`` and ``8`` are one ε in L∞ (a number of 1 or more counts 255ths).

    Raises:
        ValueError: not a number, negative, or larger than a picture can bear; the message says which.
    """
    found = re.fullmatch(r"\s*([0-9.]+(?:[eE][-+]?\d+)?)\s*(?:/\s*([0-9.]+)|px|pixels?)?\s*", text.replace(",", "."))
    try:
        value = float(found[1]) / float(found[2] or 1) if found else math.nan
    except (ValueError, ZeroDivisionError):
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"ε must be a number such as 8/255, 0.031 or 8, not “{text}”")
    if norm is Norm.LINF and found is not None and found[2] is None and value >= 1:
        value /= 255
    if value > MAX_EPSILON[norm]:
        limit = f"in {NORM_NAMES[norm]} is at most " + ("255/255" if norm is Norm.LINF else f"{MAX_EPSILON[norm]:g}")
        raise ValueError(f"ε {limit}, not “{text}”")
    return value


def say_percent(probability: float) -> str:
    """A probability as read: ``39 %``, ``4.2 %``, ``< 0.1 %``; never a rounded 0 or 100."""
    percent = 100 * probability
    if not math.isfinite(percent):
        return "not a number"
    if percent < 0.1:
        return "< 0.1 %"
    if 99.95 <= percent < 100:
        return "> 99.9 %"
    return f"{percent:.1f} %" if percent < 9.95 or percent > 99 else f"{percent:.0f} %"


def say_verdict(verdict: Verdict) -> str:
    """The verdict with its mark."""
    return {Verdict.FOOLED: "● fooled", Verdict.HIT: "◆ hit the target", Verdict.HOLDS: "○ holds"}[verdict]


def say_answer(prediction: Prediction, classes: Sequence[str]) -> str:
    """The most probable class and how probable it is: ``tabby, 42 %``."""
    return f"{classes[prediction.label]}, {say_percent(prediction.probabilities[prediction.label])}"


def say_moves(moves: Moves) -> str:
    """What is done to the picture: ``2 px left, 2 px up, turned 10°``; empty if nothing."""
    across, along = ("left", "right")[moves.right > 0], ("up", "down")[moves.down > 0]
    said = {
        f"{abs(moves.right):.3g} px {across}": moves.right,
        f"{abs(moves.down):.3g} px {along}": moves.down,
        f"turned {moves.turn:.3g}°": moves.turn,
        f"{moves.scale:.3g} × the size": moves.scale != 1,
        "mirrored": moves.flip,
        f"bent by {moves.elastic:.3g} px": moves.elastic,
        f"hues turned {moves.hue:.3g}°": moves.hue,
        f"noise {255 * moves.noise:.3g}/255": moves.noise,
        "pixels permuted": moves.permute,
    }
    return ", ".join(text for text, is_done in said.items() if is_done).replace("-", "−")


def sentence(frame: Frame) -> str:
    """What happened, in one or two sentences; names of classes stand between ``*`` (emphasis)."""
    if frame.network is None or frame.before is None:
        return ""
    names = frame.network.classes
    before, request = frame.before, frame.request
    said = f"{frame.network.title} sees {_seen(before, names)}."
    if frame.unmoved is not None:
        said = f"{said[:-1]} (unmoved: {say_answer(frame.unmoved, names)})."
    if frame.attacked is None:
        return said
    after = frame.attacked.prediction
    answer = _seen(after, names)
    still = "still " if after.label == before.label else ""
    if request.attack.finds:
        return f"{said} {_of_search(frame.attacked, request, f'it {still}sees {answer}')}."
    return f"{said} {_with(request.attack)} ε = {say_epsilon(request.epsilon, request.norm)} it {still}sees {answer}."


def _seen(prediction: Prediction, classes: Sequence[str]) -> str:
    """The answer in a sentence; a number after a class that is a number itself stands apart: ``*3* (81 %)``."""
    name, share = classes[prediction.label], say_percent(prediction.probabilities[prediction.label])
    return f"*{name}* ({share})" if name[-1:].isdigit() else f"*{name}* {share}"


def _of_search(attacked: Attacked, request: Request, sees: str) -> str:
    """What an attack has found that finds its own size, and what of it ε lets be seen."""
    found = attacked.found
    if attacked.step < attacked.steps:
        return f"At step {attacked.step} of {attacked.steps} {sees}"
    if found is None:
        return f"Nothing was found in {attacked.steps} steps: {sees}"
    size = say_size(found, request.norm)
    if is_within(found, request.epsilon):
        return f"With the change that was found, of {size}, {sees}"
    return f"With ε = {say_epsilon(request.epsilon, request.norm)} {sees}: the change that was found is {size}"


def _with(attack: Attack) -> str:
    """What stands before "ε = …": an attack is spoken of elsewhere, but a control is named, since it is none."""
    if isinstance(attack, Noise):
        return "With random noise of"
    return f"With {attack.change} of" if isinstance(attack, Control) else "With"
