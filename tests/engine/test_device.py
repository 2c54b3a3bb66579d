"""Which device is chosen, how many threads compute, and what happens when memory runs out."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
import torch
from torch import Tensor

from engine import device
from engine.device import choose_device, describe_device, is_out_of_memory, set_threads, with_less


@pytest.fixture
def _threads_are_put_back() -> Any:
    count = torch.get_num_threads()
    yield
    torch.set_num_threads(count)


def machine(monkeypatch: pytest.MonkeyPatch, *, cuda: bool = False, mps: bool = False) -> None:
    """Stands for a machine with these devices."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)


@pytest.mark.parametrize(
    ("devices", "wanted"),
    [({"cuda": True, "mps": True}, "cuda"), ({"mps": True}, "mps"), ({}, "cpu")],
)
def test_the_fastest_device_there_is_is_chosen(
    monkeypatch: pytest.MonkeyPatch, devices: dict[str, bool], wanted: str
) -> None:
    machine(monkeypatch, **devices)
    told: list[str] = []
    assert choose_device("auto", told.append) == wanted
    assert choose_device("cpu", told.append) == "cpu"
    assert told == []


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("cuda", "There is no graphics card for CUDA on this machine; the processor is used."),
        ("mps", "There is no graphics processor for Metal on this machine; the processor is used."),
    ],
)
def test_a_device_that_is_missing_becomes_the_processor_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch, missing: str, said: str
) -> None:
    machine(monkeypatch)
    told: list[str] = []
    assert choose_device(missing, told.append) == "cpu"
    assert told == [said]


def test_convolutions_are_exact_and_repeatable_on_a_graphics_card() -> None:
    choose_device("cpu")
    assert not torch.backends.cudnn.allow_tf32
    assert torch.backends.cudnn.deterministic


def test_devices_are_described_by_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "NVIDIA H200")
    assert [describe_device(each) for each in ("cpu", "mps", "cuda")] == ["CPU", "Apple GPU", "NVIDIA H200"]


@pytest.mark.parametrize(
    ("cores", "window", "wanted"),
    [(1, True, 1), (2, True, 1), (4, True, 3), (32, True, 4), (1, False, 1), (32, False, 32)],
)
@pytest.mark.usefixtures("_threads_are_put_back")
def test_the_window_keeps_a_core_for_itself(
    monkeypatch: pytest.MonkeyPatch, cores: int, window: bool, wanted: int
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(device, "cores", lambda: cores)
    assert set_threads(window) == wanted
    assert torch.get_num_threads() == wanted


@pytest.mark.usefixtures("_threads_are_put_back")
def test_no_more_threads_are_used_than_the_environment_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "cores", lambda: 32)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    assert set_threads(window=False) == 2


def test_a_process_is_tuned_before_torch_is_loaded() -> None:
    program = (
        "import os, sys; from engine.device import set_threads, tune_process, cores;"
        "tune_process(); count = set_threads(window=False);"
        "assert 'torch' not in sys.modules; assert os.environ['OMP_WAIT_POLICY'] == 'PASSIVE';"
        "import torch; assert torch.get_num_threads() == count == cores()"
    )
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("OMP_", "MKL_"))}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)


def test_a_wait_policy_that_the_user_chose_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    monkeypatch.setattr(device, "_keep_freed_memory", lambda: None)
    device.tune_process()
    assert os.environ["OMP_WAIT_POLICY"] == "ACTIVE"


# Memory


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (torch.OutOfMemoryError("CUDA out of memory."), True),
        (RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"), True),
        (MemoryError(), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_a_lack_of_memory_is_told_from_other_errors(error: Exception, wanted: bool) -> None:
    assert is_out_of_memory(error) is wanted


class Card:
    """Has room for ``room`` rows, counted at every try."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.tried: list[int] = []
        self.told: list[tuple[int, int]] = []

    def take(self, x: Tensor) -> None:
        self.tried.append(len(x))
        if len(x) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory.")

    def tell(self, failed: int, size: int) -> None:
        self.told.append((failed, size))
        if size == 0:
            self.room = 99


def test_a_batch_is_halved_until_it_fits() -> None:
    card, x = Card(2), torch.arange(7.0)

    def double(x: Tensor) -> Tensor:
        card.take(x)
        return 2 * x

    assert torch.equal(with_less(double, x, on_fallback=card.tell), 2 * x)
    assert card.tried == [7, 3, 1, 1, 1, 1, 1, 1, 1]
    assert card.told == [(7, 3), (3, 1)]


def test_a_size_that_is_known_to_fit_is_used_from_the_start() -> None:
    card, x = Card(2), torch.arange(5.0)

    def negative(x: Tensor) -> Tensor:
        card.take(x)
        return -x

    assert torch.equal(with_less(negative, x, on_fallback=card.tell, largest=2), -x)
    assert card.tried == [2, 2, 1]


def test_steps_along_a_gradient_take_and_give_several_tensors() -> None:
    card, x, labels = Card(2), torch.randn(5, 3), torch.tensor([0, 1, 2, 0, 1])

    def step(x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        card.take(x)
        leaf = x.detach().requires_grad_()
        loss = torch.nn.functional.cross_entropy(leaf, labels, reduction="none")
        return loss.detach(), torch.autograd.grad(loss.sum(), leaf)[0]

    loss, gradient = with_less(step, x, labels, on_fallback=card.tell)
    wanted = x.softmax(-1) - torch.nn.functional.one_hot(labels, 3)
    torch.testing.assert_close(gradient, wanted)
    assert loss.shape == (5,)


def test_where_not_even_one_row_fits_the_work_moves_on_with_the_whole_batch() -> None:
    card, x = Card(0), torch.arange(4.0)

    def same(x: Tensor) -> Tensor:
        card.take(x)
        return x.clone()

    assert torch.equal(with_less(same, x, on_fallback=card.tell), x)
    assert card.told == [(4, 2), (2, 1), (1, 0)]
    assert card.tried == [4, 2, 1, 4]


def test_the_tensors_of_a_failed_piece_are_freed_before_the_next_try() -> None:
    import weakref

    kept: list[weakref.ref[Tensor]] = []
    alive: list[bool] = []

    def build(x: Tensor) -> Tensor:
        alive.extend(each() is not None for each in kept)
        big = torch.zeros(1000)
        kept.append(weakref.ref(big))
        if len(x) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return x + big[0]

    with_less(build, torch.ones(2), on_fallback=lambda failed, size: None)
    assert alive == [False, False, False]
