"""From a request to frames: the one place where the stages of the work meet.

Every stage depends on a *part* of the request and is kept until that part changes. Dragging ε under an attack of one
step is therefore one addition, one clip and one forward pass. Iterative attacks, the ε curve and the search for the
smallest ε are kept as generators: a request that comes in between leaves them where they are, and the next one that
asks the same takes them up again.

Torch is imported by the first stage that needs it, so that the picture is on the screen before the network is.
"""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.catalogue.budgets import epsilon_limit
from engine.catalogue.models import find_network
from engine.catalogue.moves import Moves
from engine.catalogue.samples import SAMPLE_PREFIX
from engine.errors import ExplainedError, MemberError
from engine.frame import Floats, Frame, Photo, Prediction, Stage
from engine.images import DRAWN_PREFIX, Decoded, Recipe, decode, move, place, window
from engine.kept import Ahead, Kept
from engine.look import Part
from engine.request import Request

if TYPE_CHECKING:
    from engine.attacks import Step
    from engine.attacks.problem import Ensemble
    from engine.beside import Beside
    from engine.experiment import Experiment, Question
    from engine.looking import Looking
    from engine.models.classifier import Classifier
    from engine.models.recent import RecentNetworks
    from engine.walk import Walk


class ClassError(ExplainedError):
    """A class that the network does not know."""

    def __init__(self, field: str, label: int, count: int) -> None:
        why = f"class {label} was asked for, and this network knows {count}"
        super().__init__("The class cannot be used", why, "Choose a class of this network.")
        self.field = field


@dataclass(frozen=True)
class Scene:
    """What the picture stages give: the photo, its pixels before the network, and a key that names them.

    ``unmoved`` is the same before it was moved, None where nothing moves it.
    """

    photo: Photo
    clean: Floats
    key: Hashable
    unmoved: Scene | None = None


