"""What can be chosen, as the command line lists it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import Field, fields
from typing import Any

from engine.catalogue.attacks import ATTACKS
from engine.catalogue.models import all_networks, is_at_hand
from engine.catalogue.moves import Moves
from engine.catalogue.options import bounds
from engine.cli.texts import Line


def list_choices(chosen: argparse.Namespace) -> Iterator[Line]:
    """The networks, the attacks or the moves."""
    return {"models": _models, "attacks": _attacks, "moves": _moves}[chosen.what]()


def _models() -> Iterator[Line]:
    for card in all_networks().values():
        yield {
            "name": card.name,
            "title": card.title,
            "parameters": card.parameters,
            "size": list(card.size),
            "data": card.data,
            "megabytes": card.megabytes,
            "on_disk": is_at_hand(card),
            "trained": card.is_trained,
        }


def _attacks() -> Iterator[Line]:
    for kind in ATTACKS.values():
        yield {
            "name": kind.name,
            "title": kind.title,
            "summary": kind.summary,
            "norms": [each.value for each in kind.norms],
            "targetable": kind.targetable,
            "options": {each.name: _of_option(each) for each in fields(kind)},
            "paper": kind.paper,
        }


def _moves() -> Iterator[Line]:
    for each in fields(Moves):
        known = bounds(each)
        title = f"{known.label} ({known.unit})" if known.unit else known.label
        yield {"name": each.name, "title": title, "summary": known.help, "unit": known.unit, **_of_option(each)}


def _of_option(option: Field[Any]) -> Line:
    """What it is usually, and how far it reaches."""
    known = bounds(option)
    return {"default": option.default, "low": known.low, "high": known.high}
