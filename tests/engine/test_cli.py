"""The command line without a window."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.catalogue.attacks import ATTACKS
from engine.catalogue.samples import sample_path
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