class Job:
    """Answers requests with frames; one at a time.

    Args:
        recent: the networks that stay loaded; None keeps its own.
    """

    def __init__(self, recent: RecentNetworks | None = None) -> None:
        self._kept = Kept()
        self._recent = recent

    def run(self, request: Request) -> Iterator[Frame]:
        """Yields cumulative frames, the last one final; a foreseen failure is a frame that explains it.

        Where a network fails that the attack is crafted on beside the bench's, it begins anew without that one.
        """
        began = time.perf_counter()
        shown = Frame(request, Stage.OPENED)
        try:
            for shown in self._frames(request):
                yield replace(shown, seconds=time.perf_counter() - began)
        except MemberError as error:
            self._beside(request).leave_out(error)
        except ExplainedError as error:
            yield replace(shown, final=True, failure=error.failure(), seconds=time.perf_counter() - began)
            return
        else:
            return
        yield from self.run(request)  # the attack is crafted on the others

    def _frames(self, request: Request) -> Iterator[Frame]:
        card = find_network(request.model)
        scene = self._scene(request, card.recipe)
        frame = Frame(request, Stage.OPENED, photo=scene.photo, clean=scene.clean)
        is_ready = self._is_ready(request)
        if not is_ready:
            yield frame
        classifier = self._classifier(request)
        experiment = self._experiment(scene, classifier, request)
        beside = self._beside(request) if _is_company_wanted(request) else None
        company = None if beside is None else beside.company(request, classifier)
        _check_classes(request, len(classifier.classes))
        left = _left(request, experiment)
        frame = replace(
            frame,
            stage=Stage.PREDICTED,
            network=classifier.info(),
            before=experiment.before,
            unmoved=self._unmoved(scene, classifier, request),
            left=left,
            notes=_notes(request, classifier, experiment) + (() if company is None else company.notes),
        )
        if not is_ready:
            yield frame
        question = _question(request, left, None if company is None else company.ensemble)
        part = (scene.key, request.model, request.device, question)
        looking = self._looking(request, experiment, question, part)
        if question.attack.scales:
            attacked = self._attack_at_once(frame, experiment, question, part, looking)
        else:
            attacked = self._attack_in_steps(frame, experiment, question, part, looking)
        if beside is not None:
            attacked = beside.follow(attacked, classifier)
        try:
            for frame in attacked:
                yield frame
            yield from self._look_around(frame, experiment, question, part, looking)
        except Exception:
            self._kept.forget("experiment")  # a generator that has raised would look like one that is complete
            raise

    # Picture and network

    def _scene(self, request: Request, recipe: Recipe) -> Scene:
        decoded_key = (request.image, _stamp(request.image))
        decoded: Decoded = self._kept.get("decoded", decoded_key, lambda: decode(request.image))
        key = (decoded_key, request.placement, recipe)

        def make() -> Scene:
            seen = window(decoded.pixels.shape[:2], request.placement, recipe)
            photo = Photo(decoded.pixels, decoded.name, seen, decoded.notes)
            return Scene(photo, place(decoded.pixels, request.placement, recipe), key)

        placed = self._kept.get("placed", key, make)
        moves = request.moves.settled
        return self._kept.get("scene", (key, moves), lambda: _moved(placed, moves))

    def _is_ready(self, request: Request) -> bool:
        """Whether the network is loaded, so that a first frame without it would only flicker."""
        if not self._kept.holds("classifier", (request.model, request.device)):
            return False
        return not request.together or self._beside(request).is_ready(request)

    def _classifier(self, request: Request) -> Classifier:
        wanted = (request.model, request.device)
        return self._kept.get("classifier", wanted, lambda: self._load(*wanted))

    def _load(self, name: str, device: str) -> Classifier:
        """That network, from those that stay loaded or from the disk."""
        from engine.models import load_model

        return self._networks().get((name, device), lambda: load_model(name, device))

    def _holds(self, name: str, device: str) -> bool:
        return self._networks().holds((name, device))

    def _networks(self) -> RecentNetworks:
        from engine.models.recent import RecentNetworks

        if self._recent is None:
            self._recent = RecentNetworks()
        return self._recent

    def _beside(self, request: Request) -> Beside:
        """What goes on beside the bench."""
        from engine.beside import Beside, named

        self._networks().make_room(len(named(request)))
        return self._kept.get("beside", None, lambda: Beside(self._load, self._holds, lambda: Job(self._networks())))

    def _experiment(self, scene: Scene, classifier: Classifier, request: Request) -> Experiment:
        from engine.experiment import Experiment

        part = (scene.key, request.model, request.device)
        return self._kept.get("experiment", part, lambda: Experiment(classifier, scene.clean))

    def _unmoved(self, scene: Scene, classifier: Classifier, request: Request) -> Prediction | None:
        """The answer to the picture as it was before it was moved."""
        from engine.experiment import answer

        if scene.unmoved is None:
            return None
        pixels, part = scene.unmoved.clean, (scene.unmoved.key, request.model, request.device)
        return self._kept.get("unmoved", part, lambda: answer(classifier, pixels))

    def _looking(self, request: Request, experiment: Experiment, question: Question, part: Hashable) -> Looking | None:
        """The look inside, if an open view needs one."""
        parts = frozenset(each for each in Part if each in request.views)
        for closed in set(Part) - parts:
            self._kept.forget_unfinished(closed)
        if not parts:
            return None
        from engine.looking import Looking

        left = question.label if not question.targeted else experiment.before.label
        limit = epsilon_limit(question.norm, experiment.values)
        look, placement = request.look, request.placement
        return Looking(self._kept, experiment, question, limit, left, look, placement, parts, part)

    # The attack

    def _attack_at_once(
        self, frame: Frame, experiment: Experiment, question: Question, part: Hashable, looking: Looking | None
    ) -> Iterator[Frame]:
        from engine.experiment import notes_on

        request = frame.request
        way = self._kept.get("direction", part, lambda: experiment.direction(question))
        ask = looking.ask if looking is not None and looking.is_ready else None
        step = self._kept.get(
            "moved", (part, request.epsilon), lambda: experiment.along(question, way, request.epsilon, ask)
        )
        attacked = experiment.attacked(step, 1, frame.left, request.target)
        notes = frame.notes + notes_on(question.attack, way) + experiment.notes(question, request.epsilon)
        frame = replace(frame, stage=Stage.ATTACKED, attacked=attacked, notes=notes)
        yield from _seen(frame, step, looking, made=step, before=None)

    def _attack_in_steps(
        self, frame: Frame, experiment: Experiment, question: Question, part: Hashable, looking: Looking | None
    ) -> Iterator[Frame]:
        request = frame.request
        # One that finds its own size searches once, whatever ε is.
        wanted = part if question.attack.finds else (part, request.epsilon)
        walk: Walk = self._kept.get("walk", wanted, lambda: experiment.walk(question, request.epsilon))
        while not walk.complete and walk.advance():
            if walk.has_begun:
                yield from self._at(frame, experiment, walk, Stage.ATTACKING, looking)
            else:
                yield frame
        yield from self._at(frame, experiment, walk, Stage.ATTACKED, looking)

    @staticmethod
    def _at(frame: Frame, experiment: Experiment, walk: Walk, stage: Stage, looking: Looking | None) -> Iterator[Frame]:
        """The frame with the iterate that is asked for, or the newest, and with what is seen inside."""
        request = frame.request
        step = walk.shown(request.iterate, request.epsilon)
        attacked = experiment.attacked(step, walk.last_index, frame.left, request.target, walk.found(request.iterate))
        frame = replace(frame, stage=stage, attacked=attacked, trace=walk.trace(), notes=frame.notes + walk.notes)
        made = walk.iterate(request.iterate)
        before = walk.iterate(made.index - 1) if made.index else None
        yield from _seen(frame, step, looking, made=made, before=before)

    # What surrounds the one ε

    def _look_around(
        self, frame: Frame, experiment: Experiment, question: Question, part: Hashable, looking: Looking | None
    ) -> Iterator[Frame]:
        limit = epsilon_limit(question.norm, experiment.values)
        wanted: dict[str, Ahead[Any]] = {}
        if "curve" in frame.request.views:
            wanted["curve"] = self._kept.get("curve", part, lambda: Ahead(experiment.curve(question, limit)))
        wanted["flip"] = self._kept.get("flip", part, lambda: Ahead(experiment.smallest(question, limit)))
        inside = {} if looking is None else looking.around()
        frame = _with_newest(frame, wanted, inside)
        while wanted or inside:  # in turn, so that none waits for the other
            wanted = {name: ahead for name, ahead in wanted.items() if ahead.advance()}
            inside = {name: ahead for name, ahead in inside.items() if ahead.advance()}
            frame = _with_newest(frame, wanted, inside)
            if wanted or inside:
                yield frame
        yield replace(frame, stage=Stage.DONE, final=True)


