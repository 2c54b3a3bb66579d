"""What is said of a network before it is loaded, and under which heading it stands in the list of all."""

from __future__ import annotations

from enum import Enum
from textwrap import fill

from engine.catalogue.models import NetworkCard, Source

_WIDTH = 72
"""In letters, of a tip."""


class Heading(Enum):
    """Of a part of the list, in its order; the value is as read."""

    OWN = "Your own"
    PHOTOGRAPHS = "Photographs · at hand offline"
    BOX = "Small networks in the box · trained by Foolscope"
    DOWNLOADED = "Downloaded"
    TORCHVISION = "Photographs · torchvision's, to be downloaded"
    TIMM = "Photographs · timm's, to be downloaded"
    UNTRAINED = "Untrained on purpose · to see what training does"


_HEADINGS = {
    Source.FILE: Heading.OWN,
    Source.PACKAGE: Heading.PHOTOGRAPHS,
    Source.BOX: Heading.BOX,
    Source.TORCHVISION: Heading.TORCHVISION,
    Source.TIMM: Heading.TIMM,
    Source.UNTRAINED: Heading.UNTRAINED,
}


def heading(card: NetworkCard, at_hand: bool) -> Heading:
    """Under which heading a network stands."""
    found = _HEADINGS[card.source]
    return Heading.DOWNLOADED if at_hand and found in {Heading.TORCHVISION, Heading.TIMM} else found


def say_parameters(card: NetworkCard) -> str:
    """How large a network is."""
    if card.parameters < 100_000:
        return f"{card.parameters:,} parameters".replace(",", " ")
    return f"{card.parameters / 1e6:.1f} M parameters"


def say_input(card: NetworkCard) -> str:
    """What a network sees."""
    return f"{card.size[1]} × {card.size[0]} pixels"


def say_megabytes(megabytes: float) -> str:
    """How large a file is; number and unit stay on one line."""
    if megabytes < 0.1:
        return f"{1000 * megabytes:.0f}\N{NO-BREAK SPACE}kB"
    return f"{megabytes:.0f}\N{NO-BREAK SPACE}MB" if megabytes >= 9.95 else f"{megabytes:.1f}\N{NO-BREAK SPACE}MB"


def say_arrived(megabytes: float, whole: float) -> str:
    """How much of a file has arrived, both in millions of bytes."""
    digits = 0 if whole >= 9.95 else 1
    return f"{megabytes:.{digits}f} of {say_megabytes(whole)}".replace(" ", "\N{NO-BREAK SPACE}")


def say_where(card: NetworkCard, at_hand: bool, arrived: float = 0.0) -> str:
    """Where its weights are; ``arrived`` are the millions of bytes of a download that was cut short."""
    if card.source is Source.FILE:
        return "your file" if at_hand else "your file is gone"
    if card.source is Source.UNTRAINED:
        return "no weights"
    if at_hand:
        return "on this machine"
    return f"{say_megabytes(max(0.0, card.megabytes - arrived))} {'left ' if arrived else ''}to download"


def say_skill(card: NetworkCard) -> str:
    """How good it is at what, in a few words."""
    if card.source is Source.FILE:
        return f"{len(card.classes)} classes"
    if card.source is Source.UNTRAINED:
        return "untrained: its answers are chance"
    return card.data if card.source is Source.TIMM else f"top-1 {card.top1} · {card.data}"


def say_facts(card: NetworkCard) -> str:
    """What stands below the network on the bench, in two lines."""
    own = " · your own file" if card.source is Source.FILE else ""
    return f"{say_parameters(card)} · {say_input(card)}\n{say_skill(card)}{own}"


def describe(card: NetworkCard) -> str:
    """All of ``card_lines``, broken as a tip needs it."""
    return "\n".join(fill(line, _WIDTH) for line in card_lines(card))


def card_lines(card: NetworkCard) -> tuple[str, ...]:
    """Everything of the card that a reader may want to know before choosing."""
    if card.source is Source.FILE:
        return card.note, f"{say_parameters(card)}, {len(card.classes)} classes.", card.file
    if card.source is Source.UNTRAINED:
        return card.note, f"{say_parameters(card)}, {len(card.classes)} classes, {say_input(card)}."
    licence = f"Licence of the weights: {card.licence}."
    size = f"{say_parameters(card)} in {say_megabytes(card.megabytes)}, {say_input(card)}, trained on {card.data}"
    if card.source is Source.BOX:
        attacked = (f"Attacked, right about {card.robust}.",) if card.robust else ()
        return card.note, f"{size}: {card.training}.", f"Right about {card.tested}.", *attacked, licence
    published = f"Right about {card.top1} of its validation pictures, as published: top-1, the first answer alone."
    return card.note, f"{size}.", *(() if card.source is Source.TIMM else (published,)), licence
