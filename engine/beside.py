"""Networks beside the one on the bench: those that look, those that the attack is crafted on too, and the twin.

One that fails becomes a sentence; the bench and the others go on. All of them are loaded by whoever owns the bench,
which keeps a few of them and bounds the memory that they take.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.attacks.problem import Ensemble
from engine.catalogue.attacks import Control, Noise
from engine.catalogue.joining import Joining
from engine.catalogue.models import known_network, title_of
from engine.errors import ExplainedError, Failure, MemberError
from engine.frame import Floats, Frame, Prediction, Score, Stage, Twin
from engine.models.classifier import Classifier
from engine.models.recent import MOST_PARAMETERS
from engine.request import Request
from engine.scoring import asked, ensemble, score, standing

if TYPE_CHECKING:
    from engine.job import Job

logger = logging.getLogger(__name__)

SCORES, TWIN = "scores", "twin"
"""What views call them in ``Request.views``."""

TOO_LARGE = f"Together with the others it is too large to stay loaded: {MOST_PARAMETERS // 10**6} M parameters at most."


@dataclass(frozen=True)
class Company:
    """What an attack is crafted on beside the bench's network, and sentences on who was left out."""

    ensemble: Ensemble | None = None
    members: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


class Beside:
    """What goes on beside the bench, kept from one request to the next.

    Args:
        load: gives the network of a name on a device; raises what can be explained.
        holds: whether that would take no time.
        make_job: makes a bench of its own for the twin, which loads its networks in the same way.
    """

    def __init__(
        self, load: Callable[[str, str], Classifier], holds: Callable[[str, str], bool], make_job: Callable[[], Job]
    ) -> None:
        self._load, self._holds, self._make_job = load, holds, make_job
        self._job: Job | None = None
        self._names: Hashable = None
        self._failed: dict[str, str] = {}
        self._clean: dict[str, tuple[Floats, Classifier, Prediction]] = {}
        self._company: tuple[Hashable, Company] | None = None

    # Crafted on

    def is_ready(self, request: Request) -> bool:
        """Whether everything that the attack is crafted on is loaded, or known to fail."""
        return all(self._is_at_hand(name, request) for name in request.together if name != request.model)

    def company(self, request: Request, bench: Classifier) -> Company:
        """What the attack is crafted on too."""
        self._forget_failures(request)
        key = (request.model, request.device, request.together, request.joining, type(request.attack))
        if self._company is None or self._company[0] != key:
            self._company = key, self._gather(request, bench)
        return self._company[1]

    def leave_out(self, error: MemberError) -> None:
        """The attack is not crafted on a network that failed under it, until other networks are chosen."""
        self._failed[error.name] = f"{error.what}: {error.why}. It is left out."
        self._company = None

    def _gather(self, request: Request, bench: Classifier) -> Company:
        others = [each for each in dict.fromkeys(request.together) if each != request.model]
        if not others:
            return Company()
        if isinstance(request.attack, Control | Noise):
            return Company(notes=("A control is crafted on no network, and so on no other either.",))
        found: dict[str, Classifier] = {}
        notes: list[str] = []
        for name in others:
            try:
                network = self._network(name, request)
                ensemble(bench, [network])
                found[name] = network
            except ExplainedError as error:
                notes.append(str(error))
        if found and request.joining is Joining.LOSS and not request.attack.follows_gradient:
            notes.append("This attack follows no gradient: the logits are averaged in the place of the losses.")
        joined = ensemble(bench, list(found.values()), request.joining) if found else None
        return Company(joined, frozenset(found), tuple(notes))

    # Following the bench

    def follow(self, frames: Iterator[Frame], bench: Classifier) -> Iterator[Frame]:
        """The bench's frames with what the others make of them; what takes time comes after the last of them."""
        frame = None
        for each in frames:
            frame = self._at_once(each, bench)
            yield frame
        if frame is not None:
            yield from self._by_and_by(frame, bench)

    def _at_once(self, frame: Frame, bench: Classifier) -> Frame:
        """With what follows the slider: a forward pass for every network that is loaded, and a twin in one step."""
        request = frame.request
        if frame.attacked is None:
            return frame
        names = request.beside
        if SCORES in request.views and all(self._is_at_hand(name, request) for name in names):
            frame = replace(frame, scores=self._scores(frame, bench, names))
        is_quick = request.attack.scales and self._holds(request.twin, request.device)
        if _wants_twin(request) and is_quick and frame.stage >= Stage.ATTACKED:
            *_, frame = (frame, *self._with_twin(frame))
        return frame

    def _by_and_by(self, frame: Frame, bench: Classifier) -> Iterator[Frame]:
        request = frame.request
        if SCORES in request.views and not frame.scores and frame.attacked is not None:
            for known in range(len(request.beside) + 1):
                frame = replace(frame, scores=self._scores(frame, bench, request.beside[:known]))
                yield frame
        if _wants_twin(request) and frame.twin is None:
            yield from self._with_twin(frame)

    # Those that look

    def _scores(self, frame: Frame, bench: Classifier, known: tuple[str, ...]) -> tuple[Score, ...]:
        """The bench's own, then the others'; those that are not known yet wait."""
        assert frame.attacked is not None  # noqa: S101 - the callers have seen to it
        own = score_of_bench(frame, bench)
        members = self.company(frame.request, bench).members
        others = frame.request.beside
        scores = [self._score(name, frame, bench) if name in known else _waiting(name) for name in others]
        return (own, *(replace(each, is_crafted_on=each.name in members) for each in scores))

    def _score(self, name: str, frame: Frame, bench: Classifier) -> Score:
        assert frame.attacked is not None  # noqa: S101
        assert frame.clean is not None  # noqa: S101
        try:
            network = self._network(name, frame.request)
            before = self._answer_to_clean(network, frame.clean)
            return score(network, before, frame.attacked.image, bench, frame.request.target)
        except ExplainedError as error:
            return Score(name, title_of(name), note=str(error))
        except Exception as error:  # one network that fails must not stop the others
            logger.exception("%s could not be asked", name)
            self._failed[name] = f"{title_of(name)} could not be asked: {error}"
            return Score(name, title_of(name), note=self._failed[name])

    def _answer_to_clean(self, network: Classifier, clean: Floats) -> Prediction:
        kept = self._clean.get(network.name)
        if kept is None or kept[0] is not clean or kept[1] is not network:
            kept = self._clean[network.name] = clean, network, asked(network, clean)
        return kept[2]

    # The twin

    def _with_twin(self, frame: Frame) -> Iterator[Frame]:
        """The frame with the twin's, as far as it has come, until its attack is done."""
        own, note = twin_request(frame.request)
        for each in self._frames_of_twin(own):
            frame = replace(frame, twin=Twin(each, note))
            yield frame
            if each.stage >= Stage.ATTACKED or each.failure is not None:
                return  # what surrounds the one ε is not asked for

    def _frames_of_twin(self, request: Request) -> Iterator[Frame]:
        self._job = self._job or self._make_job()
        try:
            yield from self._job.run(request)
        except Exception as error:  # a twin that fails must not stop the bench
            logger.exception("%s could not be attacked beside the bench", request.model)
            self._job = None
            what = f"{title_of(request.model)} could not be attacked beside the bench"
            failure = Failure(what, str(error).rstrip("."), "Choose another network, or another attack.")
            yield Frame(request, Stage.OPENED, failure=failure)

    # Loading

    def _network(self, name: str, request: Request) -> Classifier:
        """The network of that name.

        Raises:
            ExplainedError: it cannot be had, now or when it was last tried.
        """
        if name in self._failed:
            raise _KnownError(self._failed[name])
        try:
            if name in too_large(request):
                raise _KnownError(f"{title_of(name)} is not asked. {TOO_LARGE}")
            return self._load(name, request.device)
        except ExplainedError as error:
            self._failed[name] = str(error)
            raise

    def _is_at_hand(self, name: str, request: Request) -> bool:
        return name in self._failed or self._holds(name, request.device)

    def _forget_failures(self, request: Request) -> None:
        """Another choice of networks is another try."""
        names = (request.beside, request.together, request.model, request.twin, request.device)
        if names != self._names:
            self._names = names
            self._failed.clear()
            self._clean = {name: kept for name, kept in self._clean.items() if name in names[0]}


