"""What the commands do: each gives its lines one after the other, as objects that JSON can hold."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from engine.catalogue.attacks import Norm
from engine.catalogue.moves import Moves
from engine.cli.beside import load_others
from engine.cli.choices import UsageError, read_attack, read_class, read_moves, read_size
from engine.cli.networks import load
from engine.cli.out import OutFolder
from engine.cli.texts import Line
from engine.errors import ExplainedError

if TYPE_CHECKING:
    from torch import Tensor

    from engine.batch import Outcome
    from engine.frame import Prediction
    from engine.models.classifier import Classifier

    Loaded = tuple[str, Tensor | ExplainedError]
    Ask = Callable[[list[str], Tensor], list[Line]]

TOP = 5
BATCH, BATCH_ON_DEVICE = 8, 64
"""Pictures a batch: of 224×224 a processor gains nothing from more, and an accelerator is slow to start."""


def predict_pictures(chosen: argparse.Namespace) -> Iterator[Line]:
    """What the network sees in every picture.

    Raises:
        UsageError: the arguments mean nothing, or the network cannot be loaded.
    """
    from engine.batch import predict

    moves = read_moves(chosen.move)
    model = _model(chosen)

    def ask(names: list[str], x: Tensor) -> list[Line]:
        answers = zip(names, predict(model, x), strict=True)
        return [{**_named(name, moves), "before": _top(model, before)} for name, before in answers]

    return _lines(model, chosen.images, moves, ask)


def attack_pictures(chosen: argparse.Namespace) -> Iterator[Line]:
    """What the attack makes of every picture.

    Raises:
        UsageError: the arguments do not go together, or the network cannot be loaded.
    """
    from engine.batch import attack

    norm = Norm(chosen.norm)
    epsilon = read_size(chosen.epsilon, norm)
    how = read_attack(chosen.attack, chosen.option)
    if norm not in how.norms:
        raise UsageError(f"{how.name} does not work in {norm}")
    if chosen.target is not None and not how.targetable:
        raise UsageError(f"{how.name} cannot be aimed at a class")
    moves = read_moves(chosen.move)
    model = _model(chosen)
    target = None if chosen.target is None else read_class(chosen.target, model.classes)
    others = load_others(chosen, model)
    out = OutFolder(chosen.out, chosen.images) if chosen.out else None

    def ask(names: list[str], x: Tensor) -> list[Line]:
        began = time.perf_counter()
        outcome = attack(model, x, how, epsilon=epsilon, norm=norm, target=target, seed=chosen.seed, **others.craft)
        seconds = (time.perf_counter() - began) / len(names)
        lines, seen = [], others.seen(outcome, model, target)
        for index, name in enumerate(names):
            line = {**_named(name, moves), **_outcome(model, outcome, index), **seen[index], "seconds": seconds}
            lines.append(line if out is None else line | out.save(name, model, outcome, index, target))
        return lines

    return _lines(model, chosen.images, moves, ask)


def _model(chosen: argparse.Namespace) -> Classifier:
    from engine.device import set_threads, tune_process

    tune_process()
    set_threads(window=False)
    return load(chosen)


def _lines(model: Classifier, images: Sequence[str], moves: Moves, ask: Ask) -> Iterator[Line]:
    """A line for every picture, in order; one that cannot be read or asked about has its ``error``."""
    told = 0
    for batch in _batches(model, images, moves):
        answers = iter(_answers([(name, x) for name, x in batch if not isinstance(x, ExplainedError)], ask))
        for note in model.notes[told:]:
            sys.stderr.write(f"foolscope: {note}\n")
        told = len(model.notes)
        for name, x in batch:
            yield _error(name, x) if isinstance(x, ExplainedError) else next(answers)


def _answers(pictures: list[tuple[str, Tensor]], ask: Ask) -> list[Line]:
    """The lines of a batch; where it fails, each picture is asked about alone, so that one spoils no other."""
    import torch

    if not pictures:
        return []
    try:
        return ask([name for name, _ in pictures], torch.cat([x for _, x in pictures]))
    except ExplainedError as error:
        if len(pictures) == 1:
            return [_error(pictures[0][0], error)]
    return [line for each in pictures for line in _answers([each], ask)]


def _batches(model: Classifier, images: Sequence[str], moves: Moves) -> Iterator[list[Loaded]]:
    """Decoded and moved pictures, in batches; a file that cannot be read stands as its error."""
    from engine.batch import ahead, in_batches, load_image

    def load(image: str) -> Loaded:
        try:
            return image, load_image(image, model, moves=moves)
        except ExplainedError as error:
            return image, error

    size = BATCH if model.device == "cpu" else BATCH_ON_DEVICE
    return in_batches(ahead(load, images, 2 * size), size)


def _named(name: str, moves: Moves) -> Line:
    """The beginning of a line: the picture, and what was done to it."""
    return {"file": name} if moves.is_still else {"file": name, "moves": moves.changed}


def _error(name: str, error: ExplainedError) -> Line:
    return {"file": name, "error": str(error)}


def _outcome(model: Classifier, outcome: Outcome, index: int) -> Line:
    return {
        "before": _top(model, outcome.before[index]),
        "after": _top(model, outcome.after[index]),
        "verdict": outcome.verdicts[index].value,
        "linf": outcome.linf[index],
        "l2": outcome.l2[index],
    }


def _top(model: Classifier, prediction: Prediction) -> list[tuple[str, float]]:
    return [(model.classes[each], float(prediction.probabilities[each])) for each in prediction.top(TOP)]
