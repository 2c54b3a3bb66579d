"""Which architecture a file of weights is of, told by the names and shapes of its tensors."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from engine.catalogue import timm
from engine.catalogue.classes import CLASSES, class_names
from engine.catalogue.found import Guess
from engine.catalogue.models import UNTRAINED_PREFIX, NetworkCard, find_network, known_network
from engine.models.own import chain
from engine.models.own.adapting import ONE_OUTPUT
from engine.models.own.known import (
    Shape,
    Shapes,
    Skeleton,
    architectures,
    has_auxiliary,
    is_timm,
    side_of,
    skeleton,
    timm_name,
)
from engine.models.own.signatures import architectures_of
from engine.models.torchvision_networks import AUXILIARY, renamed
from engine.models.weights import State
from engine.tasks import Progress

MOST_GUESSES = 6
SURE = 2
"""How many of torchvision's are laid out where the tensors are those of one of timm's: it has the same, or none."""

_ELSE = (
    "If it is a network of your own making, export it with its architecture, as ONNX or torch.export (.pt2), and open "
    "that."
)

TELLTALES = {
    "alexnet": "features.10.weight",
    "convnext": "features.1.0.layer_scale",
    "densenet": "features.denseblock1.denselayer1.norm1.weight",
    "efficientnet-lite": "_conv_stem.weight",
    "efficientnet": "features.1.0.block.0.0.weight",
    "googlenet": "inception3a.branch1.conv.weight",
    "inception": "Mixed_5b.branch1x1.conv.weight",
    "maxvit": "blocks.0.layers.0.layers.MBconv.layers.pre_norm.weight",
    "mnasnet": "layers.0.weight",
    "mobilenet_v2": "features.1.conv.0.0.weight",
    "mobilenet_v3": "features.1.block.0.0.weight",
    "regnet": "trunk_output.block1.block1-0.f.a.0.weight",
    "resne": "layer1.0.conv1.weight",
    "shufflenet": "stage2.0.branch1.0.weight",
    "squeezenet": "features.3.squeeze.weight",
    "swin": "features.1.0.attn.qkv.weight",
    "vgg": "classifier.6.weight",
    "vit": "conv_proj.weight",
    "wide_resnet": "layer1.0.conv1.weight",
}
"""A tensor that all architectures have whose names begin so, and few others: to look for it takes no time, while to
lay out all eighty architectures takes many seconds. What has no telltale is small, and always compared.
"""


def guesses(state: State, found: list[Guess]) -> Iterator[Progress]:
    """Compares a file with every architecture that it may be of; ends early when one fits.

    Args:
        state: the tensors of the file.
        found: filled with the guesses, the best first.
    """
    plain = chain.guess(state)
    made = [] if plain is None else [plain]
    names = architectures_of(_shapes(state))
    named = _cards_of_timm(names, state)
    cards = sorted(_candidates(state), key=lambda card: card.name not in names)  # both call a ResNet-50 resnet50
    yield from _compared(cards[: SURE if named else None], state, made, most=1)
    if not any(each.fits for each in made):
        yield from _compared(named, state, made, most=MOST_GUESSES)
        made = _with_notes(made)
    made.sort(key=lambda each: (-each.fitting / each.of, each.architecture == chain.NAME))
    found[:] = [each for each in made if each.fitting][:MOST_GUESSES]


def _compared(cards: Sequence[NetworkCard], state: State, made: list[Guess], most: int) -> Iterator[Progress]:
    """Compares a file with architectures until so many fit."""
    for count, card in enumerate(cards):
        yield Progress(count, len(cards), f"comparing it with {card.title}")
        made.append(compare(card, state))
        most -= made[-1].fits
        if not most:
            break


def _with_notes(made: list[Guess]) -> list[Guess]:
    """The guesses; where several fit, each says so: what they do between their layers is in no file of weights."""
    fitting = [each for each in made if each.fits]
    others = {each: ", ".join(other.title for other in fitting if other is not each) for each in fitting}
    note = "These tensors fit {} as well, which may answer otherwise: choose what it was trained as."
    return [replace(each, note=note.format(others[each])) if others.get(each) else each for each in made]


def compare(card: NetworkCard, state: State) -> Guess:
    """How well a file fits one architecture.

    Its last layer may tell another number of classes apart, and its first may see another number of channels.
    """
    shapes = _shapes(named_for(card, state))
    side = side_of(card, shapes)
    bones = skeleton(card, side)
    found = {name: shape for name, shape in shapes.items() if name in bones.shapes}
    reshaped = tuple(name for name, shape in found.items() if not _suits(name, shape, bones))
    missing = tuple(each for each in bones.shapes if each not in shapes and not is_counter(each))
    left_over = tuple(each for each in shapes if each not in bones.shapes)
    classes, channels = _classes(card, bones, shapes), _channels(card, bones, shapes)
    return Guess(
        card.name,
        _title(card),
        fitting=len(found) - len(reshaped),
        of=len(found) + len(missing) + len(left_over),
        missing=missing,
        left_over=left_over,
        reshaped=reshaped,
        classes=classes,
        channels=channels,
        size=(side, side) if side else card.size,
        resize=side or card.resize,
        interpolation=card.interpolation,
        mean=card.mean if channels == len(card.mean) else (0.0,) * channels,
        std=card.std if channels == len(card.std) else (1.0,) * channels,
        labels=card.labels if classes == len(class_names(card.labels)) else "",
    )


def named_for(card: NetworkCard, state: State) -> State:
    """The tensors by the names that the architecture gives them, without those that only served training."""
    if has_auxiliary(card):
        return {name: each for name, each in state.items() if name.partition(".")[0] not in AUXILIARY}
    return renamed(state) if card.family == "DenseNet" else state


def is_counter(name: str) -> bool:
    """Whether a tensor only counts batches while a network is trained: files from long ago have none."""
    return name.endswith("num_batches_tracked")


def why_none(found: list[Guess], state: State) -> tuple[str, str]:
    """What to say of a file that no architecture fits, or one with a single output, and what to do."""
    named = architectures_of(_shapes(state))
    if named and not timm.is_installed():
        install = f"{timm.INSTALL} Then open the file again."
        return f"it is a network of timm ({' or '.join(named[:3])}), and timm is not installed", install
    if not found:
        some = ", ".join(list(state)[:3])
        return (
            f"its {len(state)} tensors ({some} …) are named like those of no architecture that Foolscope knows",
            _ELSE,
        )
    best = found[0]
    if best.fits:
        return f"it is a {best.title} with a single output, and there is nothing to choose between", ONE_OUTPUT
    channels = _odd_channels(best, state)
    if channels:
        why = f"it is a {best.title} for pictures of {channels} channels, and Foolscope has grey (1) and colour (3)"
        return why, "Choose a network that was trained on one of these."
    return f"no architecture that Foolscope knows fits; the nearest: {best.say()}".rstrip("."), _ELSE


def _odd_channels(guess: Guess, state: State) -> int:
    """How many channels a network sees that fits in all else, where they are neither one nor three; else 0."""
    if guess.architecture == chain.NAME or guess.fitting != guess.of - 1:
        return 0
    stem = f"{skeleton(find_network(guess.architecture)).stem}.weight"
    return int(state[stem].shape[1]) if guess.reshaped == (stem,) and stem in state and state[stem].dim() == 4 else 0


def _shapes(state: State) -> Shapes:
    return {name: tuple(each.shape) for name, each in state.items()}


def _candidates(state: State) -> list[NetworkCard]:
    """The architectures that the file may be of, those with about as many numbers first.

    They are known by their telltale; where the file has none, tensors may be missing, and a few of its size are tried.
    """
    numbers = max(1, sum(each.numel() for each in state.values()))
    names = set(renamed(state)) | {""}
    nearest = sorted(architectures(), key=lambda card: abs(math.log(card.parameters / numbers)))
    told = [card for card in nearest if _telltale(card.name) in names]
    is_told = any(_telltale(card.name) for card in told)
    return told if is_told else [*told, *[card for card in nearest if _telltale(card.name)][:MOST_GUESSES]]


def _cards_of_timm(names: Sequence[str], state: State) -> list[NetworkCard]:
    """The architectures of timm by these names, those for pictures of the file's size first; none without timm."""
    shapes = _shapes(state)
    cards = [known_network(f"{UNTRAINED_PREFIX}{timm.PREFIX}{name}") for name in names]
    known = [card for card in cards if card is not None]
    return sorted(known, key=lambda card: side_of(card, shapes) not in {0, card.size[0]})[:MOST_GUESSES]


