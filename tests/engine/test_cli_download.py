"""Weights come onto this machine by a command, too; and the list says what is trained."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.catalogue.models import NetworkCard, find_network, weights_path
from engine.cli import texts
from engine.models.errors import DownloadError
from engine.tasks import Progress
from gui.__main__ import main


@pytest.fixture(autouse=True)
def fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the networks that were fetched; all but VGG-16 arrive."""
    names: list[str] = []

    def arrive(card: NetworkCard) -> Iterator[Progress]:
        names.append(card.name)
        yield Progress(0, 2)
        if card.name == "vgg16":
            raise DownloadError(f"{card.title} could not be downloaded", "the connection was lost", "Try again.")
        weights_path(card).parent.mkdir(parents=True, exist_ok=True)
        weights_path(card).write_bytes(b"12")
        yield Progress(2, 2)

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("engine.models.download.download", arrive)
    return names


def test_a_network_is_downloaded_once_and_its_place_is_told(
    fetched: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert main(["download", "resnet18"]) == 0
        said = capsys.readouterr().out
        assert said == f"resnet18: ResNet-18 is on this machine (46.8 MB, {weights_path(find_network('resnet18'))})\n"
    assert fetched == ["resnet18"]


def test_one_that_cannot_be_had_says_why_and_the_others_still_come(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["download", "vgg16", "no-such-network", "resnet18", "lenet-5", "--json"]) == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0]["error"] == "VGG-16 could not be downloaded: the connection was lost. Try again."
    assert "there is none called 'no-such-network'" in lines[1]["error"]
    assert [line["title"] for line in lines[2:]] == ["ResNet-18", "LeNet-5 on digits"]
    assert "error" not in lines[2] | lines[3]


def test_the_list_says_what_is_here_what_is_to_be_downloaded_and_what_has_no_weights(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["list", "models", "--json"]) == 0
    listed = {line["name"]: line for line in map(json.loads, capsys.readouterr().out.splitlines())}
    ends = {name: texts.text_of_choice(listed[name]).partition(" – ")[2] for name in ("lenet-5", "resnet50", "zfnet")}
    assert ends["lenet-5"] == "on this machine"
    assert ends["resnet50"] == "102 MB to download"
    assert ends["zfnet"] == "no weights: its answers are chance"


def test_a_command_that_asks_an_untrained_network_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "--model", "untrained:lenet-5", "sample:mnist-0"]) == 0
    assert capsys.readouterr().err == "foolscope: This network is untrained: its answers are chance.\n"
