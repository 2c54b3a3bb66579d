"""What is remembered from one start to the next: a small JSON file among the user's settings.

A file that cannot be read is never in the way: it is kept aside, and the defaults stand.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from platformdirs import user_config_dir

logger = logging.getLogger(__name__)

MAX_RECENT = 10

SCHEMES = ("system", "light", "dark")
DEVICES = ("auto", "cuda", "mps", "cpu")


@dataclass(frozen=True, slots=True)
class Settings:
    """What is remembered.

    Attributes:
        scheme: light or dark, or as the system has it; one of ``SCHEMES``.
        device: where networks compute; one of ``DEVICES``.
        recent: pictures opened last, newest first, at most ``MAX_RECENT``.
        folder: where the last file was opened or saved; empty before the first.
        window: size and place of the window, as Qt writes it, in base64.
        docks: arrangement of the docks, as Qt writes it, in base64.
    """

    scheme: str = "system"
    device: str = "auto"
    recent: tuple[str, ...] = ()
    folder: str = ""
    window: str = ""
    docks: str = ""


class Store:
    """The settings and their file; every change is written at once."""

    def __init__(self, path: Path, settings: Settings | None = None) -> None:
        self._path = path
        self._settings = settings or Settings()

    @classmethod
    def load(cls, path: Path | None = None) -> Store:
        """Reads the file (the user's own by default); what is missing, unknown or wrong in it gets its default."""
        path = path or Path(user_config_dir("foolscope", appauthor=False)) / "settings.json"
        return cls(path, _read(path))

    @property
    def settings(self) -> Settings:
        """What is remembered now."""
        return self._settings

    def update(self, **changes: Any) -> None:
        """Changes some settings and writes them.

        A file that cannot be written (a full disk, a read-only home) costs the memory of them, not the session.
        """
        changed = replace(self._settings, **changes)
        if changed == self._settings:
            return
        self._settings = changed
        try:
            _write(self._path, changed)
        except OSError as error:
            logger.warning("The settings could not be written to %s: %s", self._path, error)

    def remember(self, image: str) -> None:
        """Puts a picture first among the recent ones."""
        others = [each for each in self._settings.recent if each != image]
        self.update(recent=(image, *others)[:MAX_RECENT])


def _read(path: Path) -> Settings:
    try:
        content = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        logger.warning("The settings could not be read from %s: %s", path, error)
        return Settings()
    except (ValueError, RecursionError) as error:  # not JSON, or not text at all
        _keep_aside(path, error)
        return Settings()
    if not isinstance(content, dict):
        _keep_aside(path, "it is no JSON object")
        return Settings()
    return _settings_of(content)


def _keep_aside(path: Path, reason: object) -> None:
    logger.warning("The settings in %s cannot be understood (%s); the defaults are used", path, reason)
    try:
        path.replace(path.with_name(f"{path.name}.broken"))
    except OSError as error:
        logger.warning("They could not be kept aside: %s", error)


def _settings_of(content: Mapping[str, Any]) -> Settings:
    known = [each.name for each in fields(Settings)]
    good = {name: content[name] for name in known if name in content and _ACCEPTS[name](content[name])}
    if "recent" in good:
        good["recent"] = tuple(_strings(good["recent"]))[:MAX_RECENT]
    return Settings(**good)


def _strings(value: object) -> list[str]:
    return value if isinstance(value, list) and all(isinstance(each, str) for each in value) else []


def _is_text(value: object) -> bool:
    return isinstance(value, str)


_ACCEPTS: Mapping[str, Callable[[object], bool]] = {
    "scheme": lambda value: value in SCHEMES,
    "device": lambda value: value in DEVICES,
    "recent": lambda value: bool(_strings(value)),
    "folder": _is_text,
    "window": _is_text,
    "docks": _is_text,
}


def _write(path: Path, settings: Settings) -> None:
    """All or nothing: a crash while writing leaves the old file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".new")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(settings), file, indent=2, ensure_ascii=False)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
