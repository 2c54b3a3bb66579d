"""The folder that perturbed pictures are saved in."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from engine.catalogue.samples import SAMPLE_PREFIX
from engine.cli.choices import UsageError
from engine.cli.texts import Line
from engine.errors import ExplainedError

if TYPE_CHECKING:
    from engine.batch import Outcome
    from engine.models.classifier import Classifier


class OutFolder:
    """A folder in which two pictures of one name get two files, and no picture that was asked for is written over.

    Args:
        folder: made if it is not there.
        images: the pictures that were asked for.

    Raises:
        UsageError: the folder cannot be made.
    """

    def __init__(self, folder: Path, images: Iterable[str]) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except FileExistsError as error:
            raise UsageError(f"{folder} is a file, not a folder") from error
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise UsageError(f"the folder {folder} cannot be made: {why}") from error
        self._folder = folder
        self._taken = {_key(Path(each)) for each in images}

    def save(self, name: str, model: Classifier, outcome: Outcome, index: int, target: int | None) -> Line:
        """Saves one picture and says what the file does."""
        from engine.experiment import to_image
        from engine.saving import save_and_check

        before = outcome.before[index].label
        image = to_image(outcome.adversarial[index])
        try:
            saved = save_and_check(model, image, self._path(name), before=before, left=None, target=target)
        except ExplainedError as error:
            return {"error": str(error)}
        return {"saved": str(saved.path), "saved_verdict": saved.verdict.value}

    def _path(self, name: str) -> Path:
        stem = Path(name.removeprefix(SAMPLE_PREFIX)).stem
        names = (stem if number == 1 else f"{stem}-{number}" for number in count(1))
        paths = (self._folder / f"{each}.png" for each in names)
        found = next(each for each in paths if _key(each) not in self._taken)
        self._taken.add(_key(found))
        return found


def _key(path: Path) -> str:
    """The same for two paths that may be one file, whether the disk tells capital letters apart or not."""
    try:
        return str(path.resolve()).casefold()
    except (OSError, ValueError, RuntimeError):  # no file can have that name, or its links go round in a circle
        return str(path).casefold()
