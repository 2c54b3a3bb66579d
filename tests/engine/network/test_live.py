"""The values of layers while ε is dragged: those of the network itself, and the same answer as ever."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
import torch
import torchvision
from torch import Tensor, nn

from engine.images import Recipe
from engine.models import load_model, script
from engine.models.classifier import Classifier
from engine.models.sparing import PATIENCE
from engine.network import capturing
from engine.network.live import Live
from engine.network.recording import RecordingError, capture, record
from engine.network.replay import Replay
from engine.network.shortcut import MOST_CALLS, TOLERANCE
from engine.network.watched import Watched

from .subjects import Residual, seeded, subject_of
from .zoo import ZOO, classifier_of

SIDE = 64


@pytest.fixture(autouse=True)
def a_fresh_count_of_traces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only so many networks a process are traced, and tests should not take each other's turn."""
    monkeypatch.setattr(script, "_traced", count(1))


@pytest.fixture
def traces(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each network that was to be traced could be."""
    made: list[bool] = []

    def note(network: nn.Module, x: Tensor, **options: bool) -> Any:
        found = script.scripted(network, x, **options)
        made.append(found is not None)
        return found

    monkeypatch.setattr(capturing, "scripted", note)
    return made


def classifier(network: nn.Module, side: int = SIDE) -> Classifier:
    """A network for colour pictures, with batch norms that do something."""
    chance = torch.Generator().manual_seed(1)
    for each in network.modules():
        if isinstance(each, nn.BatchNorm2d):
            each.running_mean = torch.randn(each.num_features, generator=chance) / 4
            each.running_var = torch.rand(each.num_features, generator=chance) + 0.5
    with torch.no_grad():
        classes = network.eval()(torch.zeros(1, 3, side, side)).shape[1]
    return Classifier(
        network,
        name="some",
        title="Some network",
        classes=[str(each) for each in range(classes)],
        recipe=Recipe(resize=side, size=(side, side)),
        mean=(0.5, 0.4, 0.3),
        std=(0.2, 0.3, 0.25),
    )


def picture(seed: int, model: Classifier) -> Tensor:
    chance = torch.Generator().manual_seed(seed)
    return torch.rand(1, model.recipe.channels, *model.size, generator=chance)


def groups(names: list[str], size: int) -> Iterator[list[str]]:
    return (names[start : start + size] for start in range(0, len(names), size))


def vision_transformer() -> nn.Module:
    return torchvision.models.VisionTransformer(SIDE, 16, num_layers=3, num_heads=2, hidden_dim=32, mlp_dim=64)


NETWORKS: dict[str, Callable[[], Classifier]] = {
    "resnet18": lambda: classifier(torchvision.models.resnet18()),
    "squeezenet": lambda: classifier(torchvision.models.squeezenet1_1()),
    "densenet121": lambda: classifier(torchvision.models.densenet121()),
    "efficientnet-lite0": lambda: load_model("efficientnet-lite0", "cpu"),
    "vit": lambda: classifier(vision_transformer()),
}


def assert_same(found: Tensor, wanted: Tensor, name: str) -> None:
    """To the tolerance that is promised, as a share of the largest."""
    assert found.shape == wanted.shape, name
    finite = wanted.nan_to_num(0, 0, 0).abs().max()
    assert torch.allclose(found, wanted, rtol=0, atol=float(TOLERANCE * finite), equal_nan=True), name


@pytest.mark.parametrize("name", NETWORKS)
def test_every_node_has_the_value_of_the_original_and_the_answer_stays_bit_for_bit(name: str) -> None:
    torch.manual_seed(0)
    model = NETWORKS[name]()
    watched = Watched(model)
    live = Live(watched)
    assert watched.recording is not None
    names = list(watched.recording.names.values())
    for seed, some in enumerate(groups(names, MOST_CALLS // 3)):
        x = picture(seed, model)
        assert torch.equal(live.ask(x, some), model.logits(x))
        _, wanted = capture(model.module, watched.recording, x, some)
        found = live.values(x, some)
        for each in some:
            assert_same(found[each], wanted[each], each)


@pytest.mark.parametrize("name", ["resnet18", "squeezenet", "densenet121", "efficientnet-lite0"])
def test_a_layer_costs_one_call_into_compiled_code_after_a_few_pictures(name: str, traces: list[bool]) -> None:
    torch.manual_seed(0)
    model = NETWORKS[name]()
    watched = Watched(model)
    live = Live(watched)
    assert watched.recording is not None
    layer = list(watched.recording.names.values())[7]
    for seed in range(PATIENCE + 2):
        x = picture(seed, model)
        assert watched.quick_values(x, [layer]) is not None
        live.ask(x, [layer])
        assert_same(live.values(x, [layer])[layer], watched.values(x, [layer])[1][layer], layer)
    assert traces == [True]


@pytest.mark.filterwarnings("ignore:.*deprecated:FutureWarning", "ignore:.*padding='same':UserWarning")
@pytest.mark.parametrize("name", [each for each in ZOO if each not in {"random", "a thousand nodes"}])
def test_whatever_a_network_does_its_values_and_its_answer_are_its_own(name: str) -> None:
    model = classifier_of(name)
    watched = Watched(model)
    live = Live(watched)
    x = picture(3, model)
    kind = next((each.dtype for each in model.module.parameters()), x.dtype)
    if watched.recording is None:
        assert torch.equal(live.ask(x.to(kind), []), model.logits(x.to(kind)))
        with pytest.raises(RecordingError):
            live.values(x, ["net"])
        return
    names = list(watched.recording.names.values())
    try:
        _, wanted = capture(model.module, watched.recording, x.to(kind))
    except RecordingError:
        wanted = {}
    for some in groups(names, 3):
        assert torch.equal(live.ask(x.to(kind), some), model.logits(x.to(kind)))
        if wanted:
            found = live.values(x.to(kind), some)
            for each in some:
                assert_same(found[each].float(), wanted[each].float(), each)


def test_a_network_that_does_something_else_every_time_is_still_asked() -> None:
    model = classifier_of("random")
    watched = Watched(model)
    live = Live(watched)
    x = picture(0, model)
    assert live.ask(x, ["network.head"]).isfinite().all()
    assert watched.quick_values(x, ["head"]) is None


def test_a_network_that_goes_another_way_answers_although_its_layers_cannot_be_watched() -> None:
    model = classifier_of("data-dependent way")
    watched = Watched(model)
    live = Live(watched)
    bright, dark = torch.ones(1, 3, *model.size), torch.zeros(1, 3, *model.size)
    told: list[str] = []
    for x in (bright, dark):
        assert torch.equal(live.ask(x, ["stem"]), model.logits(x))
        try:
            live.values(x, ["one"])
        except RecordingError as error:
            told.append(error.why)
    assert told == ["it does not take the same way with every picture"]


def small() -> Classifier:
    torch.manual_seed(0)
    layers = (nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return classifier(nn.Sequential(*layers, nn.Linear(4, 3)), 16)


def test_the_clean_picture_is_asked_once_while_the_attacked_one_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    model = small()
    watched = Watched(model)
    live = Live(watched)
    asked: list[Tensor] = []
    quick = watched.quick_values
    monkeypatch.setattr(watched, "quick_values", lambda x, names: asked.append(x) or quick(x, names))
    clean = picture(0, model)
    moved = [picture(seed, model) for seed in range(1, 6)]
    for each in moved:
        live.ask(each, ["1"])
        live.values(clean, ["1"])
        live.values(each, ["1"])
    assert [each is clean for each in asked].count(True) == 1
    assert len(asked) == len(moved) + 1


def test_a_moved_picture_is_the_same_and_answered_the_same_whoever_is_asked() -> None:
    subject = subject_of(seeded(Residual))
    experiment, question = subject.experiment, subject.question
    way = experiment.direction(question)
    plain = experiment.along(question, way, 0.1)
    watched = experiment.along(question, way, 0.1, lambda x: subject.live.ask(x, ["branch"]))
    assert torch.equal(plain.x, watched.x)
    assert torch.equal(plain.logits, watched.logits)
    assert torch.equal(plain.loss, watched.loss)
    _, wanted = subject.watched.values(watched.x, ["branch"])
    assert_same(subject.live.values(watched.x, ["branch"])["branch"], wanted["branch"], "branch")


def test_pictures_that_are_seen_no_more_are_let_go() -> None:
    model = small()
    live = Live(Watched(model))
    pictures = [picture(seed, model) for seed in range(6)]
    clean, *moved = pictures
    live.values(clean, ["0"])
    for each in moved:
        live.ask(each, ["0"])
    assert [each is clean for each, _ in live._seen] == [False, True]
    for each in pictures:
        live.values(each, ["0"])
    assert len(live._seen) == 3
    assert live._seen[0][0] is pictures[-1]


def test_another_layer_of_a_picture_already_seen_is_found_as_well() -> None:
    model = small()
    watched = Watched(model)
    live = Live(watched)
    x = picture(0, model)
    first = live.values(x, ["0"])["0"]
    both = live.values(x, ["0", "1"])
    assert both["0"] is first
    assert_same(both["1"], watched.values(x, ["1"])[1]["1"], "1")


def test_values_are_not_changed_by_what_comes_after_them() -> None:
    model = small()
    live = Live(Watched(model))
    x = picture(0, model)
    before = {name: value.clone() for name, value in live.values(x, ["0", "1", "2"]).items()}
    for seed in range(1, PATIENCE + 3):
        live.ask(picture(seed, model), ["0", "1", "2"])
    after = live.values(x, ["0", "1", "2"])
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert (before["1"] < 0).any(), "the rectifier behind it has not written over it"


@torch.no_grad()
def test_all_values_at_once_are_the_same_bit_for_bit_once_they_come_in_one_call(traces: list[bool]) -> None:
    model = classifier(torchvision.models.resnet18())
    watched = Watched(model)
    assert watched.recording is not None
    x = picture(0, model)
    before = watched.values(x)
    for seed in range(1, PATIENCE):
        watched.values(picture(seed, model))
    after = watched.values(x)
    assert traces == [True]
    assert torch.equal(before[0], after[0])
    assert set(before[1]) == set(after[1]) == set(watched.recording.names.values())
    assert all(torch.equal(before[1][name], after[1][name]) for name in before[1])
    _, wanted = capture(model.module, watched.recording, x)
    for name in wanted:
        assert_same(after[1][name], wanted[name], name)


def test_values_of_which_a_gradient_is_wanted_have_one(traces: list[bool]) -> None:
    model = small()
    watched = Watched(model)
    for seed in range(PATIENCE + 1):
        x = picture(seed, model).requires_grad_()
        _, values = watched.values(x)
        (gradient,) = torch.autograd.grad(values["0"].square().sum(), x)
        assert (gradient != 0).any()
    assert traces == []


def test_where_memory_runs_out_the_answer_comes_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    model = small()
    watched = Watched(model)
    live = Live(watched)

    def run_out(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB.")

    monkeypatch.setattr(watched, "quick_values", run_out)
    x = picture(0, model)
    assert torch.equal(live.ask(x, ["0"]), model.logits(x))


def test_another_error_is_not_taken_for_a_lack_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    model = small()
    watched = Watched(model)

    def fail(*_: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(watched, "quick_values", fail)
    with pytest.raises(RuntimeError, match="a defect"):
        Live(watched).ask(picture(0, model), ["0"])


def test_what_is_kept_is_made_anew_for_another_key() -> None:
    live = Live(Watched(small()))
    made: list[int] = []

    def make() -> int:
        made.append(len(made))
        return made[-1]

    assert [live.once("a", key, make) for key in (1, 1, 2, 2, 1)] == [0, 0, 1, 1, 2]


def test_single_calls_are_made_again_without_changing_what_they_take() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), nn.Conv2d(4, 2, 3)).eval()
    network.append(nn.AdaptiveAvgPool2d(1)).append(nn.Flatten())
    x = torch.randn(1, 3, 8, 8)
    recording = record(network, x)
    _, values = capture(network, recording, x)
    replay = Replay(recording, {"0"})
    given = values["0"].clone()
    assert replay.needs(["1", "2"]) == {"0"}
    assert len(replay.calls(["1", "2"])) == 2
    with torch.no_grad():
        found = replay.values(x, {"0": given}, ["0", "1", "2"])
    assert torch.equal(given, values["0"])
    assert all(torch.equal(found[name], values[name]) for name in found)
