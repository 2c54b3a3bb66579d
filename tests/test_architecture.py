"""The rooms of the house and the doors between them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("engine", "gui", "assets", "tests")
MAX_LINES = 400  # of code; the tests of one subject are a list, and may be longer

TEXT = {".py", ".md", ".toml", ".svg", ".json", ".txt", ".yml", ".yaml", ".cfg", ""}
OF_ONE_MACHINE = re.compile(r"(?<![\w.~])/(root|home|work|tmp|Users)/[\w.]|[A-Z]:\\Users\\")


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)


def files(*suffixes: str) -> Iterator[Path]:
    """The project's own files with these endings; nothing that tools have made."""
    yield from (each for each in ROOT.glob("*") if each.is_file() and each.suffix in suffixes)
    for package in (*PACKAGES, ".ci"):
        for path in (ROOT / package).rglob("*"):
            if path.is_file() and path.suffix in suffixes and "__pycache__" not in path.parts:
                yield path


def test_every_import_goes_through_a_door() -> None:
    """The contracts stand in pyproject.toml."""
    command = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    done = python(command)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "rooms",
    [("gui",), ("engine.request", "engine.frame", "engine.wording", "engine.runner", "engine.tasks"), ("engine.cli",)],
    ids=lambda rooms: rooms[0],
)
def test_the_window_and_what_it_asks_are_known_before_torch_is_imported(rooms: tuple[str, ...]) -> None:
    done = python(f"""
import importlib, pkgutil, sys
for name in {rooms!r}:
    room = importlib.import_module(name)
    for each in pkgutil.walk_packages(getattr(room, "__path__", []), name + "."):
        importlib.import_module(each.name)
heavy = {{"torch", "torchvision", "sklearn", "scipy"}} & set(sys.modules)
sys.exit(f"imported: {{heavy}}" if heavy else 0)
""")
    assert done.returncode == 0, done.stderr


def test_the_engine_is_known_without_qt() -> None:
    done = python(
        "import sys, engine, engine.job, engine.runner, engine.tasks, engine.cli, engine.batch\n"
        "sys.exit(any(each.split('.')[0] in {'PySide6', 'pyqtgraph', 'gui'} for each in sys.modules))"
    )
    assert done.returncode == 0, done.stderr


def test_no_file_is_too_long_to_be_read_at_a_sitting() -> None:
    long = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in files(".py")}
    assert {name: lines for name, lines in long.items() if lines > MAX_LINES and not name.startswith("tests")} == {}


def test_no_file_names_a_place_on_one_machine() -> None:
    named = {
        f"{path.relative_to(ROOT)}:{number}": line.strip()
        for path in files(*TEXT)
        for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), 1)
        if OF_ONE_MACHINE.search(line)
    }
    assert named == {}
