"""Folders of pictures become a network: its features, its new layer, its file, and what is left after a cancel."""

from __future__ import annotations

import shutil
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from scipy.stats import binomtest
from torch import Tensor, nn
from torchvision.models import VisionTransformer, mobilenet_v3_small, resnet18

from engine.catalogue import own
from engine.catalogue.found import Found
from engine.catalogue.models import all_networks, find_network
from engine.catalogue.own import OwnNetwork
from engine.catalogue.taught import KEY
from engine.experiment import to_tensor
from engine.images import Recipe, decode, place
from engine.models import load_model
from engine.models.classifier import Classifier
from engine.models.errors import ModelError
from engine.models.own import classifier_of, inspect
from engine.request import Placement
from engine.tasks import Progress
from engine.teaching import cache, fitting, gathering, teaching
from engine.teaching.folders import classes_in
from engine.teaching.lesson import Lesson, TeachError
from engine.teaching.outcome import Outcome, filed, keep, write
from engine.teaching.teaching import teach
from engine.teaching.transformer import last_layer, transformer
from tests.engine.teaching.lessons import folders


@pytest.fixture(autouse=True)
def places_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "STRENGTHS", (1e-2,))  # a fifth of the time
    monkeypatch.setattr(own, "user_data_dir", lambda *_, **__: str(tmp_path / "data"))
    monkeypatch.setattr(cache, "user_cache_dir", lambda *_, **__: str(tmp_path / "cache"))


@pytest.fixture
def lesson(tmp_path: Path) -> Lesson:
    return Lesson(classes_in(folders(tmp_path / "pictures")), "cnn-32-32", device="cpu")


def taught(lesson: Lesson) -> Outcome:
    found: list[Outcome] = []
    for _ in teach(lesson, found):
        pass
    return found[0]


def seen(path: str, model: Classifier) -> Tensor:
    return to_tensor(place(decode(path).pixels, Placement.CROP, model.recipe))


def classifier(network: nn.Module, side: int, channels: int = 3, classes: int = 1000) -> Classifier:
    return Classifier(
        network.eval(),
        name="it",
        title="It",
        classes=[str(each) for each in range(classes)],
        recipe=Recipe(side, (side, side), channels=channels),
        mean=(0.5,) * channels,
        std=(0.5,) * channels,
    )


# Features


def input_of(model: Classifier, layer: str, x: Tensor) -> Tensor:
    """What a layer is given, seen by a hook on it."""
    found: list[Tensor] = []
    watched = model.module.get_submodule(f"network.{layer}")
    handle = watched.register_forward_pre_hook(lambda _module, inputs: found.append(inputs[0]))
    model.module(x)
    handle.remove()
    return found[0]


@pytest.mark.parametrize(
    ("make", "side", "layer", "count"),
    [(resnet18, 64, "fc", 512), (mobilenet_v3_small, 64, "classifier.3", 1024)],
)
def test_features_are_what_the_last_layer_of_a_network_is_given(make, side: int, layer: str, count: int) -> None:
    torch.manual_seed(0)
    model = classifier(make(), side)
    found = transformer(model)
    assert (found.layer, found.count) == (layer, count)
    x = torch.rand(3, 3, side, side)
    torch.testing.assert_close(found(x), input_of(model, layer, x), rtol=1e-3, atol=1e-4)


def test_the_last_layer_of_a_vision_transformer_is_found() -> None:
    network = VisionTransformer(
        image_size=32, patch_size=16, num_layers=1, num_heads=2, hidden_dim=16, mlp_dim=32, num_classes=1000
    )
    assert last_layer(classifier(network, 32)) == "heads.head"


@pytest.mark.parametrize(("name", "layer", "count"), [("cnn-32-32", "fc2", 64), ("efficientnet-lite0", "_fc", 1280)])
def test_features_of_networks_at_hand_are_what_their_last_layer_is_given(name: str, layer: str, count: int) -> None:
    model = load_model(name, "cpu")
    found = transformer(model)
    assert (found.layer, found.count) == (layer, count)
    x = torch.rand(2, model.recipe.channels, *model.size)
    torch.testing.assert_close(found(x), input_of(model, layer, x), rtol=1e-3, atol=1e-4)


