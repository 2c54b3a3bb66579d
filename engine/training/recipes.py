"""What is trained: one recipe per network in the box, the cheap ones first. Free of torch."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from engine.training.errors import TrainingError
from engine.training.recipe import Opponent, TrainingRecipe, Variation


class Spread(NamedTuple):
    """Mean and standard deviation of every channel of the training pictures, pixels in [0, 1]."""

    mean: tuple[float, ...]
    std: tuple[float, ...]


DIGIT = Spread(mean=(0.1307,), std=(0.3081,))
GARMENT = Spread(mean=(0.2860,), std=(0.3530,))
COLOUR = Spread(mean=(0.4914, 0.4822, 0.4465), std=(0.2470, 0.2435, 0.2616))

USUAL = Variation(flip=True, shift=4)
"""What nearly everyone does with CIFAR-10 (He et al. 2015, section 4.2)."""

STRONG = Variation(flip=True, shift=4, turn=15, scale=0.15, bend=0.7, hue=0.2, noise=0.05)


def find_recipe(name: str) -> TrainingRecipe:
    """The recipe of the network called ``name``.

    Raises:
        TrainingError: there is none.
    """
    if name not in RECIPES:
        what_to_do = f"Choose one of {', '.join(RECIPES)}."
        raise TrainingError("Nothing was trained", f"there is no recipe called {name!r}", what_to_do)
    return RECIPES[name]


CNN_32_32 = TrainingRecipe(
    name="cnn-32-32",
    title="Convolutional network on digits",
    family="CNN-32-32",
    labels="mnist",
    wanted=0.99,
    note="Two convolutions of 32 filters and two dense layers: a seventh of the dense network's parameters.",
    mean=DIGIT.mean,
    std=DIGIT.std,
    epochs=8,
    batch=128,
    rate=0.1,
)
CIFAR_CNN = TrainingRecipe(
    name="cifar-cnn",
    title="Small VGG on CIFAR-10",
    family="CIFAR-CNN",
    labels="cifar-10",
    wanted=0.88,
    note="Six convolutions with batch norm and one dense layer; learnt from mirrored and moved pictures.",
    mean=COLOUR.mean,
    std=COLOUR.std,
    epochs=18,
    rate=0.2,
    variation=USUAL,
)
"""These two have twins, whose recipes say only what is different."""

_ALL = (
    TrainingRecipe(
        name="linear",
        title="Softmax regression on digits",
        family="softmax regression",
        labels="mnist",
        wanted=0.92,
        note="One layer: every answer is a weighted sum of the pixels, and its weights are pictures themselves.",
        mean=(0.0,),
        std=(1.0,),
        epochs=20,
        rate=0.2,
        decay=1e-5,
    ),
    TrainingRecipe(
        name="mlp-512",
        title="Dense network on digits",
        family="MLP-512",
        labels="mnist",
        wanted=0.98,
        note="Dense 512, Dense 10. It never saw a digit out of its place: two pixels aside, and it falls over.",
        mean=DIGIT.mean,
        std=DIGIT.std,
        epochs=15,
        rate=0.1,
    ),
    CNN_32_32,
    replace(
        CNN_32_32,
        name="cnn-32-32-permuted",
        title="Convolutional network on permuted digits",
        family="CNN-32-32 on permuted pixels",
        wanted=0.0,
        note=(
            "The same network and recipe as cnn-32-32, behind one fixed permutation of all pixels: a convolution "
            "where neighbours mean nothing. It takes ordinary pictures and permutes them itself."
        ),
    ),
    TrainingRecipe(
        name="lenet-5",
        title="LeNet-5 on digits",
        family="LeNet-5",
        labels="mnist",
        wanted=0.99,
        note="The network of 1998 (LeCun et al.), but for details that its code names: small enough to take apart.",
        mean=DIGIT.mean,
        std=DIGIT.std,
        epochs=12,
        batch=128,
        rate=0.1,
        variation=Variation(shift=1),
    ),
    TrainingRecipe(
        name="lenet-5-fashion",
        title="LeNet-5 on garments",
        family="LeNet-5",
        labels="fashion-mnist",
        wanted=0.90,
        note="The network of 1998 on ten kinds of garments, which are harder to tell apart than digits.",
        mean=GARMENT.mean,
        std=GARMENT.std,
        epochs=25,
        batch=128,
        rate=0.1,
        variation=Variation(flip=True, shift=1),
    ),
    TrainingRecipe(
        name="robust-mnist",
        title="Robust network on digits",
        family="CNN-32-32",
        labels="mnist",
        wanted=0.0,
        note="The twin of cnn-32-32, trained on attacked digits: the same slider, another answer.",
        mean=(0.0,),
        std=(1.0,),
        epochs=12,
        batch=128,
        rate=0.05,
        decay=1e-4,
        opponent=Opponent(epsilon=0.3, steps=3, step_size=0.5, warm_up=0.5),
    ),
    TrainingRecipe(
        name="robust-fashion",
        title="Robust LeNet-5 on garments",
        family="LeNet-5",
        labels="fashion-mnist",
        wanted=0.0,
        note="The twin of lenet-5-fashion, trained on attacked garments: the same slider, another answer.",
        mean=(0.0,),
        std=(1.0,),
        epochs=15,
        batch=128,
        rate=0.1,
        decay=1e-4,
        variation=Variation(flip=True),
        opponent=Opponent(epsilon=0.1, steps=3, step_size=0.5, warm_up=0.4),
    ),
    TrainingRecipe(
        name="frog-or-ship",
        title="Frog or ship",
        family="logistic regression",
        labels="frog-or-ship",
        wanted=0.92,
        note="Logistic regression: 3072 weights and a bias. Add the weights to a frog, and it becomes a ship.",
        mean=(0.5, 0.5, 0.5),
        std=(1.0, 1.0, 1.0),
        epochs=150,
        batch=250,
        rate=0.1,
        decay=1e-3,
    ),
    CIFAR_CNN,
    TrainingRecipe(
        name="resnet-20",
        title="ResNet-20 on CIFAR-10",
        family="ResNet-20",
        labels="cifar-10",
        wanted=0.91,
        note="Nine residual layers (He et al. 2015, section 4.2): skips to look at.",
        mean=COLOUR.mean,
        std=COLOUR.std,
        epochs=40,
        rate=0.3,
        variation=USUAL,
    ),
    replace(
        CIFAR_CNN,
        name="robust-cifar",
        title="Robust small VGG on CIFAR-10",
        wanted=0.0,
        note="The twin of cifar-cnn, trained on attacked pictures: less often right, and far harder to fool.",
        epochs=15,
        rate=0.1,
        opponent=Opponent(epsilon=8 / 255, steps=2, step_size=0.6, warm_up=0.2),
    ),
    replace(
        CIFAR_CNN,
        name="cifar-cnn-dropout",
        title="Small VGG with dropout on CIFAR-10",
        family="CIFAR-CNN with dropout",
        wanted=0.0,
        note="The twin of cifar-cnn that learnt with some of its maps left out at random. Is it harder to fool?",
    ),
    replace(
        CIFAR_CNN,
        name="cifar-cnn-augmented",
        title="Small VGG with strong augmentation on CIFAR-10",
        wanted=0.0,
        note=(
            "The twin of cifar-cnn that learnt from turned, scaled, bent, recoloured and noisy pictures too. Is it "
            "harder to fool?"
        ),
        variation=STRONG,
    ),
)

RECIPES: dict[str, TrainingRecipe] = {each.name: each for each in _ALL}
"""Every recipe by its network's name."""
