"""Which network the command line means: one that is known, a file of the user's own, or what a Python file builds."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.catalogue.found import (
    NORMALISATIONS,
    ClassNamesError,
    Found,
    Guess,
    read_class_names,
    record_of,
    spread,
)
from engine.catalogue.models import all_networks
from engine.catalogue.own import SUFFIXES, OwnNetwork, OwnNetworkError
from engine.cli.choices import UsageError
from engine.errors import ExplainedError

if TYPE_CHECKING:
    from torch import nn

    from engine.models.classifier import Classifier

Choices = dict[str, Any]


def add_options(parser: argparse.ArgumentParser) -> None:
    """What a command takes to choose a network."""
    parser.add_argument(
        "--model",
        default="efficientnet-lite0",
        metavar="NAME|FILE",
        help="of “foolscope list models”, or your own file",
    )
    parser.add_argument(
        "--model-from",
        metavar="FILE.py:FUNCTION",
        help="RUNS that Python file, with all your rights; the function returns a torch.nn.Module",
    )
    add_own_options(parser)


def add_own_options(parser: argparse.ArgumentParser) -> None:
    """What else can be said of a network that is a file."""
    own = parser.add_argument_group("a network of your own (--model FILE)")
    own.add_argument("--classes", type=Path, metavar="FILE", help="names of the classes, one a line, or JSON")
    own.add_argument("--input", metavar="HEIGHTxWIDTH", help="size of the input in pixels; the file tells it mostly")
    own.add_argument("--normalise", choices=NORMALISATIONS, help="what pixels in [0, 1] go through first")
    own.add_argument("--architecture", metavar="NAME", help="where several fit: one of “foolscope list models”")
    own.add_argument(
        "--i-made-this-file",
        action="store_true",
        help="open TorchScript and torch.export files too: opening them can run code that they hold",
    )


def load(chosen: argparse.Namespace) -> Classifier:
    """The network that the arguments mean.

    Raises:
        UsageError: there is none, or it cannot be used; says why and what to do.
    """
    from engine.models import load_model

    try:
        if chosen.model_from:
            return _from_module(chosen)
        if is_file(chosen.model):
            return _from_file(chosen)
        return load_model(chosen.model, chosen.device)
    except (ExplainedError, ClassNamesError, OwnNetworkError) as error:
        raise UsageError(str(error)) from error


def is_file(model: str) -> bool:
    """Whether a file is meant, be it there or not, and no network of the list."""
    looks_so = Path(model).exists() or "/" in model or "\\" in model or model.lower().endswith(SUFFIXES)
    return looks_so and model not in all_networks()


def record_for(chosen: argparse.Namespace, seen: Found) -> OwnNetwork:
    """What is to be remembered of a file, as it tells and as the arguments say.

    Raises:
        UsageError: an argument does not go with the file.
        ClassNamesError: the names of the classes cannot be read.
        OwnNetworkError: the arguments make no sense together.
    """
    if seen.record is not None:  # the file told everything
        return replace(seen.record, **_choices(chosen, len(seen.record.mean)))
    guess = _guess(seen, chosen.architecture)
    return record_of(seen, guess, **_choices(chosen, guess.channels))


def _from_file(chosen: argparse.Namespace) -> Classifier:
    from engine.device import choose_device
    from engine.models.own import classifier_of, inspect
    from engine.models.own.programs import must_be_trusted

    found: list[Found] = []
    for _ in inspect(chosen.model, found, is_trusted=chosen.i_made_this_file):
        pass
    [seen] = found
    if seen.needs_trust:
        raise must_be_trusted(Path(seen.path), seen.kind)
    record = record_for(chosen, seen)
    notes: list[str] = []
    device = choose_device(chosen.device, notes.append)
    return classifier_of(record, device=device, notes=notes)


def _guess(found: Found, architecture: str | None) -> Guess:
    fitting = [each for each in found.guesses if each.fits and architecture in {None, each.architecture}]
    if not fitting:
        there_are = ", ".join(each.architecture for each in found.guesses if each.fits)
        raise UsageError(f"--architecture {architecture} does not fit the file; {there_are} does")
    return fitting[0]


def _choices(chosen: argparse.Namespace, channels: int) -> Choices:
    """What the arguments say in place of what the file told."""
    choices: Choices = {}
    if chosen.classes:
        choices["classes"] = read_class_names(chosen.classes)
    if chosen.input:
        height, width = _size(chosen.input)
        choices |= {"size": (height, width), "resize": min(height, width)}
    if chosen.normalise:
        usual = NORMALISATIONS[chosen.normalise]
        choices |= {"mean": spread(usual.mean, channels), "std": spread(usual.std, channels)}
    return choices


def _size(text: str) -> tuple[int, int]:
    parts = text.lower().replace("×", "x").split("x")
    if len(parts) not in {1, 2} or not all(each.isascii() and each.isdecimal() for each in parts):
        raise UsageError(f"--input {text}: write HEIGHTxWIDTH in pixels, such as 32x32")
    return int(parts[0]), int(parts[-1])


# A Python file


def _from_module(chosen: argparse.Namespace) -> Classifier:
    """What a function in a Python file returns: this is the one way in which Foolscope runs somebody's code."""
    from engine.device import choose_device
    from engine.images import Recipe
    from engine.models.classifier import Classifier
    from engine.models.own.adapting import adapted
    from engine.models.own.programs import channels_of

    built = _built(chosen.model_from)
    if isinstance(built, Classifier):
        return built
    network = built.eval()
    channels = channels_of(network)
    choices = _choices(chosen, channels)
    size = _size(chosen.input or "224x224")
    made = adapted(network, chosen.model_from, channels, size)
    usual = NORMALISATIONS[chosen.normalise or "none"]
    names = read_class_names(chosen.classes) if chosen.classes else [f"class {each}" for each in range(made.classes)]
    notes: list[str] = list(made.notes)
    return Classifier(
        made.network,
        name=chosen.model_from,
        title=chosen.model_from,
        classes=names,
        recipe=Recipe(choices.get("resize", min(size)), size, channels=channels),
        mean=spread(usual.mean, channels),
        std=spread(usual.std, channels),
        device=choose_device(chosen.device, notes.append),
        notes=notes,
    )


def _built(where: str) -> nn.Module | Classifier:
    """The network that a function builds; the file is run."""
    from torch import nn

    from engine.models.classifier import Classifier

    file, _, function = where.rpartition(":")
    path = Path(file)
    if not function.isidentifier() or path.suffix != ".py" or not path.is_file():
        raise UsageError(f"--model-from {where}: write FILE.py:FUNCTION, with a file that is there")
    sys.stderr.write(f"foolscope: running {path}\n")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"--model-from {where}: Python cannot read it")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        built = getattr(module, function)()
    except Exception as error:  # it is the user's own code
        raise UsageError(f"--model-from {where} failed: {type(error).__name__}: {error}") from error
    if not isinstance(built, nn.Module | Classifier):
        raise UsageError(f"--model-from {where} returned a {type(built).__name__}, not a torch.nn.Module")
    return built
