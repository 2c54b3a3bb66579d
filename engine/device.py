"""Where networks run: the device, its threads and memory, and what to do when memory runs out.

The first three functions are called before torch is loaded, so that torch is imported only where it is used.
"""

from __future__ import annotations

import ctypes
import gc
import os
import platform
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from torch import Tensor

    Output = TypeVar("Output", Tensor, tuple[Tensor, ...])

WINDOW_THREADS = 4
"""More threads than these gain a batch of one nothing, and the window needs a core of its own."""

WINDOW_SWITCH_S = 0.001
"""For how long a thread may keep Python's lock while another waits for it; Python's own choice is 0.005."""

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_KEPT = 1 << 30


def tune_process() -> None:
    """Prepares the process for torch; to be called once, before torch is loaded.

    Idle OpenMP threads sleep instead of spinning: on two cores they would take the window's turn. And memory that a
    step has freed is kept for the next one instead of being handed back to the kernel, which costs a page fault for
    every 4 KiB (glibc only).
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if platform.libc_ver()[0] == "glibc":
        _keep_freed_memory()


def _keep_freed_memory() -> None:
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _KEPT)
        mallopt(_M_TRIM_THRESHOLD, _KEPT)


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def set_threads(window: bool) -> int:
    """Chooses how many threads torch computes with, and gives their number.

    With a window all cores but one and at most four, without one all of them; ``OMP_NUM_THREADS`` is an upper bound.
    With a window a thread that waits for Python's lock also gets it sooner: between two layers the network would
    otherwise wait for the window, and while it counts, the window for the network.
    """
    if window:
        sys.setswitchinterval(WINDOW_SWITCH_S)
    count = max(1, min(WINDOW_THREADS, cores() - 1)) if window else cores()
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdecimal() and int(asked) > 0:
        count = min(count, int(asked))
    torch = sys.modules.get("torch")
    if torch is None:
        os.environ["OMP_NUM_THREADS"] = str(count)  # read when torch is loaded
    else:
        torch.set_num_threads(count)
    return count


def choose_device(preference: str = "auto", tell: Callable[[str], None] = lambda _: None) -> str:
    """``"cuda"``, ``"mps"`` or ``"cpu"``: the one that is preferred, else (or for ``"auto"``) the fastest there is.

    Args:
        preference: ``"auto"``, ``"cuda"``, ``"mps"`` or ``"cpu"``.
        tell: is given a sentence where the preferred one is missing.
    """
    import torch

    _be_exact()
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if there.get(preference, False):
        return preference
    found = next(name for name, is_there in there.items() if is_there) if preference == "auto" else "cpu"
    if preference != "auto":
        tell(f"There is no {_NAMES.get(preference, preference)} on this machine; the processor is used.")
    return found


def _be_exact() -> None:
    """The same answer every time, in full single precision: gradients are what is looked at here.

    cuDNN would round the factors of a convolution to 10 bits (TF32), and add up in whatever order is fastest.
    """
    from torch.backends import cudnn

    cudnn.allow_tf32 = False
    cudnn.deterministic = True


_NAMES = {"cuda": "graphics card for CUDA", "mps": "graphics processor for Metal"}


def describe_device(device: str) -> str:
    """A device as it is read: ``CPU``, ``NVIDIA H200``, ``Apple GPU``."""
    if device == "cuda":
        import torch

        return torch.cuda.get_device_name()
    return {"cpu": "CPU", "mps": "Apple GPU"}.get(device, device)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a device had too little memory; CUDA has an error of its own, Metal and the CPU only say so."""
    import torch

    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    said = str(error).lower()
    return isinstance(error, RuntimeError) and ("out of memory" in said or "can't allocate memory" in said)


def with_less(
    function: Callable[..., Output],
    *batch: Tensor,
    on_fallback: Callable[[int, int], None],
    largest: int | None = None,
) -> Output:
    """Runs a function on a batch, in smaller pieces where memory runs out.

    Serves plain answers, steps along a gradient and whole attacks alike, because a piece is begun and finished
    before the next: ``with_less(model, x, ...)`` or ``with_less(lambda x, y: gradient(model, x, y), x, labels, ...)``.

    Args:
        function: takes a piece of every tensor of ``batch`` and returns one tensor, or several, of as many rows.
        batch: tensors of N rows each.
        on_fallback: is told the size of the piece that failed and the next one, half of it; 0 says that even one row
            did not fit: it moves the work to another device, or raises.
        largest: the size of a piece that is known to fit; None tries the whole batch.

    Returns:
        what ``function`` returns for the whole batch.
    """
    import torch

    rows = max(1, len(batch[0]))
    size = min(rows, largest or rows)
    while True:
        try:
            pieces = zip(*(torch.split(each, size) for each in batch), strict=True)
            return _join([function(*piece) for piece in pieces])
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
        # Only here, past the handler, is the traceback gone that kept the tensors of the failed piece alive.
        _hand_back_memory()
        on_fallback(size, size // 2)
        size = size // 2 or rows


def _join(pieces: list[Output]) -> Output:
    import torch

    if isinstance(pieces[0], torch.Tensor):
        return torch.cat(pieces) if len(pieces) > 1 else pieces[0]
    return tuple(torch.cat(each) for each in zip(*pieces, strict=True))


def _hand_back_memory() -> None:
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif torch.backends.mps.is_available():
        torch.mps.empty_cache()
