"""From what is remembered of a user's network to a ``Classifier``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import nn

from engine.catalogue.found import Tried
from engine.catalogue.models import find_network, own_card
from engine.catalogue.own import Kind, OwnNetwork, find_own
from engine.errors import ExplainedError
from engine.images import Recipe
from engine.models.classifier import Classifier
from engine.models.errors import ModelError
from engine.models.own import chain
from engine.models.own.adapting import adapted
from engine.models.own.guessing import compare, is_counter, named_for
from engine.models.own.inspecting import digest, open_program
from engine.models.own.kinds import kind_of, refused
from engine.models.own.known import blank_for, side_of
from engine.models.own.programs import must_be_trusted
from engine.models.own.states import read_state
from engine.models.own.taught import build_taught
from engine.models.weights import State
from engine.tasks import Progress

_OPEN_AGAIN = "Open the file again under Model, or forget this network."


def load_own(name: str, device: str = "cpu", notes: Sequence[str] = ()) -> Classifier:
    """The network that is remembered under a name.

    Raises:
        ModelError: its file is gone, has changed or cannot be read.
        UnknownNetworkError: nothing is remembered under that name.
    """
    record = find_own(name)
    if record is None:
        find_network(name)  # says so
        raise ModelError(f"{name} could not be loaded", "it was forgotten", "Choose another network.")
    return classifier_of(record, device=device, notes=notes)


def classifier_of(record: OwnNetwork, *, device: str = "cpu", notes: Sequence[str] = ()) -> Classifier:
    """A network as its record says.

    Raises:
        ModelError: its file is gone, has changed, cannot be read, or the network does not go with the record.
    """
    path = Path(record.file)
    if not path.is_file():
        raise ModelError(f"{record.title} could not be loaded", f"{path} is not there any more", _OPEN_AGAIN)
    _check_digest(path, record)
    made = adapted(_network(path, record), record.title, len(record.mean), record.size)
    if made.classes != len(record.classes):
        why = f"it tells {made.classes} classes apart, and {len(record.classes)} names are given"
        raise ModelError(f"{record.title} cannot be used", why, f"Give {made.classes} names, one a line.")
    card = own_card(record.name, record)
    recipe = Recipe(record.resize, record.size, record.interpolation, channels=len(record.mean))
    return Classifier(
        made.network,
        name=card.name,
        title=card.title,
        classes=record.classes,
        recipe=recipe,
        mean=record.mean,
        std=record.std,
        device=device,
        notes=[*notes, *made.notes],
    )


def try_out(record: OwnNetwork, tried: list[Tried]) -> Iterator[Progress]:
    """Loads a network and asks it about a grey picture and for a gradient; appends what came of it to ``tried``."""
    yield Progress(0, 2, "loading the network")
    try:
        model = classifier_of(record)
        yield Progress(1, 2, "asking it about a grey picture")
        tried.append(_asked(model))
    except ExplainedError as error:
        tried.append(Tried("", f"{error.why}. {error.remedy}"))


def _asked(model: Classifier) -> Tried:
    x = torch.full((1, model.recipe.channels, *model.size), 0.5, requires_grad=True)
    logits = model(x)
    if not bool(logits.isfinite().all()):
        return Tried("", "its answer to a grey picture is not finite. Look at the normalisation and the weights.")
    notes = list(model.notes)
    if not _has_gradient(x, logits):
        notes.append("It has no gradient by the pixels: only attacks that need none can work on it.")
    answer = model.classes[int(logits.argmax())]
    return Tried(
        f"A grey test picture gives {len(model.classes)} finite numbers; it sees “{answer}”.", notes=tuple(notes)
    )


def _has_gradient(x: torch.Tensor, logits: torch.Tensor) -> bool:
    try:
        (slope,) = torch.autograd.grad(logits[0, 0] - logits[0, 1:].mean(), x)
    except RuntimeError:
        return False
    return bool(slope.isfinite().all()) and bool(slope.any())


def _check_digest(path: Path, record: OwnNetwork) -> None:
    found: list[str] = []
    try:
        for _ in digest(path, found):
            pass
    except OSError as error:
        raise refused(path, error.strerror or str(error), "Check its permissions and the disk.") from error
    if found[0] != record.sha256:
        why = f"{path.name} has changed since it was opened (its SHA-256 begins with {found[0][:8]})"
        raise ModelError(f"{record.title} could not be loaded", why, _OPEN_AGAIN)


def _network(path: Path, record: OwnNetwork) -> nn.Module:
    kind = kind_of(path)
    if (kind, record.kind) == (Kind.STATE, Kind.TAUGHT):
        return build_taught(path, record)
    if kind != record.kind:
        raise refused(path, f"it is {kind}, not {record.kind}", _OPEN_AGAIN)
    if kind.runs_code and record.details.get("is_trusted") is not True:
        raise must_be_trusted(path, kind)
    if kind is Kind.STATE:
        return _filled(path, record)
    return open_program(path, kind).network


def _filled(path: Path, record: OwnNetwork) -> nn.Module:
    """The architecture of the record with the file's tensors, all of them."""
    state = read_state(path).state
    network, named = _architecture(path, record, state)
    try:
        result = network.load_state_dict(named, strict=False)
    except RuntimeError as error:
        raise _does_not_fit(path, record, state) from error
    if result.unexpected_keys or not all(map(is_counter, result.missing_keys)):
        raise _does_not_fit(path, record, state)
    return network.eval()


def _architecture(path: Path, record: OwnNetwork, state: State) -> tuple[nn.Module, State]:
    name = record.details.get("architecture")
    if name == chain.NAME:
        if chain.guess(state) is None:
            raise refused(path, "it is no chain of dense layers", _OPEN_AGAIN)
        return chain.build(state)
    card = find_network(str(name))
    named = named_for(card, state)
    side = side_of(card, {key: tuple(each.shape) for key, each in named.items()})
    return blank_for(card, len(record.classes), len(record.mean), side), named


def _does_not_fit(path: Path, record: OwnNetwork, state: State) -> ModelError:
    name = record.details.get("architecture")
    if name == chain.NAME:
        return refused(path, "its layers do not fit", _OPEN_AGAIN)
    guess = compare(find_network(str(name)), state)
    if guess.fits:
        found = f"the file has {guess.classes} classes and {guess.channels} channels"
        said = f"{found}, not {len(record.classes)} and {len(record.mean)}"
        return refused(path, said, "Set the number of classes and channels as the file has them.")
    return refused(path, guess.say().rstrip("."), "Choose another architecture.")
