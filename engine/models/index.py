"""Writes ``assets/networks.json`` from torchvision's own registry: ``python -m engine.models.index``.

The window lists the networks before torch is loaded, so that what torchvision says of them is kept in a file. To be
run again when the torchvision that is required knows more networks.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import assets

Entry = dict[str, Any]

FAMILIES: dict[str, tuple[str, str]] = {
    "alexnet": ("AlexNet", "Five convolutions that began it all (Krizhevsky 2014, arXiv:1404.5997)."),
    "convnext": (
        "ConvNeXt",
        "Convolutions with a transformer's habits (Liu et al. 2022, arXiv:2201.03545).",
    ),
    "densenet": ("DenseNet", "Every layer sees all the layers before it (Huang et al. 2017, arXiv:1608.06993)."),
    "efficientnet_b": ("EfficientNet", "Depth, width and size grow together (Tan, Le 2019, arXiv:1905.11946)."),
    "efficientnet_v2": ("EfficientNetV2", "EfficientNet that trains faster (Tan, Le 2021, arXiv:2104.00298)."),
    "googlenet": ("GoogLeNet", "Filters of several sizes side by side (Szegedy et al. 2015, arXiv:1409.4842)."),
    "inception": ("Inception", "GoogLeNet with factorised filters (Szegedy et al. 2016, arXiv:1512.00567)."),
    "maxvit": (
        "MaxViT",
        "A transformer that attends within blocks and across a grid (Tu et al. 2022, arXiv:2204.01697).",
    ),
    "mnasnet": ("MNASNet", "Found by a search that measured phones (Tan et al. 2019, arXiv:1807.11626)."),
    "mobilenet_v2": ("MobileNetV2", "Inverted residuals for phones (Sandler et al. 2018, arXiv:1801.04381)."),
    "mobilenet_v3": ("MobileNetV3", "MobileNetV2 refined by a search (Howard et al. 2019, arXiv:1905.02244)."),
    "regnet": ("RegNet", "A simple rule for the widths of the layers (Radosavovic et al. 2020, arXiv:2003.13678)."),
    "resnet": ("ResNet", "Layers learn what to add to their input (He et al. 2016, arXiv:1512.03385)."),
    "resnext": ("ResNeXt", "ResNet with many narrow paths side by side (Xie et al. 2017, arXiv:1611.05431)."),
    "shufflenet": ("ShuffleNetV2", "Shuffled channels for phones (Ma et al. 2018, arXiv:1807.11164)."),
    "squeezenet": ("SqueezeNet", "AlexNet's answers, a fiftieth of its size (Iandola et al. 2016, arXiv:1602.07360)."),
    "swin_v2": ("Swin V2", "Swin for larger pictures (Liu et al. 2022, arXiv:2111.09883)."),
    "swin": ("Swin", "A transformer that attends within windows, which shift (Liu et al. 2021, arXiv:2103.14030)."),
    "vgg": ("VGG", "Nothing but 3×3 convolutions, many of them (Simonyan, Zisserman 2015, arXiv:1409.1556)."),
    "vit": (
        "ViT",
        "A transformer: a picture read as a sentence of patches (Dosovitskiy et al. 2021, arXiv:2010.11929).",
    ),
    "wide_resnet": ("Wide ResNet", "ResNet with more channels (Zagoruyko, Komodakis 2016, arXiv:1605.07146)."),
}
"""What a name begins with: the family and one sentence; the first that fits counts."""

TITLES = (
    (r"alexnet", "AlexNet"),
    (r"convnext_(\w)(\w*)", lambda found: f"ConvNeXt-{found[1].upper()}{found[2]}"),
    (r"densenet(\d+)", r"DenseNet-\1"),
    (r"efficientnet_b(\d)", r"EfficientNet-B\1"),
    (r"efficientnet_v2_(\w)", lambda found: f"EfficientNetV2-{found[1].upper()}"),
    (r"googlenet", "GoogLeNet"),
    (r"inception_v3", "Inception v3"),
    (r"maxvit_t", "MaxViT-T"),
    (r"mnasnet(\d)_(\d+)", r"MNASNet ×\1.\2"),
    (r"mobilenet_v2", "MobileNetV2"),
    (r"mobilenet_v3_(\w)(\w*)", lambda found: f"MobileNetV3-{found[1].upper()}{found[2]}"),
    (r"regnet_(\w)_([\d_]+)([gm])f", lambda found: f"RegNet{found[1].upper()}-{_decimal(found[2])}{found[3].upper()}F"),
    (r"resnet(\d+)", r"ResNet-\1"),
    (r"resnext(\d+)_(\d+)x(\d+)d", r"ResNeXt-\1 \2×\3d"),
    (r"shufflenet_v2_x(\d)_(\d)", r"ShuffleNetV2 ×\1.\2"),
    (r"squeezenet(\d)_(\d)", r"SqueezeNet \1.\2 (torchvision)"),
    (r"swin_v2_(\w)", lambda found: f"Swin V2-{found[1].upper()}"),
    (r"swin_(\w)", lambda found: f"Swin-{found[1].upper()}"),
    (r"vgg(\d+)_bn", r"VGG-\1 with batch norm"),
    (r"vgg(\d+)", r"VGG-\1"),
    (r"vit_(\w)_(\d+)", lambda found: f"ViT-{found[1].upper()}/{found[2]}"),
    (r"wide_resnet(\d+)_2", r"Wide ResNet-\1"),
)
"""How a name of the registry is read."""


def _decimal(digits: str) -> str:
    return digits.replace("_", ".")


def title(name: str) -> str:
    """A registry's name as it is read: ``regnet_y_1_6gf`` is ``RegNetY-1.6GF``."""
    for pattern, written in TITLES:
        if re.fullmatch(pattern, name):
            return re.sub(pattern, written, name)
    return name