def _with_newest(frame: Frame, around: dict[str, Ahead[Any]], inside: dict[str, Ahead[Any]]) -> Frame:
    """The frame with the newest that each generator gave; what is not there yet leaves what was."""
    found: dict[str, Any] = {name: ahead.newest for name, ahead in around.items()}
    seen: dict[str, Any] = {name: ahead.newest for name, ahead in inside.items() if ahead.newest is not None}
    if not seen:
        return replace(frame, **found)
    notes = dict.fromkeys((*frame.inside.notes, *(each for each in seen.values() if isinstance(each, str))))
    values = {name: each for name, each in seen.items() if not isinstance(each, str)}
    return replace(frame, **found, inside=replace(frame.inside, **values, notes=tuple(notes)))


def _seen(frame: Frame, step: Step, looking: Looking | None, *, made: Step, before: Step | None) -> Iterator[Frame]:
    """The frame with what is seen inside; where that takes a while for the first time, first the frame without."""
    if looking is None:
        yield frame
        return
    if not looking.is_ready:
        yield frame
    from engine.network.subject import Passage

    passage = Passage(step, made, before, frame.request.epsilon)
    yield replace(frame, inside=looking.live(passage))


def _moved(placed: Scene, moves: Moves) -> Scene:
    if moves.is_still:
        return placed
    return replace(placed, clean=move(placed.clean, moves), key=(placed.key, moves), unmoved=placed)


def _left(request: Request, experiment: Experiment) -> int | None:
    if request.target is not None:
        return None
    return experiment.before.label if request.away_from is None else request.away_from


def _is_company_wanted(request: Request) -> bool:
    """Whether any network is beside the one on the bench, or a row of them is looked at, be it the bench's alone."""
    return bool(request.others or request.together or request.twin or "scores" in request.views)


def _question(request: Request, left: int | None, ensemble: Ensemble | None) -> Question:
    from engine.experiment import Question

    targeted = request.target is not None
    label = request.target if request.target is not None else left
    assert label is not None  # noqa: S101 - one of the two is always known
    draws = request.attack.draws or request.rules.views > 0
    seed = request.seed if draws else 0  # a seed that draws nothing changes nothing
    return Question(request.attack, request.norm, label, targeted, seed, request.rules, request.mask, ensemble)


def _check_classes(request: Request, count: int) -> None:
    for field in ("target", "away_from"):
        label = getattr(request, field)
        if label is not None and label >= count:
            raise ClassError(field, label, count)


def _notes(request: Request, classifier: Classifier, experiment: Experiment) -> tuple[str, ...]:
    notes = tuple(classifier.notes)
    label = experiment.before.label
    if request.away_from is not None and request.target is None and request.away_from != label:
        notes += (f"The clean picture is not seen as {classifier.classes[request.away_from]} to begin with.",)
    if request.target == label:
        notes += ("The clean picture is seen as the target to begin with.",)
    return notes


def _stamp(image: str) -> Hashable:
    """Changes when the file does, so that a picture saved anew is read anew."""
    if image.startswith((SAMPLE_PREFIX, DRAWN_PREFIX)):
        return None
    try:
        found = Path(image).stat()
    except (OSError, ValueError):
        return None
    return (found.st_mtime_ns, found.st_size)