def test_where_the_last_layer_is_a_convolution_the_features_are_means_over_places() -> None:
    model = load_model("squeezenet1.1", "cpu")
    found = transformer(model)
    assert (found.layer, found.count) == ("classifier.1", 512)
    x = torch.rand(1, 3, *model.size)
    torch.testing.assert_close(found(x), input_of(model, found.layer, x).mean((2, 3)), rtol=1e-3, atol=1e-4)


class Functional(nn.Module):
    """A network whose last layer is no module."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(4, 64))

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1) @ self.weight.T


def test_the_answers_are_the_features_of_a_network_whose_last_layer_cannot_be_told() -> None:
    model = classifier(Functional(), 8, channels=1, classes=4)
    found = transformer(model)
    assert found.layer == ""
    x = torch.rand(2, 1, 8, 8)
    torch.testing.assert_close(found(x), model.logits(x))


def test_a_softmax_after_the_last_layer_is_not_applied_to_features() -> None:
    layers = nn.Sequential(nn.Flatten(), nn.Linear(64, 4), nn.LogSoftmax(1))
    found = transformer(classifier(layers, 8, channels=1, classes=4))
    assert (found.layer, found.count) == ("", 4)


def test_a_network_that_is_only_a_last_layer_gives_its_pixels() -> None:
    layers = nn.Sequential(OrderedDict(flatten=nn.Flatten(), only=nn.Linear(64, 4)))
    found = transformer(classifier(layers, 8, channels=1, classes=4))
    assert (found.layer, found.count) == ("only", 64)


# The network that comes of it


def test_what_was_taught_is_a_network_like_any_other(lesson: Lesson) -> None:
    outcome = taught(lesson)
    assert outcome.accuracy > 0.9
    assert outcome.confusion.sum(1).tolist() == [8, 8, 8]
    assert not own.own_networks()
    name = keep(outcome)
    assert name in all_networks()
    model = load_model(name, "cpu")
    assert model.classes == ("dark", "light", "striped")
    assert model.parameters_count == outcome.record.parameters
    right = [
        model.classes[int(model.logits(seen(path, model)).argmax())] == each.name
        for each in lesson.classes
        for path in each.pictures
    ]
    assert sum(right) / len(right) == pytest.approx(outcome.trained)
    x = torch.rand(1, 1, 28, 28, requires_grad=True)
    assert torch.autograd.grad(model(x)[0, 0], x)[0].any()


def test_its_probabilities_are_those_of_the_regression(lesson: Lesson) -> None:
    outcome = taught(lesson)
    model = load_model(keep(outcome), "cpu")
    network = transformer(load_model(lesson.network, "cpu"))
    its = _result(gathering.gather(lesson, network))
    fitted = _result(teaching.chosen(its.features, its.labels, lesson.seed, ""))
    wanted = torch.from_numpy(fitted.probabilities(its.features))
    x = torch.cat([seen(path, model) for path in its.paths])
    torch.testing.assert_close(model.logits(x).double().softmax(1), wanted, rtol=0, atol=1e-5)


def _result(generator):
    while True:
        try:
            next(generator)
        except StopIteration as stop:
            return stop.value


def test_a_taught_network_can_be_taught_again(lesson: Lesson) -> None:
    name = keep(taught(lesson))
    again = taught(replace(lesson, network=name, classes=lesson.classes[:2], title="Two of them"))
    assert again.record.details["layer"] == "head"
    model = load_model(keep(again), "cpu")
    assert (model.title, model.classes) == ("Two of them", ("dark", "light"))


def test_the_same_lesson_makes_the_same_network(lesson: Lesson) -> None:
    assert taught(lesson).record == taught(lesson).record


def test_a_file_that_was_changed_is_not_loaded(lesson: Lesson) -> None:
    outcome = taught(lesson)
    name = keep(outcome)
    path = Path(outcome.record.file)
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    with pytest.raises(ModelError, match="has changed since"):
        load_model(name, "cpu")


def test_it_says_so_when_the_network_below_is_gone_or_another(lesson: Lesson) -> None:
    outcome = taught(lesson)
    keep(outcome)
    gone = replace(outcome.record, details=dict(outcome.record.details, base="own:gone-123456"))
    with pytest.raises(ModelError, match="own:gone-123456, which is not there"):
        load_model(own.remember(gone), "cpu")
    other = replace(outcome.record, details=dict(outcome.record.details, base_sha="0" * 64))
    with pytest.raises(ModelError, match="not those that it was taught above"):
        load_model(own.remember(other), "cpu")
    wrong = replace(outcome.record, details=dict(outcome.record.details, layer="fc1"))
    with pytest.raises(ModelError, match=r"does not go with|cannot be"):
        load_model(own.remember(wrong), "cpu")


def test_to_forget_it_deletes_its_weights(lesson: Lesson) -> None:
    outcome = taught(lesson)
    own.forget(keep(outcome))
    assert not Path(outcome.record.file).exists()


# Pictures, good and bad


def test_broken_pictures_are_named_and_left_out(lesson: Lesson, tmp_path: Path) -> None:
    bad = tmp_path / "pictures" / "dark" / "bad.png"
    bad.write_bytes(b"\x89PNG and nothing else")
    outcome = taught(replace(lesson, classes=classes_in([tmp_path / "pictures"])))
    assert outcome.skipped == ("bad.png",)
    assert outcome.say_left_out() == "Left out, because they cannot be read: “bad.png”."
    assert outcome.confusion.sum() == 24


def test_a_class_of_broken_pictures_is_refused(lesson: Lesson, tmp_path: Path) -> None:
    for path in (tmp_path / "pictures" / "light").iterdir():
        path.write_bytes(b"nothing")
    with pytest.raises(TeachError, match="“light” has no picture that can be used, of 8 files"):
        taught(lesson)


def test_a_picture_that_is_there_twice_is_counted_once(lesson: Lesson, tmp_path: Path) -> None:
    copy = tmp_path / "pictures" / "dark" / "copy.bmp"
    Image.open(tmp_path / "pictures" / "dark" / "3.png").save(copy)
    outcome = taught(replace(lesson, classes=classes_in([tmp_path / "pictures"])))
    assert (outcome.pictures, outcome.twice) == ((8, 8, 8), ("copy.bmp",))
    assert "because the same picture is in the class already: “copy.bmp”." in outcome.say_left_out()


def test_a_picture_in_two_classes_is_left_out_of_both_and_named(lesson: Lesson, tmp_path: Path) -> None:
    Image.open(tmp_path / "pictures" / "dark" / "3.png").save(tmp_path / "pictures" / "light" / "same.png")
    outcome = taught(replace(lesson, classes=classes_in([tmp_path / "pictures"])))
    assert (outcome.pictures, outcome.torn) == ((7, 8, 8), ("3.png", "same.png"))
    assert "because the same picture is in another class, too" in outcome.say_left_out()


def test_a_class_whose_folder_goes_away_is_named_and_the_features_of_the_others_are_kept(
    lesson: Lesson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(tmp_path / "pictures" / "striped")
    with pytest.raises(TeachError, match="“striped” has no picture that can be used, of 8 files"):
        taught(lesson)
    asked = count_pictures(monkeypatch)
    assert taught(replace(lesson, classes=lesson.classes[:2])).cached == 16
    assert asked == []


def test_mistakes_are_told_the_surest_first(lesson: Lesson, tmp_path: Path) -> None:
    striped = tmp_path / "pictures" / "striped" / "0.png"
    Image.open(tmp_path / "pictures" / "light" / "3.png").point(lambda value: min(255, value + 1)).save(striped)
    outcome = taught(lesson)
    wrong = outcome.mistakes[0]
    assert (wrong.path, wrong.label, wrong.seen) == (str(striped), 2, 1)
    assert [each.probability for each in outcome.mistakes] == sorted(
        (each.probability for each in outcome.mistakes), reverse=True
    )


def test_the_sentence_says_the_accuracy_and_what_to_compare_it_with(lesson: Lesson) -> None:
    said = taught(replace(lesson, pixels=True)).say()
    assert "of 24 pictures it had not seen" in said
    assert "Always saying “dark” would be right on 8." in said
    assert "on pixels alone is right on" in said


def test_other_pictures_are_promised_what_the_number_of_pictures_allows(lesson: Lesson) -> None:
    outcome = taught(lesson)
    right, count = int(outcome.confusion.trace()), int(outcome.confusion.sum())
    wanted = binomtest(right, count).proportion_ci(method="wilson")
    assert outcome.interval == pytest.approx((wanted.low, wanted.high), abs=1e-4)


# Names


def test_classes_can_be_renamed_without_learning_again(lesson: Lesson) -> None:
    outcome = taught(lesson)
    other = outcome.renamed(["night", "day", "zebra"])
    assert other.record.title.startswith("night, day, zebra (")
    assert "8 of night, 8 of day, 8 of zebra" in other.record.data
    assert load_model(keep(other), "cpu").classes == ("night", "day", "zebra")
    assert outcome.renamed(outcome.record.classes) is outcome
    assert other.renamed(outcome.record.classes).weights == outcome.weights


# Its file


def opened(path: Path) -> OwnNetwork:
    found: list[Found] = []
    for _ in inspect(path, found):
        pass
    assert found[0].record is not None
    return found[0].record


def test_its_file_alone_is_enough_to_open_it_again(lesson: Lesson, tmp_path: Path) -> None:
    outcome = taught(replace(lesson, title="Day and night"))
    path = write(outcome, tmp_path / "given.away")
    assert path.name == "given.away.safetensors"
    record = opened(path)
    assert (record.title, record.classes, record.file) == ("Day and night", outcome.record.classes, str(path))
    x = seen(lesson.paths[0], classifier_of(record))
    assert torch.equal(classifier_of(record).logits(x), load_model(keep(outcome), "cpu").logits(x))


def test_a_file_without_its_network_says_which_one_is_missing(lesson: Lesson, tmp_path: Path) -> None:
    outcome = taught(lesson)
    gone = replace(outcome.record, details=dict(outcome.record.details, base="own:gone-123456"))
    path = write(filed(replace(outcome, record=gone)), tmp_path / "x.safetensors")
    with pytest.raises(ModelError, match=r"above the network own:gone-123456.*Open or download that network first"):
        opened(path)


def test_a_file_with_more_names_than_classes_is_refused(lesson: Lesson, tmp_path: Path) -> None:
    outcome = taught(lesson)
    more = replace(outcome.record, classes=("dark", "light", "striped", "more"))
    path = write(filed(replace(outcome, record=more)), tmp_path / "x.safetensors")
    with pytest.raises(ModelError, match="it tells 3 classes apart, and 4 names are given"):
        opened(path)


@pytest.mark.parametrize("said", ['{"kind": "torchscript"}', "[]", "nothing", '{"kind": "taught", "classes": 3}'])
def test_a_file_whose_record_makes_no_sense_is_refused(tmp_path: Path, said: str) -> None:
    path = tmp_path / "forged.safetensors"
    save_file({"head.weight": torch.zeros(3, 64), "head.bias": torch.zeros(3)}, path, {KEY: said})
    with pytest.raises(ModelError, match="it is a taught network, and"):
        opened(path)


# Features are kept


def count_pictures(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    asked: list[str] = []
    read = gathering.picture_of
    monkeypatch.setattr(gathering, "picture_of", lambda path, network: (asked.append(path), read(path, network))[1])
    return asked


def test_pictures_that_are_known_are_not_asked_about_again(lesson: Lesson, monkeypatch: pytest.MonkeyPatch) -> None:
    first = taught(lesson)
    asked = count_pictures(monkeypatch)
    second = taught(lesson)
    assert asked == []
    assert (first.cached, second.cached) == (0, 24)
    assert first.weights == second.weights


def test_a_picture_that_was_changed_is_asked_about_again(lesson: Lesson, monkeypatch: pytest.MonkeyPatch) -> None:
    taught(lesson)
    asked = count_pictures(monkeypatch)
    Image.new("RGB", (28, 28), "white").save(lesson.paths[3])
    taught(lesson)
    assert asked == [lesson.paths[3]]


def test_another_network_does_not_get_the_features_of_the_first(
    lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    taught(lesson)
    asked = count_pictures(monkeypatch)
    taught(replace(lesson, network="linear"))
    assert len(asked) == 24


def test_what_is_known_of_other_pictures_stays_known(lesson: Lesson, monkeypatch: pytest.MonkeyPatch) -> None:
    taught(replace(lesson, classes=lesson.classes[:2]))
    taught(replace(lesson, classes=lesson.classes[1:]))
    asked = count_pictures(monkeypatch)
    taught(lesson)
    assert asked == []


def test_a_damaged_cache_is_computed_anew(lesson: Lesson) -> None:
    wanted = taught(lesson).weights
    [file] = cache.folder().iterdir()
    file.write_bytes(file.read_bytes()[:100])
    assert taught(lesson).weights == wanted


def test_the_cache_stays_bounded(lesson: Lesson, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MOST_BYTES", 1)
    taught(lesson)
    [first] = cache.folder().iterdir()
    taught(replace(lesson, network="linear"))
    [second] = cache.folder().iterdir()
    assert first != second


def test_what_is_kept_can_be_counted_and_deleted(lesson: Lesson) -> None:
    assert cache.kept_bytes() == 0
    taught(lesson)
    assert cache.kept_bytes() == sum(each.stat().st_size for each in cache.folder().iterdir()) > 0
    cache.clear()
    assert cache.kept_bytes() == 0
    assert taught(lesson).cached == 0


def test_features_lie_in_one_table_so_that_memory_stays_flat(lesson: Lesson) -> None:
    network = transformer(load_model(lesson.network, "cpu"))
    made = [known for _, known in gathering._computed(lesson.paths, network) if known is not None]
    assert len(made) == 24
    table = made[0].features.base
    assert table is not None
    assert all(each.features.base is table for each in made)
    assert table.shape == (24, 64)


# How far it has come


@pytest.mark.parametrize("choices", [{"epochs": 1}, {"pixels": True}])
def test_the_progress_only_grows_and_counts_the_pictures(lesson: Lesson, choices: dict[str, Any]) -> None:
    told = [each for each in teach(replace(lesson, **choices), []) if each.total]
    shares = [each.done / each.total for each in told if each.total]
    assert shares == sorted(shares)
    assert (shares[-1], told[-1].detail) == (1, "done")
    assert any("24 of 24" in each.detail for each in told)


# Stopped in the middle


@pytest.mark.parametrize("after", [3, 10, 30, 40])
def test_a_cancelled_lesson_leaves_no_network_and_no_half_written_file(lesson: Lesson, after: int) -> None:
    marks = teach(lesson, [])
    for _ in range(after):
        assert isinstance(next(marks), Progress)
    marks.close()
    assert not own.own_networks()
    assert not own.folder().exists()
    assert [each.suffix for each in cache.folder().glob("*")] in ([], [".safetensors"])
    assert taught(lesson).accuracy > 0.9


# The last layers fitted as well


def test_the_last_layers_can_be_fitted_too_and_the_file_holds_them(lesson: Lesson) -> None:
    outcome = taught(replace(lesson, epochs=2))
    assert outcome.confusion.sum() == 5
    assert "Its last layers were fitted, too, on 19 pictures" in outcome.note
    name = keep(outcome)
    base = load_model("cnn-32-32", "cpu").module.get_submodule("network")
    model = load_model(name, "cpu").module.get_submodule("network.features")
    assert torch.equal(model.conv1.weight, base.conv1.weight)
    assert not torch.equal(model.fc1.weight, base.fc1.weight)
    assert find_network(name).note.startswith("A logistic regression above the features")
    assert taught(replace(lesson, epochs=2)).weights == outcome.weights
