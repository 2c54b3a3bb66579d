"""What a recipe says: how one network is trained. Free of torch."""

from __future__ import annotations

from dataclasses import dataclass, field, replace


def say_size(epsilon: float) -> str:
    """An ε in L∞ as its publishers write it: ``8/255`` or ``0.3``."""
    levels = 255 * epsilon
    return f"{levels:.0f}/255" if abs(levels - round(levels)) < 1e-6 else f"{epsilon:.3g}"


@dataclass(frozen=True)
class Variation:
    """How much pictures are varied, each by random amounts of its own; zeros leave them as they are.

    Attributes:
        flip: whether every other picture is mirrored.
        shift: by how many pixels a picture may be moved, up or down and left or right; the border is black.
        turn: by how many degrees it may be turned, either way.
        scale: by what share it may be made larger or smaller.
        bend: elastic deformation (Simard, Steinkraus, Platt 2003), in pixels: the standard deviation of a smooth
            field of displacements.
        hue: by what share the strength of every channel may change.
        noise: standard deviation of Gaussian noise, pixels in [0, 1].
    """

    flip: bool = False
    shift: int = 0
    turn: float = 0.0
    scale: float = 0.0
    bend: float = 0.0
    hue: float = 0.0
    noise: float = 0.0

    def describe(self) -> str:
        """In a few words; nothing if pictures are left as they are."""
        words = {
            "mirrored": self.flip,
            "moved": self.shift,
            "turned": self.turn,
            "scaled": self.scale,
            "bent": self.bend,
            "recoloured": self.hue,
            "noisy": self.noise,
        }
        said = [word for word, amount in words.items() if amount]
        both = " and ".join([", ".join(said[:-1]), *said[-1:]] if len(said) > 1 else said)
        return f"pictures {both} at random" if said else ""


@dataclass(frozen=True)
class Opponent:
    """The attack that a network is trained against: PGD in L∞ (Madry et al. 2018, arXiv:1706.06083).

    Attributes:
        epsilon: its size, pixels in [0, 1].
        steps: how many steps it takes from a random start.
        step_size: of each, as a share of ε.
        warm_up: during which share of the epochs ε grows from 0; a network that meets the whole of it at once may
            learn nothing.
    """

    epsilon: float
    steps: int
    step_size: float
    warm_up: float = 0.0

    def describe(self) -> str:
        """In a few words."""
        return f"against PGD of {self.steps} steps with ε = {say_size(self.epsilon)} in L∞"


@dataclass(frozen=True)
class TrainingRecipe:
    """How one network is trained.

    Attributes:
        name: of the network; ``title`` as read.
        family: its architecture, one of ``engine.models.boxed.ARCHITECTURES``.
        labels: its data set, one of ``engine.catalogue.classes.CLASSES``.
        wanted: the share of the test pictures that it should at least be right about; 0 promises nothing.
        note: one or two sentences for the reader of its card.
        mean: subtracted from every channel of pixels in [0, 1]; ``std`` by which it is then divided.
        epochs: how often every picture is seen.
        batch: how many at a time.
        rate: the largest step of the descent (SGD with Nesterov's momentum 0.9). It rises to this during the first
            ``warm_up`` of the time and then falls to 0 in a straight line.
        decay: how strongly weights are pulled towards 0.
        smoothing: the share of a label that is spread over all classes (Szegedy et al. 2016, arXiv:1512.00567).
        variation: how pictures are varied.
        opponent: what it is trained against; None trains on clean pictures.
    """

    name: str
    title: str
    family: str
    labels: str
    wanted: float
    note: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    epochs: int
    batch: int = 256
    rate: float = 0.1
    warm_up: float = 0.2
    decay: float = 5e-4
    smoothing: float = 0.0
    variation: Variation = field(default_factory=Variation)
    opponent: Opponent | None = None

    @property
    def what_matters(self) -> str:
        """All of it that the weights depend on."""
        return repr(replace(self, title="", note="", wanted=0.0))

    def describe(self) -> str:
        """The recipe in one line, as on the card."""
        parts = [f"{self.epochs} epochs of SGD, {self.batch} at a time", self.variation.describe()]
        if self.opponent:
            parts.append(self.opponent.describe())
        return ", ".join(each for each in parts if each)

    def rate_at(self, progress: float) -> float:
        """The size of a step when a share of the training is done: a triangle (Smith 2018, arXiv:1803.09820)."""
        rising, falling = progress / self.warm_up, (1 - progress) / (1 - self.warm_up)
        return self.rate * min(rising, falling)

    def epsilon_at(self, progress: float) -> float:
        """The opponent's ε when a share of the training is done."""
        if self.opponent is None:
            return 0.0
        grown = progress / self.opponent.warm_up if self.opponent.warm_up else 1.0
        return self.opponent.epsilon * min(1.0, grown)
