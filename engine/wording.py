"""How numbers and answers are said, the same in the window, on the command line and in saved files."""

from __future__ import annotations

import math
import re

from engine.catalogue.attacks import Attack, Control, Noise, Norm
from engine.frame import Frame, Verdict
from engine.request import MAX_EPSILON


def say_epsilon(epsilon: float, norm: Norm) -> str:
    """ε as read: ``2.0/255`` in L∞, three digits in pixel units in L2."""
    if norm is Norm.LINF:
        return f"{epsilon * 255:.1f}/255"
    return f"{epsilon:.3g}" if epsilon else "0"


def read_epsilon(text: str, norm: Norm) -> float:
    """The inverse, and more: ``8/255``, ``0.031`` and ``8`` are one ε in L∞ (a number of 1 or more counts 255ths).

    Raises:
        ValueError: not a number, negative, or larger than a picture can bear; the message says which.
    """
    found = re.fullmatch(r"\s*([0-9.]+(?:[eE][-+]?\d+)?)\s*(?:/\s*([0-9.]+))?\s*", text.replace(",", "."))
    try:
        value = float(found[1]) / float(found[2] or 1) if found else math.nan
    except (ValueError, ZeroDivisionError):
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"ε must be a number such as 8/255, 0.031 or 8, not “{text}”")
    if norm is Norm.LINF and found is not None and found[2] is None and value >= 1:
        value /= 255
    if value > MAX_EPSILON[norm]:
        limit = "in L∞ is at most 255/255" if norm is Norm.LINF else f"in L2 is at most {MAX_EPSILON[norm]:g}"
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


def sentence(frame: Frame) -> str:
    """What happened, in one or two sentences; names of classes stand between ``*`` (emphasis)."""
    if frame.network is None or frame.before is None:
        return ""
    names = frame.network.classes
    before, request = frame.before, frame.request
    said = f"{frame.network.title} sees *{names[before.label]}* {say_percent(before.probabilities[before.label])}."
    if frame.attacked is None:
        return said
    after = frame.attacked.prediction
    answer = f"*{names[after.label]}* {say_percent(after.probabilities[after.label])}"
    still = "still " if after.label == before.label else ""
    return f"{said} {_with(request.attack)} ε = {say_epsilon(request.epsilon, request.norm)} it {still}sees {answer}."


def _with(attack: Attack) -> str:
    """What stands before "ε = …": an attack is spoken of elsewhere, but a control is named, since it is none."""
    if isinstance(attack, Noise):
        return "With random noise of"
    return f"With {attack.change} of" if isinstance(attack, Control) else "With"