class _KnownError(ExplainedError):
    """What was explained before."""

    def __init__(self, said: str) -> None:
        Exception.__init__(self, said)


def named(request: Request) -> tuple[str, ...]:
    """Every network that a request names, the bench's first."""
    return tuple(each for each in dict.fromkeys((request.model, request.twin, *request.beside)) if each)


def too_large(request: Request) -> frozenset[str]:
    """Networks that do not fit beside those named before them: they would be loaded anew for every frame."""
    total, found = 0, set()
    for name in named(request):
        card = known_network(name)
        size = 0 if card is None else card.parameters
        if total + size > MOST_PARAMETERS and name in request.beside:
            found.add(name)
        else:
            total += size
    return frozenset(found)


def twin_request(request: Request) -> tuple[Request, str]:
    """What is asked of the twin, and what is to be known of the comparison."""
    own = request.with_(model=request.twin, others=(), together=(), twin="", views=frozenset(), pinned=())
    bench, twin = known_network(request.model), known_network(request.twin)
    if bench is None or twin is None or bench.classes == twin.classes:
        return own, ""
    if request.target is None and request.away_from is None:
        return own, ""
    note = "It knows other classes than the bench's network: it is attacked away from its own answer."
    return own.with_(target=None, away_from=None), note


def score_of_bench(frame: Frame, bench: Classifier) -> Score:
    """The bench's own network in the row, whose answers are known."""
    assert frame.attacked is not None  # noqa: S101 - the caller has seen to it
    assert frame.before is not None  # noqa: S101
    before, after = frame.before, frame.attacked.prediction
    said, is_hit = standing(before, after, frame.request.target)
    return Score(bench.name, bench.title, bench.classes, before, after, said, is_hit, is_crafted_on=True)


def _wants_twin(request: Request) -> bool:
    return TWIN in request.views and bool(request.twin)


def _waiting(name: str) -> Score:
    return Score(name, title_of(name), note="It is being loaded.")
