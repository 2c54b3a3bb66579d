"""Which architecture a file of weights is of, told by the names and shapes of its tensors."""

from __future__ import annotations

import math
from collections.abc import Iterator

from engine.catalogue.classes import CLASSES, class_names
from engine.catalogue.found import Guess
from engine.catalogue.models import NetworkCard
from engine.models.own import chain
from engine.models.own.known import (
    AUXILIARY,
    Shape,
    Shapes,
    Skeleton,
    architectures,
    has_auxiliary,
    side_of,
    skeleton,
)
from engine.models.torchvision_networks import renamed
from engine.models.weights import State
from engine.tasks import Progress

MOST_GUESSES = 6

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
    cards = _candidates(state)
    for count, card in enumerate(cards):
        yield Progress(count, len(cards), f"comparing it with {card.title}")
        made.append(compare(card, state))
        if made[-1].fits:
            break
    made.sort(key=lambda each: (-each.fitting / each.of, each.architecture == chain.NAME))
    found[:] = [each for each in made if each.fitting][:MOST_GUESSES]


def compare(card: NetworkCard, state: State) -> Guess:
    """How well a file fits one architecture.

    Its last layer may tell another number of classes apart, and its first may see another number of channels.
    """
    shapes = {name: tuple(each.shape) for name, each in named_for(card, state).items()}
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


def nearest_sentence(found: list[Guess], state: State) -> str:
    """What to say of a file that no architecture fits."""
    if not found:
        some = ", ".join(list(state)[:3])
        return f"its {len(state)} tensors ({some} …) are named like those of no architecture that Foolscope knows"
    return f"no architecture that Foolscope knows fits; the nearest: {found[0].say()}".rstrip(".")


def _candidates(state: State) -> list[NetworkCard]:
    """The architectures that have the file's telltale, those with about as many numbers first."""
    numbers = max(1, sum(each.numel() for each in state.values()))
    names = set(renamed(state))
    found = [card for card in architectures() if _telltale(card.name) in names | {""}]
    return sorted(found, key=lambda card: abs(math.log(card.parameters / numbers)))


def _telltale(name: str) -> str:
    return next((each for start, each in TELLTALES.items() if name.startswith(start)), "")


def _title(card: NetworkCard) -> str:
    return card.family if card.labels in CLASSES and card.labels != "imagenet" else card.title.partition(", ")[0]


def _suits(name: str, shape: Shape, bones: Skeleton) -> bool:
    """Whether a tensor has the shape that it should have, but for the number of classes or of channels."""
    wanted = bones.shapes[name]
    layer, _, part = name.rpartition(".")
    if layer == bones.head and len(shape) == len(wanted):
        shape = wanted[:1] + shape[1:]
    if layer == bones.stem and part == "weight" and len(shape) == len(wanted) and shape[1] in {1, 3}:
        shape = shape[:1] + wanted[1:2] + shape[2:]
    return shape == wanted


def _classes(card: NetworkCard, bones: Skeleton, shapes: Shapes) -> int:
    head = shapes.get(f"{bones.head}.weight")
    return head[0] if head else len(card.classes)


def _channels(card: NetworkCard, bones: Skeleton, shapes: Shapes) -> int:
    stem = shapes.get(f"{bones.stem}.weight")
    return stem[1] if stem and len(stem) == 4 and stem[1] in {1, 3} else len(card.mean)
