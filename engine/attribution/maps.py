"""The maps of both pictures, piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any

from torch import Tensor

from engine.answers import Floats
from engine.attribution.case import Attribution, Case
from engine.attribution.gradcam import grad_cam
from engine.attribution.gradients import gradient, gradient_times_input, integrated_gradients, smoothgrad
from engine.attribution.occlusion import occlusion
from engine.attribution.rules import deep_lift, guided_backprop
from engine.catalogue.saliency import (
    DeepLift,
    GradCAM,
    Gradient,
    GradientTimesInput,
    GuidedBackprop,
    IntegratedGradients,
    Occlusion,
    Saliency,
    SmoothGrad,
)
from engine.errors import ExplainedError
from engine.inside import SaliencyMaps
from engine.network.subject import Subject

METHODS: Mapping[type[Saliency], Callable[[Case, Any], Iterator[Attribution]]] = {
    Gradient: gradient,
    GradientTimesInput: gradient_times_input,
    SmoothGrad: smoothgrad,
    IntegratedGradients: integrated_gradients,
    GuidedBackprop: guided_backprop,
    DeepLift: deep_lift,
    Occlusion: occlusion,
    GradCAM: grad_cam,
}
"""What computes each way of the catalogue: a generator that gives ever more complete attributions."""

_KEPT = "saliency"


class _Run:
    """The work on one picture, and how far it has come."""

    def __init__(self, case: Case, method: Saliency) -> None:
        self.label = case.label
        self.newest: Attribution | None = None
        self._ahead = METHODS[type(method)](case, method)

    @property
    def is_complete(self) -> bool:
        return self.newest is not None and self.newest.done >= self.newest.total

    def advance(self) -> None:
        """Takes up the next piece of work."""
        self.newest = next(self._ahead)


def saliency(subject: Subject) -> Iterator[SaliencyMaps | None]:
    """Attribution of the chosen class, or of the predicted one of each, in the clean and in the attacked picture.

    The work on the clean picture is kept and gone on with while ε changes.

    Yields:
        The maps so far, after every piece of work; complete where ``done`` equals ``total``. Where the way does not
        apply, no maps and a note that tells why.
    """
    method, (labels, note) = subject.look.saliency, _labels(subject)
    layer = subject.look.layer if method.by_layer else ""
    runs = [_clean_run(subject, labels[0], layer), _Run(_case(subject, subject.attacked, labels[1], layer), method)]
    try:
        yield _maps(method, labels, layer, note, runs)
        while not all(each.is_complete for each in runs):
            for run in runs:  # in turn, so that both are seen to grow
                if not run.is_complete:
                    run.advance()
                    yield _maps(method, labels, layer, note, runs)
    except ExplainedError as error:
        subject.live.kept.pop(_KEPT, None)
        yield SaliencyMaps(method.name, None, None, labels, layer, done=1, total=1, note=str(error))
    except Exception:
        subject.live.kept.pop(_KEPT, None)  # a run that broke off would never be complete
        raise


def _labels(subject: Subject) -> tuple[tuple[int, int], str]:
    """The classes that are attributed in the clean and the attacked picture, and what is to be said of them."""
    predicted = subject.before.label, subject.after.label
    chosen = subject.look.saliency_label
    if chosen is None:
        return predicted, ""
    count = len(subject.before.probabilities)
    if chosen >= count:
        return predicted, f"This network has no class {chosen}, only {count}: the predicted one is attributed."
    return (chosen, chosen), ""


def _case(subject: Subject, x: Tensor, label: int, layer: str) -> Case:
    classifier = subject.watched.classifier
    weight = next(classifier.module.parameters(), None)
    there = x.to(classifier.device) if weight is None else x.to(weight.device, weight.dtype)
    return Case(subject.watched, there.detach().contiguous(), label, layer)


def _clean_run(subject: Subject, label: int, layer: str) -> _Run:
    """Kept beside the values of the clean picture."""
    method, kept = subject.look.saliency, subject.live.kept
    key: Hashable = (method, label, layer)
    if kept.get(_KEPT, (None,))[0] != key:
        kept[_KEPT] = key, _Run(_case(subject, subject.clean, label, layer), method)
    run: _Run = kept[_KEPT][1]
    return run


def _maps(method: Saliency, labels: tuple[int, int], layer: str, note: str, runs: list[_Run]) -> SaliencyMaps:
    known = [each.newest for each in runs if each.newest is not None]
    clean, attacked = (None if each.newest is None else _summed(each.newest.values) for each in runs)
    return SaliencyMaps(
        method=method.name,
        clean=clean,
        attacked=attacked,
        labels=labels,
        layer=layer,
        done=sum(each.done for each in known),
        total=max((2 * each.total for each in known), default=1),
        note=" ".join(filter(None, (note, _said(*(each.newest.note if each.newest else "" for each in runs))))),
    )


def _said(clean: str, attacked: str) -> str:
    """What is to be said of the two pictures, once if it is the same."""
    if clean == attacked:
        return clean
    return " ".join(f"{which}: {each}" for which, each in (("Clean", clean), ("Attacked", attacked)) if each)


def _summed(values: Tensor) -> Floats:
    """(C, H, W) summed over the channels, (H, W)."""
    summed: Floats = values.sum(0).float().cpu().numpy()
    return summed