def _telltale(name: str) -> str:
    return next((each for start, each in TELLTALES.items() if name.startswith(start)), "")


def _title(card: NetworkCard) -> str:
    if is_timm(card):
        return f"{timm_name(card)} (timm)"
    return card.family if card.labels in CLASSES and card.labels != "imagenet" else card.title.partition(", ")[0]


def _suits(name: str, shape: Shape, bones: Skeleton) -> bool:
    """Whether a tensor has the shape that it should have, but for the number of classes or of channels."""
    wanted = bones.shapes[name]
    layer, _, part = name.rpartition(".")
    if layer in bones.heads and len(shape) == len(wanted):
        shape = wanted[:1] + shape[1:]
    if layer == bones.stem and part == "weight" and len(shape) == len(wanted) and shape[1] in {1, 3}:
        shape = shape[:1] + wanted[1:2] + shape[2:]
    return shape == wanted


def _classes(card: NetworkCard, bones: Skeleton, shapes: Shapes) -> int:
    found = [shapes[f"{head}.weight"][0] for head in bones.heads if f"{head}.weight" in shapes]
    return found[0] if found else len(card.classes)


def _channels(card: NetworkCard, bones: Skeleton, shapes: Shapes) -> int:
    stem = shapes.get(f"{bones.stem}.weight")
    return stem[1] if stem and len(stem) == 4 and stem[1] in {1, 3} else len(card.mean)
