"""What a network answers when activations are put back, put in, muted or scaled."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.answers import Prediction
from engine.experiment import to_prediction
from engine.inside import Causes
from engine.look import Edit, Intervention
from engine.network.recording import Watcher
from engine.network.subject import Subject
from engine.network.units import scale_unit, swap_units


def edited(subject: Subject) -> Causes:
    """The answers with the user's edits in force, for the clean and the attacked picture; none without edits.

    Edits of a layer, or a unit, that this network does not have are left out.
    """
    edits = tuple(each for each in subject.look.edits if _fits(subject, each))
    if not edits:
        return Causes()
    return Causes(
        edited_clean=_answer(subject, edits, Intervention.IMPLANT),
        edited_attacked=_answer(subject, edits, Intervention.RESTORE),
    )


def _fits(subject: Subject, edit: Edit) -> bool:
    if edit.layer not in subject.watched.architecture.index:
        return False
    return edit.unit is None or edit.unit < subject.watched.node(edit.layer).units


def _answer(subject: Subject, edits: tuple[Edit, ...], exchange: Intervention) -> Prediction:
    """The answer of the run that ``exchange`` belongs to; it takes values from the other one."""
    clean, attacked = (subject.clean, subject.before), (subject.attacked, subject.after)
    (x, unedited), (other, _) = (clean, attacked) if exchange is Intervention.IMPLANT else (attacked, clean)
    mine = [each for each in edits if each.kind in {Intervention.SCALE, exchange}]
    if not mine:
        return unedited
    wanted = {each.layer for each in mine if each.kind is exchange}
    taken = subject.live.values(other, wanted) if wanted else {}
    with torch.no_grad():
        logits = subject.watched.edited(x, _watcher(subject, mine, taken), {each.layer for each in mine})
    return to_prediction(logits[0])


def _watcher(subject: Subject, edits: list[Edit], taken: dict[str, Tensor]) -> Watcher:
    """Applies edits in their order; ``taken`` are the values of the other run."""

    def watcher(name: str, value: Tensor) -> Tensor:
        node = subject.watched.node(name)
        for edit in edits:
            if edit.layer != name:
                continue
            if edit.kind is Intervention.SCALE:
                value = scale_unit(value, node, edit.unit, edit.factor)
            else:
                value = taken[name] if edit.unit is None else swap_units(value, taken[name], node, edit.unit)
        return value

    return watcher
