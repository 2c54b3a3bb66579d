"""How networks in a row are said: their marks, words and colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from engine.frame import Score, Standing
from engine.wording import say_answer
from gui import theme

COLOURS: Final = {
    Standing.HOLDS: theme.HOLDS,
    Standing.WAVERS: theme.DOUBTFUL,
    Standing.CHANGED: theme.ADVERSARIAL,
}
_MEANING: Final = {
    Standing.HOLDS: "The same answer as to the clean picture, with at least half of its probability.",
    Standing.WAVERS: "The same answer as to the clean picture, with less than half of its probability.",
    Standing.CHANGED: "Another answer than to the clean picture.",
}
HIT_MEANING: Final = "It answers with the class that the attack wants."


def say_standing(score: Score) -> str:
    """How it stands, in a word or two; empty where it was not asked."""
    if score.standing is None:
        return ""
    return "hit the target" if score.is_hit else score.standing.value


def explain_standing(score: Score) -> str:
    """What that word means; where it was not asked, why."""
    if score.standing is None:
        return score.note
    said = HIT_MEANING if score.is_hit else _MEANING[score.standing]
    return "\n".join(each for each in (said, _say_rank(score), score.note) if each)


def _say_rank(score: Score) -> str:
    """Where the clean answer has gone."""
    if score.before is None or score.after is None or score.standing is not Standing.CHANGED:
        return ""
    clean = score.before.label
    place = 1 + int((score.after.probabilities > score.after.probabilities[clean]).sum())
    return f"The clean answer is in place {place} of {len(score.classes)} now."


def say_answers(score: Score) -> tuple[str, str]:
    """Its answers to the clean and to the perturbed picture; empty where there are none."""
    if score.before is None or score.after is None:
        return "", ""
    return say_answer(score.before, score.classes), say_answer(score.after, score.classes)


def say_score(score: Score) -> str:
    """All of it in a sentence, for who cannot see the lamp."""
    before, after = say_answers(score)
    if not before:
        return f"{score.title}: {score.note}"
    return f"{score.title} {say_standing(score)}: clean {before}; attacked {after}"


def say_row(scores: Sequence[Score]) -> str:
    """How many of those beside the bench's network changed their answer: ``Changed: 2 of 3 others``."""
    others = [each for each in scores[1:] if each.standing is not None]
    if not others:
        return ""
    changed = sum(each.standing is Standing.CHANGED for each in others)
    return f"The attack changes {changed} of {len(others)} other{'s' if len(others) > 1 else ''}"
