"""Other networks on the command line: crafted on, and shown what comes out."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from engine import attack, load_image, load_model, transfer
from engine.frame import Stage
from engine.job import Job
from engine.request import Request
from engine.script import as_python
from engine.wording import say_percent
from gui.__main__ import main

OTHER = "squeezenet1.1"
CAMERA = "sample:camera"


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_network_that_looks_tells_its_answer_to_the_clean_and_the_perturbed_picture(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["attack", CAMERA, "--also", OTHER, "--json"]) == 0
    [line] = lines(capsys)
    bench, other = load_model(), load_model(OTHER)
    outcome = attack(bench, load_image(CAMERA, bench), "fgsm", epsilon=2 / 255)
    [score] = transfer(outcome, bench, other)
    assert score.after is not None
    seen = line["others"][OTHER]
    assert seen["after"][0] == other.classes[score.after.label]
    assert seen["after"][1] == pytest.approx(float(score.after.probabilities.max()), abs=1e-5)
    assert seen["standing"] == score.standing
    assert seen["crafted_on"] is False


def test_an_attack_that_is_crafted_on_two_is_another_and_is_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    main(["attack", CAMERA, "--json"])
    [alone] = lines(capsys)
    assert main(["attack", CAMERA, "--with", OTHER, "--join", "probabilities"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("sample:camera: tripod")
    assert say_percent(alone["after"][0][1]) not in first
    assert second.startswith(f"    {OTHER}: ")
    assert second.endswith("crafted on it too")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--also", "no such network"], "none called"),
        (["--with", "frog-or-ship"], "other classes"),
        (["--also", "lenet-5"], "grey pictures"),
        (["--with", "efficientnet-lite0"], "efficientnet-lite0 already"),
    ],
)
def test_networks_that_do_not_go_together_are_refused(
    capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main(["attack", CAMERA, *arguments]) == 2
    assert said in capsys.readouterr().err


def test_the_script_of_a_request_is_crafted_on_the_same_networks() -> None:
    request = Request(together=(OTHER,), epsilon=1 / 255)
    frame = next(each for each in Job().run(request) if each.stage >= Stage.ATTACKED)
    assert frame.attacked is not None
    assert frame.network is not None
    done = subprocess.run([sys.executable, "-c", as_python(request)], check=True, capture_output=True, text=True)
    after = frame.attacked.prediction
    assert frame.network.classes[after.label] in done.stdout
    assert say_percent(after.probabilities[after.label]) in done.stdout
    alone = next(each for each in Job().run(request.with_(together=())) if each.stage >= Stage.ATTACKED).attacked
    assert alone is not None
    assert not np.array_equal(alone.image, frame.attacked.image)
