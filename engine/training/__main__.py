"""``python -m engine.training NAME [--data FOLDER] [--out FOLDER] [--seed N]``: trains a network of the box.

Run it again to go on where it was cut short.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from engine.catalogue.models import box_folder
from engine.device import choose_device, set_threads, tune_process
from engine.errors import ExplainedError
from engine.training.recipes import RECIPES, find_recipe


def main(arguments: list[str]) -> int:
    """Lists the recipes, or trains one network: progress goes to standard error, the card to standard output."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    if chosen.list or chosen.name is None:
        for recipe in RECIPES.values():
            sys.stdout.write(f"{recipe.name:<20} {recipe.title}: {recipe.describe()}\n")
        return 0
    tune_process()
    set_threads(window=False)
    try:
        train(chosen.name, chosen.data, chosen.out, chosen.seed, chosen.checkpoints)
    except ExplainedError as error:
        _tell(str(error))
        return 1
    except KeyboardInterrupt:
        _tell("\nStopped; the same command goes on from the last whole epoch.")
        return 130
    return 0


def train(name: str, folder: Path | None, out: Path, seed: int, checkpoints: Path) -> None:
    """Trains one network from the last checkpoint to the end, measures it and writes weights and card.

    Raises:
        TrainingError: there is no such recipe, or the pictures or the checkpoint cannot be read.
    """
    recipe = find_recipe(name)
    from engine.training.data import read_data
    from engine.training.loop import Training
    from engine.training.outcome import measure, write

    data = read_data(recipe.labels, folder)
    device = choose_device()
    training = Training(recipe, seed, checkpoints / f"{name}-{seed}.pt", device)
    for epoch in training.run(data.train):
        _tell(epoch.describe(name))
    _tell(f"{name}: measuring")
    outcome = measure(recipe, seed, training.network, data, device)
    write(outcome, training.network, out)
    sys.stdout.write(f"{outcome.describe()}\n")


def _tell(text: str) -> None:
    """A line of progress, at once."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m engine.training", description=__doc__)
    parser.add_argument("name", nargs="?", metavar="NAME", help=", ".join(RECIPES))
    parser.add_argument("--list", action="store_true", help="list what can be trained")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="with the pictures; without it they are downloaded")
    parser.add_argument("--out", type=Path, metavar="FOLDER", default=box_folder(), help="for weights and card")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of everything random (0)")
    parser.add_argument(
        "--checkpoints", type=Path, metavar="FOLDER", default=Path(".training"), help="for what is not done (.training)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
