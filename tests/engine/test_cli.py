"""The command line without a window."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

import engine.batch
from engine.catalogue.attacks import ATTACKS
from engine.catalogue.samples import sample_path
from engine.cli.choices import UsageError, read_class
from engine.errors import ExplainedError
from engine.models.classifier import Classifier
from gui.__main__ import main


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


CAT = str(sample_path("chelsea"))  # a tiger cat, says the network


def test_predict_prints_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", CAT, "sample:coffee", "--json"]) == 0
    cat, coffee = lines(capsys)
    assert cat["file"] == CAT
    assert isinstance(cat["before"], list)
    assert len(cat["before"]) == 5
    assert cat["before"][0][0] == "tiger cat"
    assert coffee["before"][0][0] == "espresso"  # type: ignore[index]


def test_attack_says_what_became_of_every_picture(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    arguments = ["attack", CAT, "--attack", "fgsm", "--epsilon", "2/255", "--out", str(tmp_path / "out"), "--json"]
    assert main(arguments) == 0
    [line] = lines(capsys)
    assert set(line) == {
        "file", "before", "after", "verdict", "linf", "l2", "seconds", "saved", "saved_verdict",
    }  # fmt: skip
    assert line["verdict"] == line["saved_verdict"] == "fooled"
    assert line["linf"] == pytest.approx(2 / 255, abs=1e-6)
    with Image.open(str(line["saved"])) as saved:
        assert saved.size == (224, 224)


def test_a_bad_file_has_its_own_line_and_the_others_still_run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "bad.png").write_text("this is no picture")
    assert main(["predict", str(tmp_path / "bad.png"), CAT, str(tmp_path / "missing.png"), "--json"]) == 1
    bad, cat, missing = lines(capsys)
    assert "error" in bad
    assert "before" in cat
    assert "error" in missing


def test_pictures_of_one_name_get_files_of_their_own(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for folder in "ab":
        (tmp_path / folder).mkdir()
        Image.new("RGB", (30, 30), "red").save(tmp_path / folder / "x.png")
    names = [str(tmp_path / folder / "x.png") for folder in "ab"]
    main(["attack", *names, "--out", str(tmp_path / "out"), "--json"])
    assert len({line["saved"] for line in lines(capsys)}) == 2


def test_a_target_is_named_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["attack", CAT, "--attack", "pgd", "--epsilon", "8/255", "--target", "Persian Cat", "--json"]
    assert main(arguments) == 0
    [line] = lines(capsys)
    assert line["verdict"] == "hit the target"
    assert line["after"][0][0] == "Persian cat"  # type: ignore[index]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["attack", CAT, "--epsilon", "much"], "ε"),
        (["attack", CAT, "--attack", "noise", "--target", "tabby"], "aimed"),
        (["attack", CAT, "--target", "tabbie"], "tabby"),
        (["attack", CAT, "--attack", "pgd", "--option", "steps=many"], "steps"),
        (["attack", CAT, "--attack", "pgd", "--option", "steps=0"], "steps"),
        (["predict", CAT, "--model", "resnet-5000"], "resnet"),
    ],
)
def test_a_command_that_makes_no_sense_says_why(
    arguments: list[str], word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert word in capsys.readouterr().err


def test_attacks_and_models_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "attacks", "--json"]) == 0
    names = [line["name"] for line in lines(capsys)]
    assert names == list(ATTACKS)
    assert names[0] == "noise"
    assert "pgd" in names
    assert main(["list", "models", "--json"]) == 0
    models = lines(capsys)
    assert models[0]["name"] == "efficientnet-lite0"
    assert models[0]["on_disk"]
    assert "resnet50" in [line["name"] for line in models]


def test_a_picture_among_many_gets_the_answer_it_gets_alone(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    colours = np.random.default_rng(0).integers(0, 255, (11, 40, 40, 3), np.uint8)
    names = [str(tmp_path / f"{index}.png") for index in range(11)]
    for name, pixels in zip(names, colours, strict=True):
        Image.fromarray(pixels).save(name)
    main(["predict", *names, "--json"])
    together = lines(capsys)
    main(["predict", names[9], "--json"])
    [alone] = lines(capsys)
    assert together[9]["before"][0][0] == alone["before"][0][0]  # type: ignore[index]
    assert together[9]["before"][0][1] == pytest.approx(alone["before"][0][1], abs=1e-5)  # type: ignore[index]


def test_listing_needs_neither_torch_nor_qt() -> None:
    code = (
        "import sys; from gui.__main__ import main; main(['list', 'models']);"
        "assert not {'torch', 'PySide6.QtWidgets'} & set(sys.modules), sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_a_picture_is_never_written_over_by_its_perturbed_self(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "x.png"
    Image.new("RGB", (30, 30), "red").save(path)
    before = path.read_bytes()
    main(["attack", str(path), "--out", str(tmp_path), "--json"])
    assert path.read_bytes() == before
    assert lines(capsys)[0]["saved"] == str(tmp_path / "x-2.png")


def test_a_full_disk_is_told_on_the_line_of_its_picture(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, target: Path) -> Path:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert main(["attack", CAT, "--out", str(tmp_path), "--json"]) == 1
    [line] = lines(capsys)
    assert "no space" in str(line["error"])
    assert line["verdict"] == "fooled"
    assert not list(tmp_path.iterdir())


def test_a_reader_that_stops_reading_ends_the_command_without_a_complaint() -> None:
    command = [sys.executable, "-m", "gui", "list", "models", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 141


def test_an_interrupted_command_ends_without_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(text: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("engine.cli._say", interrupt)
    assert main(["list", "attacks"]) == 130


@pytest.mark.parametrize("seed", ["-1", "99999999999999999999", "two"])
def test_a_seed_that_is_none_is_refused(seed: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["attack", CAT, "--seed", seed])
    assert "whole number" in capsys.readouterr().err


def test_a_class_is_told_apart_by_its_number_where_its_name_is_not_enough() -> None:
    classes = ("crane", "tiger cat", "crane", "Persian cat")
    assert read_class("2", classes) == 2
    with pytest.raises(UsageError, match="0 or 2"):
        read_class("crane", classes)
    with pytest.raises(UsageError, match="tiger cat or Persian cat"):
        read_class("cat", classes)


def test_one_picture_that_cannot_be_attacked_does_not_spoil_its_batch(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = engine.batch.attack

    def picky(model: Classifier, x: Tensor, *arguments: Any, **more: Any) -> engine.batch.Outcome:
        if bool((x[:, :, 0, 0].sum(1) == 0).any()):
            raise ExplainedError("The attack failed", "it is black", "Take another.")
        return real(model, x, *arguments, **more)

    monkeypatch.setattr(engine.batch, "attack", picky)
    monkeypatch.setattr(engine.batch, "load_image", lambda name, _, **__: torch.full((1, 3, 224, 224), float(name)))
    assert main(["attack", "0.5", "0.0", "0.25", "--json"]) == 1
    grey, black, dark = lines(capsys)
    assert "black" in str(black["error"])
    assert "verdict" in grey
    assert "verdict" in dark
