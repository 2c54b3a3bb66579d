"""The command that teaches a network the classes of some folders."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.cli.choices import UsageError, read_seed
from engine.cli.progress import show
from engine.cli.texts import Line
from engine.errors import ExplainedError

if TYPE_CHECKING:
    from engine.teaching.lesson import ClassFolder
    from engine.teaching.outcome import Outcome


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What ``foolscope teach`` takes."""
    parser.add_argument("folders", nargs="+", metavar="FOLDER", help="one for every class, or one that holds them")
    parser.add_argument(
        "--network", default="efficientnet-lite0", metavar="NAME", help="of “foolscope list models”: gives the features"
    )
    parser.add_argument("--name", default="", metavar="TITLE", help="of the new network")
    parser.add_argument("--names", nargs="+", metavar="NAME", help="of the classes, in the order of the folders")
    parser.add_argument("--out", metavar="FILE", help="save it as a file too, that opens wherever it is dropped")
    parser.add_argument("--seed", type=read_seed, default=0, help="draws which pictures are left out together")
    parser.add_argument("--pixels", action="store_true", help="say how good the same is with pixels alone")
    parser.add_argument(
        "--rounds", type=_rounds, default=0, metavar="N", help="fit the network's last layers, too, N times over"
    )
    parser.add_argument("--device", default="auto", choices=("auto", "cuda", "mps", "cpu"))


def teach_network(chosen: argparse.Namespace) -> Iterator[Line]:
    """Teaches, keeps the network, and tells how good it is.

    Raises:
        UsageError: the folders or the network do not do; says why and what to do.
    """
    from engine.teaching.folders import classes_in
    from engine.teaching.lesson import Lesson
    from engine.teaching.outcome import keep, write
    from engine.teaching.teaching import teach

    found: list[Outcome] = []
    try:
        classes = _named(classes_in(chosen.folders), chosen.names)
        lesson = Lesson(
            classes, chosen.network, chosen.name, chosen.device, chosen.seed, chosen.pixels, epochs=chosen.rounds
        )
        for progress in teach(lesson, found):
            show(progress.detail)
        name = keep(found[0])
        file = str(write(found[0], chosen.out)) if chosen.out else ""
    except (ExplainedError, OSError) as error:
        raise UsageError(str(error)) from error
    finally:
        show("")
    yield _line(name, found[0]) | {"file": file}


def text_of_taught(line: Line) -> str:
    """The sentence, the table and the name."""
    width = max(len(str(each)) for row in line["confusion"] for each in row) + 1
    names = max(len(each) for each in line["classes"])
    table = [
        f"  {name:<{names}}" + "".join(f"{count:>{width}}" for count in row)
        for name, row in zip(line["classes"], line["confusion"], strict=True)
    ]
    heading = "Pictures of each class (rows), by what they were taken for (columns in the same order):"
    called = f"It is called {line['network']}."
    saved = f"Saved {line['file']}." if line["file"] else ""
    said = [line["said"], line["note"], line["left_out"], heading, *table, called, saved]
    return "\n".join(filter(None, said))


def _line(name: str, outcome: Outcome) -> Line:
    return {
        "network": name,
        "title": outcome.record.title,
        "classes": list(outcome.record.classes),
        "said": f"{outcome.say()} {outcome.say_interval()}",
        "note": outcome.note,
        "left_out": outcome.say_left_out(),
        "accuracy": outcome.accuracy,
        "interval": list(outcome.interval),
        "largest_class": outcome.largest,
        "pixels": outcome.pixels,
        "trained": outcome.trained,
        "confusion": outcome.confusion.tolist(),
        "features": outcome.features,
        "c": outcome.c,
        "skipped": list(outcome.skipped),
        "twice": list(outcome.twice),
        "torn": list(outcome.torn),
    }


def _named(classes: Sequence[ClassFolder], names: Sequence[str] | None) -> tuple[ClassFolder, ...]:
    """The classes with the names that were asked for."""
    if not names:
        return tuple(classes)
    if len(names) != len(classes):
        raise UsageError(f"--names gives {len(names)} names, and there are {len(classes)} classes")
    return tuple(replace(each, name=name) for each, name in zip(classes, names, strict=True))


def _rounds(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) <= 100):
        raise argparse.ArgumentTypeError(f"{text} is no whole number from 0 to 100")
    return int(text)
