"""Training the networks in the box: the same every time, resumed where it was cut short, told as it goes."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from engine.catalogue import models as catalogue
from engine.catalogue.models import NETWORKS
from engine.models import load_model
from engine.training import __main__ as command
from engine.training.adversarial import attacked
from engine.training.augmenting import vary
from engine.training.data import Pictures, read_data
from engine.training.errors import TrainingError
from engine.training.loop import Training
from engine.training.outcome import measure, write
from engine.training.recipe import Opponent, TrainingRecipe, Variation
from engine.training.recipes import RECIPES, find_recipe

TINY = TrainingRecipe(
    name="tiny",
    title="Tiny",
    family="softmax regression",
    labels="mnist",
    wanted=0.9,
    note="A test.",
    mean=(0.0,),
    std=(1.0,),
    epochs=3,
    batch=32,
    rate=0.1,
    variation=Variation(shift=1),
)


def pictures_of_bars(count: int, seed: int = 0) -> Pictures:
    """Class k is a bright bar at column 2k + 2: easily learnt."""
    draw = torch.Generator().manual_seed(seed)
    labels = torch.randint(10, (count,), generator=draw)
    x = torch.randint(60, (count, 1, 28, 28), generator=draw, dtype=torch.uint8)
    for picture, label in zip(x, labels, strict=True):
        picture[:, :, 2 * int(label) + 2] = 250
    return Pictures(x, labels)


def weights(training: Training) -> list[Tensor]:
    return [each.detach().clone() for each in training.network.parameters()]


def are_equal(one: list[Tensor], other: list[Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def trained(recipe: TrainingRecipe = TINY, seed: int = 0) -> list[Tensor]:
    training = Training(recipe, seed, None)
    list(training.run(pictures_of_bars(200)))
    return weights(training)


def write_idx(path: Path, array: np.ndarray) -> None:
    head = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(head + array.tobytes()))


@pytest.fixture
def mnist(tmp_path: Path) -> Path:
    """A folder laid out like the one that --data names, with bars for digits."""
    for part, count in (("train", 300), ("t10k", 100)):
        pictures = pictures_of_bars(count, seed=count)
        write_idx(tmp_path / f"mnist/{part}-images-idx3-ubyte.gz", pictures.x[:, 0].numpy())
        write_idx(tmp_path / f"mnist/{part}-labels-idx1-ubyte.gz", pictures.labels.numpy().astype(np.uint8))
    return tmp_path


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> TrainingRecipe:
    monkeypatch.setattr(command, "set_threads", lambda window: None)
    monkeypatch.setitem(RECIPES, "tiny", TINY)
    return TINY


# The same every time


def test_the_same_seed_gives_the_same_weights_and_another_seed_others() -> None:
    assert are_equal(trained(), trained())
    assert not are_equal(trained(), trained(seed=1))


@pytest.mark.parametrize(
    "recipe",
    [
        TINY,
        replace(TINY, opponent=Opponent(epsilon=0.1, steps=2, step_size=0.6, warm_up=0.5)),
        replace(TINY, family="CIFAR-CNN with dropout", mean=(0.5,) * 3, std=(0.25,) * 3, batch=16),
    ],
    ids=["plain", "adversarial", "with dropout and batch norm"],
)
def test_a_training_that_was_cut_short_ends_with_the_weights_of_one_that_was_not(
    tmp_path: Path, recipe: TrainingRecipe
) -> None:
    pictures = pictures_of_bars(48)
    if len(recipe.mean) == 3:
        pictures = Pictures(torch.nn.functional.pad(pictures.x, (2, 2, 2, 2)).expand(-1, 3, 32, 32), pictures.labels)
    whole = Training(recipe, 0, None)
    list(whole.run(pictures))

    checkpoint = tmp_path / "state.pt"
    first = Training(recipe, 0, checkpoint).run(pictures)
    next(first)
    first.close()
    checkpoint.with_suffix(".part").write_bytes(b"killed while the next state was written")
    second = Training(recipe, 0, checkpoint)
    assert second.done == 1
    assert [epoch.number for epoch in second.run(pictures)] == [2, 3]
    assert are_equal(weights(second), weights(whole))


def test_training_leaves_the_random_state_of_the_process_as_it_was() -> None:
    before = torch.random.get_rng_state()
    trained()
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_checkpoint_of_another_recipe_or_a_damaged_one_is_not_taken_up(tmp_path: Path) -> None:
    checkpoint = tmp_path / "state.pt"
    next(Training(TINY, 0, checkpoint).run(pictures_of_bars(40)))
    Training(replace(TINY, note="Another note changes no weight."), 0, checkpoint)
    for recipe, seed in ((replace(TINY, rate=0.2), 0), (TINY, 1)):
        with pytest.raises(TrainingError, match="another recipe or seed") as caught:
            Training(recipe, seed, checkpoint)
        assert f"Delete {checkpoint}" in str(caught.value)
    checkpoint.write_bytes(checkpoint.read_bytes()[:-100])
    with pytest.raises(TrainingError, match="damaged"):
        Training(TINY, 0, checkpoint)


# The command


def test_the_command_trains_tells_how_far_it_is_and_leaves_a_network_that_can_be_asked(
    mnist: Path, tiny: TrainingRecipe, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = mnist / "out"
    asked = ["tiny", "--data", str(mnist), "--out", str(out), "--checkpoints", str(mnist / "kept")]
    assert command.main(asked) == 0
    said = capsys.readouterr()
    assert [f"tiny: epoch {k} of 3, loss" in said.err for k in (1, 2, 3)] == [True] * 3
    assert "Tiny (tiny)" in said.out
    assert "of 100 test pictures" in said.out

    monkeypatch.setattr(catalogue, "box_folder", lambda: out)
    [card] = catalogue._from_box()
    assert (card.name, card.labels, card.parameters) == ("tiny", "mnist", 7850)
    assert "3 epochs of SGD" in card.training
    monkeypatch.setitem(NETWORKS, "tiny", card)
    model = load_model("tiny")
    test = pictures_of_bars(50, seed=9)
    assert (model.logits(test.x.float() / 255).argmax(1) == test.labels).float().mean() > 0.9
    [clean] = json.loads((out / "tiny.json").read_text())["measured"]["clean"]
    assert card.top1 == f"{100 * clean['accuracy']:.1f} %"
    assert card.tested == f"{card.top1} of 100 test pictures"

    before = (out / "tiny.safetensors").read_bytes()
    assert command.main(asked) == 0  # done: it is only measured anew
    assert "epoch" not in capsys.readouterr().err
    assert (out / "tiny.safetensors").read_bytes() == before


def test_without_a_name_it_lists_what_can_be_trained(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--list"]) == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in RECIPES)


def test_a_stop_by_the_keyboard_says_how_to_go_on(
    mnist: Path, tiny: TrainingRecipe, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(self: Training, pictures: Pictures) -> Iterator[None]:
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(Training, "run", interrupted)
    assert command.main(["tiny", "--data", str(mnist), "--checkpoints", str(mnist)]) == 130
    assert "goes on from the last whole epoch" in capsys.readouterr().err


def test_an_unknown_name_is_answered_with_the_names_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["resnet-21"]) == 1
    assert "resnet-20" in capsys.readouterr().err


def test_a_folder_without_the_pictures_says_what_is_missing_and_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("linear", "cifar-cnn"):
        assert command.main([name, "--data", str(tmp_path), "--checkpoints", str(tmp_path)]) == 1
        said = capsys.readouterr().err
        assert str(tmp_path) in said
        assert "leave --data out to download" in said


# The pictures


def test_broken_files_and_counts_that_disagree_are_told(mnist: Path) -> None:
    assert len(read_data("mnist", mnist).train.x) == 300
    labels = mnist / "mnist/train-labels-idx1-ubyte.gz"
    write_idx(labels, np.zeros(7, np.uint8))
    with pytest.raises(TrainingError, match="300 pictures and 7 classes"):
        read_data("mnist", mnist)
    labels.write_bytes(gzip.compress(b"no idx file"))
    with pytest.raises(TrainingError, match="idx format"):
        read_data("mnist", mnist)
    labels.write_bytes(b"not even gzip")
    with pytest.raises(TrainingError, match="could not be read"):
        read_data("mnist", mnist)


@pytest.fixture
def cifar(tmp_path: Path) -> Path:
    """One sheet of 80 pictures in which every pixel of picture k is k, with class k modulo 10."""
    folder = tmp_path / "cifar-10"
    folder.mkdir()
    values = np.arange(80, dtype=np.uint8).reshape(2, 1, 40, 1, 1) + np.zeros((2, 32, 40, 32, 3), np.uint8)
    sheet = Image.fromarray(values.reshape(64, 1280, 3))
    labels = (np.arange(80) % 10).astype(np.uint8)
    for picture, classes in (("train_00", "train_labels"), ("test_first1000", "test_first1000_labels")):
        sheet.save(folder / f"{picture}.webp", lossless=True)
        np.save(folder / f"{classes}.npy", labels)
    with zipfile.ZipFile(folder / "test_jpeg.zip", "w") as archive:
        for name in ("ship", "frog", "cat"):
            with archive.open(f"{name}/0000.jpg", "w") as file:
                Image.new("RGB", (32, 32), (90, 90, 90)).save(file, "JPEG")
    return tmp_path


def test_sheets_are_read_row_by_row_and_the_copies_named_as_what_they_are(cifar: Path) -> None:
    data = read_data("cifar-10", cifar)
    assert data.train.x.shape == (80, 3, 32, 32)
    assert data.train.x.float().mean((1, 2, 3)).tolist() == list(range(80))
    assert {name: len(each.x) for name, each in data.tests.items()} == {
        "the first 80 test pictures": 80,
        "3 JPEG copies of test pictures": 3,
    }


def test_frog_or_ship_keeps_these_two_classes_alone(cifar: Path) -> None:
    data = read_data("frog-or-ship", cifar)
    assert (data.train.x[:, 0, 0, 0] % 10).tolist() == [6, 8] * 8
    assert data.train.labels.tolist() == [0, 1] * 8
    assert list(data.tests)[1] == "2 frogs and ships among 3 JPEG copies of test pictures"


def test_a_sheet_of_another_width_is_refused(cifar: Path) -> None:
    Image.new("RGB", (64, 64)).save(cifar / "cifar-10/train_00.webp", lossless=True)
    with pytest.raises(TrainingError, match="64 × 64 pixels, not a sheet"):
        read_data("cifar-10", cifar)


# What the network sees while it learns


def a_batch(count: int = 6, channels: int = 3, side: int = 12) -> Tensor:
    return torch.rand(count, channels, side, side, generator=torch.Generator().manual_seed(3))


def test_pictures_are_left_alone_where_the_recipe_says_nothing() -> None:
    assert torch.equal(vary(a_batch(), Variation()), a_batch())


@pytest.mark.parametrize(
    "how",
    [Variation(flip=True), Variation(shift=2), Variation(turn=10), Variation(scale=0.1), Variation(bend=1),
     Variation(hue=0.3), Variation(noise=0.1)],
    ids=lambda how: how.describe(),
)  # fmt: skip
def test_every_variation_changes_pictures_within_their_range_and_by_the_random_state_alone(how: Variation) -> None:
    results = []
    for _ in range(2):
        with torch.random.fork_rng():
            torch.manual_seed(1)
            results.append(vary(a_batch(), how))
    one, other = results
    assert torch.equal(one, other)
    assert one.shape == a_batch().shape
    assert not torch.equal(one, a_batch())
    assert 0 <= float(one.min()) <= float(one.max()) <= 1
    assert float((one - a_batch()).abs().mean()) < 0.5


def test_flips_are_mirror_images_and_shifts_move_by_whole_pixels() -> None:
    x = a_batch(40)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        flipped = vary(x, Variation(flip=True))
        moved = vary(x, Variation(shift=1))
    mirrored = [torch.equal(one, two.flip(2)) for one, two in zip(flipped, x, strict=True)]
    same = [torch.equal(one, two) for one, two in zip(flipped, x, strict=True)]
    assert all(a != b for a, b in zip(mirrored, same, strict=True))
    assert 8 < sum(mirrored) < 32
    framed = torch.nn.functional.pad(x, (1, 1, 1, 1))
    places = [(top, left) for top in range(3) for left in range(3)]
    for one, whole in zip(moved, framed, strict=True):
        assert any(torch.equal(one, whole[:, top : top + 12, left : left + 12]) for top, left in places)


def test_the_opponent_stays_within_its_budget_and_raises_the_loss() -> None:
    training = Training(replace(TINY, epochs=10, variation=Variation()), 0, None)
    pictures = pictures_of_bars(100)
    list(training.run(pictures))
    x, labels = pictures.x.float() / 255, pictures.labels
    moved = attacked(training.network, x, labels, epsilon=0.1, steps=3, step_size=0.5)
    assert float((moved - x).abs().max()) <= 0.1 + 1e-6
    assert 0 <= float(moved.min()) <= float(moved.max()) <= 1
    before, after = (torch.nn.functional.cross_entropy(training.network(each), labels) for each in (x, moved))
    assert after > 2 * before


def test_a_network_that_met_its_opponent_withstands_more_of_it(mnist: Path) -> None:
    data = read_data("mnist", mnist)
    shares = []
    for opponent in (None, Opponent(epsilon=0.3, steps=3, step_size=0.5, warm_up=0.3)):
        training = Training(replace(TINY, epochs=10, variation=Variation(), opponent=opponent), 0, None)
        list(training.run(data.train))
        shares.append(measure(training.recipe, 0, training.network, data, "cpu").robust[1].accuracy)
    assert shares[1] > shares[0] + 0.2


def test_the_step_rises_and_falls_and_the_opponent_grows_to_its_size() -> None:
    recipe = replace(TINY, rate=0.4, warm_up=0.25, opponent=Opponent(0.3, 3, 0.5, warm_up=0.5))
    assert [recipe.rate_at(k / 4) for k in range(5)] == pytest.approx([0, 0.4, 0.4 * 2 / 3, 0.4 / 3, 0])
    assert [recipe.epsilon_at(k / 4) for k in range(5)] == pytest.approx([0, 0.15, 0.3, 0.3, 0.3])
    assert TINY.epsilon_at(0.5) == 0


def test_half_a_card_is_never_left_behind(mnist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = read_data("mnist", mnist)
    training = Training(TINY, 0, None)
    outcome = measure(TINY, 0, training.network, data, "cpu")
    write(outcome, training.network, mnist / "out")
    before = {path.name: path.read_bytes() for path in (mnist / "out").iterdir()}

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write(replace(outcome, seed=5), training.network, mnist / "out")
    assert {name: (mnist / "out" / name).read_bytes() for name in before} == before


def test_every_recipe_is_of_an_architecture_and_a_data_set_that_exist() -> None:
    from engine.catalogue.classes import CLASSES
    from engine.models.boxed import ARCHITECTURES

    for name, recipe in RECIPES.items():
        assert find_recipe(name) is recipe
        assert recipe.name == name
        assert recipe.family in ARCHITECTURES
        assert recipe.labels in CLASSES
        assert recipe.note.endswith((".", "?"))


@pytest.mark.parametrize(
    ("labels", "kind"), [("mnist", "MNIST"), ("fashion-mnist", "FashionMNIST"), ("cifar-10", "CIFAR10")]
)
def test_without_a_folder_torchvision_downloads_the_pictures_into_a_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, labels: str, kind: str
) -> None:
    shape = (32, 32, 3) if labels == "cifar-10" else (28, 28)

    class Downloaded:
        """As torchvision's classes: arrays or tensors in ``data``, a list in ``targets``."""

        def __init__(self, root: Path, *, train: bool, download: bool) -> None:
            assert download
            assert root == tmp_path / "datasets"
            self.data = np.full((5 if train else 3, *shape), 7, np.uint8)
            self.targets = list(range(5 if train else 3))

    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path)
    monkeypatch.setattr(f"torchvision.datasets.{kind}", Downloaded)
    data = read_data(labels, None)
    side = shape[0]
    assert data.train.x.shape == (5, 3 if labels == "cifar-10" else 1, side, side)
    assert {name: each.labels.tolist() for name, each in data.tests.items()} == {"3 test pictures": [0, 1, 2]}


def test_a_download_that_fails_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def offline(*_: object, **__: object) -> None:
        raise RuntimeError("Error downloading train-images-idx3-ubyte.gz")

    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path)
    monkeypatch.setattr("torchvision.datasets.MNIST", offline)
    with pytest.raises(TrainingError, match="Error downloading") as caught:
        read_data("mnist", None)
    assert "--data FOLDER" in str(caught.value)
