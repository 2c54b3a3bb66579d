"""What every test gets: one processor thread, a home of its own, no network, and guards for what is left behind."""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

HOME = Path(tempfile.mkdtemp(prefix="foolscope-tests-"))
"""Stands for the user's home, so that no test reads or writes the real one."""
atexit.register(shutil.rmtree, HOME, ignore_errors=True)

# Before anything imports Qt, torch or platformdirs: all of them look only once.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # QT_QPA_PLATFORM=xcb runs the same tests in real windows
os.environ |= {
    "QT_SCALE_FACTOR": os.environ.get("QT_SCALE_FACTOR", "1"),
    "QT_FONT_DPI": "96",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
    "HOME": str(HOME),
    "USERPROFILE": str(HOME),
    "XDG_CONFIG_HOME": str(HOME / "config"),
    "XDG_CACHE_HOME": str(HOME / "cache"),
    "XDG_DATA_HOME": str(HOME / "data"),
    "XDG_STATE_HOME": str(HOME / "state"),
    "WIN_PD_OVERRIDE_LOCAL_APPDATA": str(HOME / "config"),
    "WIN_PD_OVERRIDE_APPDATA": str(HOME / "config"),
    "TORCH_HOME": str(HOME / "torch"),
}

settings.register_profile("foolscope", deadline=None)  # a shared machine has no deadlines
settings.load_profile("foolscope")

OUR_THREADS = {"engine", "tasks", "l-bfgs"}
"""Threads that are daemons in case of a crash, and yet must be closed by whoever started them."""


class NetworkUsedError(RuntimeError):
    """A test reached for the network; not an OSError, so that no handler takes it for a lost connection."""


def _is_local(host: object) -> bool:
    name = host.decode() if isinstance(host, bytes) else str(host)
    return name in {"", "None", "localhost", "::1", "0.0.0.0"} or name.startswith("127.")


@pytest.fixture(autouse=True, scope="session")
def no_network() -> Iterator[None]:
    """Whoever connects to, or looks up, anything but this machine is told so."""
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and not _is_local(address[0]):
            raise NetworkUsedError(f"a test tried to connect to {address}")
        connect(self, address)

    def guarded_look_up(host: Any, *arguments: Any, **more: Any) -> Any:
        if not _is_local(host):
            raise NetworkUsedError(f"a test tried to look up {host!r}")
        return look_up(host, *arguments, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket, "getaddrinfo", guarded_look_up)
        yield


@pytest.fixture(autouse=True, scope="module")
def light_memory() -> None:
    """What modules before have loaded is looked through no more whenever Python looks for cycles of references.

    With all libraries loaded, that takes up to half a second each time. What was garbage is let go before.
    """
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """All is looked through again when Python ends, or libraries would tell of what they think is left behind."""
    gc.unfreeze()


@pytest.fixture(autouse=True)
def fresh_settings() -> Iterator[None]:
    """No test finds the settings of the one before."""
    yield
    shutil.rmtree(HOME / "config", ignore_errors=True)


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    """A thread that a test started has ended with it."""
    before = set(threading.enumerate())
    yield
    left = [each for each in threading.enumerate() if each not in before and _should_end(each)]
    for each in left:
        each.join(timeout=10)  # on a busy machine; only a thread that hangs takes so long
    still = [each.name for each in left if each.is_alive()]
    assert not still, f"threads were left running: {still}; close the runner, the tasks or the bridge"


def _should_end(thread: threading.Thread) -> bool:
    return not thread.daemon or thread.name in OUR_THREADS


@pytest.fixture(autouse=True)
def no_hook_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A hook that was put on a layer has been taken off again, also after a failure."""
    if "torch" not in sys.modules:
        yield
        return
    from torch.utils.hooks import RemovableHandle

    made: list[RemovableHandle] = []
    make = RemovableHandle.__init__

    def make_and_note(self: RemovableHandle, *arguments: Any, **more: Any) -> None:
        make(self, *arguments, **more)
        made.append(self)

    monkeypatch.setattr(RemovableHandle, "__init__", make_and_note)
    yield
    if any(_is_on(each) for each in made):
        gc.collect()  # a network that is gone has no hooks
    assert not [each for each in made if _is_on(each)], "a hook was left on a layer; take it off in a finally block"


def _is_on(handle: Any) -> bool:
    hooks = handle.hooks_dict_ref()
    return hooks is not None and handle.id in hooks
