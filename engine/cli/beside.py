"""Other networks of an attack on the command line: what it is crafted on too, and who only looks at what comes out."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.catalogue.joining import Joining
from engine.cli.choices import UsageError
from engine.cli.texts import Line
from engine.errors import ExplainedError

if TYPE_CHECKING:
    from engine.batch import Outcome
    from engine.frame import Score
    from engine.models.classifier import Classifier


@dataclass(frozen=True, eq=False)
class Others:
    """The other networks, loaded.

    Attributes:
        together: the attack is crafted on them too.
        looking: they are shown what comes out, those of ``together`` first.
        joining: what is averaged.
    """

    together: tuple[Classifier, ...]
    looking: tuple[Classifier, ...]
    joining: str

    @property
    def craft(self) -> dict[str, Any]:
        """What ``engine.batch.attack`` is told of them."""
        return {"together": self.together, "joining": self.joining} if self.together else {}

    def seen(self, outcome: Outcome, model: Classifier, target: int | None) -> list[Line]:
        """What they make of every picture: a line each, under the name of the network; empty without any."""
        from engine.batch import transfer

        scores = {each.name: transfer(outcome, model, each, target) for each in self.looking}
        crafted = {each.name for each in self.together}
        lines = [
            {name: {**_said(found[index]), "crafted_on": name in crafted} for name, found in scores.items()}
            for index in range(len(outcome.clean))
        ]
        return [{"others": line} if line else {} for line in lines]


def add_others(parser: argparse.ArgumentParser) -> None:
    """What the command takes to choose them."""
    parser.add_argument(
        "--with",
        dest="together",
        action="append",
        default=[],
        metavar="NAME",
        help="craft the attack on this network too; repeat",
    )
    parser.add_argument(
        "--join", default=Joining.LOGITS.value, choices=[each.value for each in Joining], help="what --with averages"
    )
    parser.add_argument(
        "--also",
        action="append",
        default=[],
        metavar="NAME",
        help="show this network what comes out, to see whether it is fooled too; repeat",
    )


def load_others(chosen: argparse.Namespace, model: Classifier) -> Others:
    """The networks that the arguments mean.

    Raises:
        UsageError: one of them cannot be loaded, or does not go together with ``model``.
    """
    from engine.models import load_model
    from engine.scoring import check_channels, ensemble

    names = tuple(dict.fromkeys((*chosen.together, *chosen.also)))
    if model.name in names:
        raise UsageError(f"--with and --also name networks beside --model, which is {model.name} already")
    try:
        loaded = {name: load_model(name, chosen.device) for name in names}
        together = tuple(loaded[name] for name in dict.fromkeys(chosen.together))
        ensemble(model, list(together))
        for each in loaded.values():
            check_channels(each.title, each.recipe, model.recipe.channels)
    except ExplainedError as error:
        raise UsageError(str(error)) from error
    return Others(together, tuple(loaded.values()), chosen.join)


def _said(score: Score) -> Line:
    assert score.before is not None  # noqa: S101 - who cannot look was refused
    assert score.after is not None  # noqa: S101
    assert score.standing is not None  # noqa: S101
    answers = {
        when: [score.classes[seen.label], float(seen.probabilities[seen.label])]
        for when, seen in (("before", score.before), ("after", score.after))
    }
    return {**answers, "standing": score.standing.value, "hit": score.is_hit}