def entry(name: str) -> Entry:
    """What torchvision says of one network and its default weights."""
    from torchvision.models import get_model_weights

    weights = get_model_weights(name).DEFAULT
    transform = weights.transforms()
    family, sentence = next(text for prefix, text in FAMILIES.items() if name.startswith(prefix))
    file = weights.url.rpartition("/")[2]
    hash_found = re.search(r"-([0-9a-f]{8,})\.", file)
    assert hash_found is not None, file  # noqa: S101 - every weights file of torchvision carries its hash
    return {
        "name": name,
        "title": title(name),
        "family": family,
        "data": "ImageNet-1K",
        "parameters": weights.meta["num_params"] - _in_heads(name),
        "megabytes": round(weights.meta["_file_size"] * 1.048576, 1),
        "size": transform.crop_size * 2,
        "resize": transform.resize_size[0],
        "interpolation": transform.interpolation.value,
        "mean": list(transform.mean),
        "std": list(transform.std),
        "top1": f"{weights.meta['_metrics']['ImageNet-1K']['acc@1']:.1f} %",
        "licence": "CC BY-NC 4.0" if "SWAG" in weights.name else "BSD-3-Clause",
        "file": file,
        "url": weights.url,
        "sha": hash_found[1],
        "note": f"{sentence} Weights: torchvision's {weights.name}.",
    }


def _in_heads(name: str) -> int:
    """How many parameters torchvision counts of heads that are left out: Inception's; of GoogLeNet's it counts none."""
    if name != "inception_v3":
        return 0
    import torch

    from engine.models.torchvision_networks import untrained

    with torch.device("meta"):
        head = untrained(name).get_submodule("AuxLogits")
    return sum(each.numel() for each in head.parameters())


def entries() -> Iterator[Entry]:
    """All classification networks of the installed torchvision that have published weights."""
    from torchvision import models

    for name in sorted(models.list_models(module=models), key=natural):
        if len(models.get_model_weights(name)):
            yield entry(name)


def natural(name: str) -> list[int | str]:
    """A key that puts ResNet-50 before ResNet-101."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def main() -> int:
    """Writes the file, one network a line."""
    path = Path(assets.__path__[0], "networks.json")
    lines = ",\n".join(json.dumps(each, ensure_ascii=False) for each in entries())
    path.write_text(f"[\n{lines}\n]\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
