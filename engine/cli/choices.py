"""From the words of the command line to what they mean, or a sentence about why they mean nothing."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import fields
from difflib import get_close_matches

from engine.catalogue.attacks import Attack, Norm, make_attack
from engine.catalogue.moves import Moves
from engine.catalogue.options import make_options
from engine.wording import read_epsilon

MOST_HINTS = 3


class UsageError(ValueError):
    """The command cannot be run at all."""


def read_attack(name: str, options: Sequence[str]) -> Attack:
    """The attack with the options given as NAME=VALUE.

    Raises:
        UsageError: an option is not written so, or the attack has none of that name or value.
    """
    try:
        return make_attack(name, _values("--option", options))
    except ValueError as error:
        raise UsageError(str(error)) from error


def read_moves(options: Sequence[str]) -> Moves:
    """What is done to every picture, given as NAME=VALUE.

    Raises:
        UsageError: one is not written so, or there is no move of that name or value.
    """
    values, known = _values("--move", options), [each.name for each in fields(Moves)]
    for name in values:
        if name not in known:
            raise UsageError(f"--move {name}: there is none of that name; there are {', '.join(known)}")
    try:
        return make_options("kind of move", {Moves.name: Moves}, Moves.name, values)
    except ValueError as error:
        raise UsageError(f"--move {str(error).removeprefix(f'{Moves.name}: ')}") from error


def _values(flag: str, options: Sequence[str]) -> dict[str, object]:
    values: dict[str, object] = {}
    for each in options:
        option, _, value = each.partition("=")
        try:
            values[option] = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{flag} {each}: write NAME=VALUE with a number, true or false") from error
    return values


def read_size(text: str, norm: Norm) -> float:
    """ε, pixels in [0, 1].

    Raises:
        UsageError: it is none.
    """
    try:
        return read_epsilon(text, norm)
    except ValueError as error:
        raise UsageError(str(error)) from error


def read_seed(text: str) -> int:
    """A seed, as argparse asks for it.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and int(text) < 2**63):
        raise argparse.ArgumentTypeError(f"must be a whole number from 0 to 2⁶³ − 1, not “{text}”")
    return int(text)


def read_class(wanted: str, classes: Sequence[str]) -> int:
    """The number of a class given by number or by name, in any case.

    Raises:
        UsageError: there is no such class, or several have that name.
    """
    if wanted.isascii() and wanted.isdecimal() and len(wanted) < 10:
        if int(wanted) < len(classes):
            return int(wanted)
        raise UsageError(f"this network has no class {wanted}; its classes are 0 to {len(classes) - 1}")
    found = [index for index, name in enumerate(classes) if name.casefold() == wanted.casefold()]
    if len(found) > 1:
        raise UsageError(f"several classes are called “{wanted}”: choose {' or '.join(map(str, found))}")
    if not found:
        near = _near(wanted, classes)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise UsageError(f"this network knows no class “{wanted}”{hint}")
    return found[0]


def _near(wanted: str, classes: Sequence[str]) -> list[str]:
    """A few classes that have the word in their name, or else are spelt much like it."""
    word = wanted.casefold()
    having = [name for name in classes if word in name.casefold().split()]
    return having[:MOST_HINTS] or get_close_matches(wanted, classes, MOST_HINTS, 0.5)
