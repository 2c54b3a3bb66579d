"""Looking inside while the attack goes on: what open views need of the network, each part kept until it changes.

A *live* part is computed with every frame, so that it moves while ε is dragged. A *slow* one is a generator that goes
on whenever nothing newer is asked. A part that fails is told in a note; the rest of the frame stands.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from torch import Tensor

from engine.attribution import saliency
from engine.errors import ExplainedError
from engine.experiment import to_prediction
from engine.inside import Activations, Architecture, Form, Inside, Node
from engine.kept import Ahead, Kept
from engine.look import Look, Part
from engine.network.activations import activations
from engine.network.anatomy import anatomy
from engine.network.causes import causes
from engine.network.companion import companion, distances
from engine.network.divergence import divergence
from engine.network.edits import edited
from engine.network.exciting import patches
from engine.network.filters import filters, with_activity
from engine.network.gradients import gradients
from engine.network.growing import grown
from engine.network.live import Live
from engine.network.recording import RecordingError, first_line
from engine.network.subject import Passage, Subject
from engine.network.unit_curve import unit_curve
from engine.network.units import unit_means
from engine.network.watched import Watched
from engine.request import Placement
from engine.robustness.masking import masking
from engine.stepping import attack_step

if TYPE_CHECKING:
    from engine.experiment import Experiment, Question

logger = logging.getLogger(__name__)

Slow = Callable[[Subject], Iterator[Any]]


@dataclass(frozen=True, eq=False)
class _Same:
    """Stands for a tensor among what something depends on: equal to itself alone.

    It keeps the tensor, as the identity of one that is gone may be given to another.
    """

    x: Tensor

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.x is self.x

    def __hash__(self) -> int:
        return id(self.x)


@dataclass(frozen=True)
class _SlowPart:
    """A generator, and what it depends on beside the network and the clean picture."""

    run: Slow
    depends: Callable[[Look], Hashable]
    follows_attack: bool


_LIVE: Mapping[Part, Callable[[Subject], Any]] = {
    Part.ACTIVATIONS: activations,
    Part.DIVERGENCE: divergence,
    Part.ANATOMY: anatomy,
    Part.COMPANION: companion,
    Part.CAUSES: edited,
    Part.STEP: attack_step,
}
_SLOW: Mapping[Part, _SlowPart] = {
    Part.UNIT_CURVE: _SlowPart(unit_curve, lambda look: (look.layer, look.unit, look.gallery), follows_attack=False),
    Part.PATCHES: _SlowPart(patches, lambda look: (look.layer, look.unit, look.gallery), follows_attack=False),
    Part.GROWN: _SlowPart(grown, lambda look: (look.layer, look.unit, look.growing), follows_attack=False),
    Part.COMPANION: _SlowPart(distances, lambda look: (look.layer, look.companion, look.shift), follows_attack=False),
    Part.SALIENCY: _SlowPart(
        saliency,
        lambda look: (look.saliency, look.saliency_label, look.layer if look.saliency.by_layer else ""),
        follows_attack=True,
    ),
    Part.GRADIENTS: _SlowPart(gradients, lambda _look: None, follows_attack=True),
    Part.CAUSES: _SlowPart(causes, lambda look: (look.layer, look.edits), follows_attack=True),
    Part.MASKING: _SlowPart(masking, lambda look: look.gallery, follows_attack=False),
}
_NEED_LAYER = frozenset({Part.ACTIVATIONS, Part.FILTERS, Part.ANATOMY, Part.COMPANION})


class Looking:
    """One request's look into one network.

    Args:
        kept: what the job keeps.
        experiment: the picture before the network.
        question: what the attack asks.
        limit: the largest ε of the curves.
        left: the class that the attack leaves, or the clean prediction.
        look: where the user looks.
        placement: how another picture is brought to the network's input.
        parts: what is to be seen.
        key: names network, picture and question.
    """

    def __init__(
        self,
        kept: Kept,
        experiment: Experiment,
        question: Question,
        limit: float,
        left: int,
        look: Look,
        placement: Placement,
        parts: frozenset[Part],
        key: Hashable,
    ) -> None:
        self._kept = kept
        self._experiment, self._question, self._limit, self._left = experiment, question, limit, left
        self._look, self._placement, self._parts, self._key = look, placement, parts, key
        self._subject: Subject | None = None
        self._attacked_key: Hashable = None

    @property
    def is_ready(self) -> bool:
        """Whether the network has been watched before, so that looking inside takes no time of its own."""
        return self._experiment.classifier.watched is not None

    def ask(self, x: Tensor) -> Tensor:
        """The logits of a moved picture, whose values are wanted too."""
        clean = self._experiment.x if Part.DIVERGENCE in self._parts else None
        return self._live().ask(x, self._names(), clean)

    def live(self, passage: Passage) -> Inside:
        """What is seen at an iterate of the attack."""
        subject = self._subject_at(passage)
        watched = subject.watched
        shown = Inside(layer=subject.look.layer, unit=subject.look.unit, architecture=watched.architecture)
        if watched.recording is None:
            shown = replace(shown, notes=(watched.trouble,))
            return _with(shown, Part.STEP, subject) if Part.STEP in self._parts else shown
        for part in (*_LIVE, Part.FILTERS):  # the activations come first: filters are sorted by them
            if part in self._parts:
                shown = _with(shown, part, subject)
        return shown

    def around(self) -> dict[str, Ahead[Any]]:
        """The slow parts, each at where it was left, by the names of their fields; a text tells why one is missing.

        ``live`` comes first.
        """
        assert self._subject is not None  # noqa: S101
        subject = self._subject
        found: dict[str, Ahead[Any]] = {}
        for part in self._parts & set(_SLOW):
            slow = _SLOW[part]
            key = (self._key, slow.depends(subject.look), self._attacked_key if slow.follows_attack else None)
            found[part.value] = self._kept.get(part.value, key, partial(_ahead, part, slow.run, subject))
        return found

    # What it needs

    def _watched(self) -> Watched:
        classifier = self._experiment.classifier
        if classifier.watched is None:
            classifier.watched = Watched(classifier)
        watched: Watched = classifier.watched
        return watched

    def _live(self) -> Live:
        return self._kept.get("live", id(self._experiment), lambda: Live(self._watched()))

    def _names(self) -> list[str]:
        """The nodes whose values the live parts need."""
        graph = self._watched().architecture
        layer = layer_of(self._look, graph)
        if not layer or not self._parts & _NEED_LAYER:
            return []
        before = [graph.nodes[each].name for each in graph.nodes[graph.index[layer]].inputs]
        return [layer, *before] if Part.ANATOMY in self._parts else [layer]

    def _subject_at(self, passage: Passage) -> Subject:
        step = passage.shown
        watched, live = self._watched(), self._live()
        clean = self._experiment.x
        look = self._look.with_(layer=layer_of(self._look, watched.architecture))
        look = look.with_(unit=_unit_of(look, watched, live, clean))
        self._attacked_key = _Same(step.x)
        self._subject = Subject(
            watched=watched,
            live=live,
            experiment=self._experiment,
            question=self._question,
            limit=self._limit,
            clean=clean,
            attacked=step.x,
            before=self._experiment.before,
            after=to_prediction(step.logits[0]),
            left=self._left,
            look=look,
            placement=self._placement,
            passage=passage,
        )
        return self._subject


def _with(shown: Inside, part: Part, subject: Subject) -> Inside:
    """With one more part, or with a note on why it is missing."""
    try:
        value = _filters(subject, shown.activations) if part is Part.FILTERS else _LIVE[part](subject)
    except Exception as error:  # one view that fails must not stop the others
        why = _why_missing(part, subject, error)
        return shown if why in shown.notes else replace(shown, notes=(*shown.notes, why))
    return replace(shown, **{part.value: value})


def _ahead(part: Part, run: Slow, subject: Subject) -> Ahead[Any]:
    def guarded() -> Iterator[Any]:
        try:
            yield from run(subject)
        except Exception as error:  # one view that fails must not stop the others
            yield _why_missing(part, subject, error)

    return Ahead(guarded())


def _why_missing(part: Part, subject: Subject, error: Exception) -> str:
    if isinstance(error, ExplainedError):
        return str(error)
    where = subject.look.layer or "this network"
    why = f"{part.as_read} could not be computed at {where}: {first_line(error).rstrip('.')}."
    told: set[str] = subject.live.kept.setdefault("told", set())
    if why not in told:  # once, and not with every frame while a slider is dragged
        told.add(why)
        logger.error("%s at %s failed", part.value, where, exc_info=error)
    return why


def layer_of(look: Look, graph: Architecture) -> str:
    """The selected layer, or the first convolution, dense layer, or layer that can be shown; "" if there is none."""
    if look.layer in graph.index:
        return look.layer
    shown = [each for each in graph.nodes if each.form is not None]
    maps = [each for each in shown if each.form is Form.MAPS and each.kind.startswith("Conv")]
    dense = [each for each in shown if each.kind == "Linear"]
    return next((each.name for each in (*maps, *dense, *shown)), "")


def _unit_of(look: Look, watched: Watched, live: Live, clean: Tensor) -> int | None:
    """The selected unit, or the strongest on the clean picture; None where the layer has none."""
    if not look.layer or watched.recording is None:
        return None
    node = watched.node(look.layer)
    if not node.units:
        return None
    if look.unit is not None and 0 <= look.unit < node.units:
        return look.unit
    try:
        return live.once("strongest unit", look.layer, lambda: _strongest_unit(node, live, clean))
    except RecordingError:  # each part tells of it
        return None


def _strongest_unit(node: Node, live: Live, clean: Tensor) -> int:
    """The one whose mean size over its positions is largest."""
    values = live.values(clean, [node.name])[node.name].float().nan_to_num().abs()
    return int(unit_means(values, node)[0].argmax())


def _filters(subject: Subject, seen: Activations | None) -> Any:
    """The weights, with how strongly their units answer where the activations are at hand."""
    found = filters(subject.watched, subject.look.layer)
    return found if found is None or seen is None else with_activity(found, seen)
