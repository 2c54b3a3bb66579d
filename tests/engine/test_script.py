"""A request as a script prints what the window shows."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.catalogue.attacks import ATTACKS, BIM, FGSM, PGD, Attack, Norm, Weights, make_attack
from engine.catalogue.moves import Moves
from engine.catalogue.samples import sample_path
from engine.experiment import to_image
from engine.frame import Stage
from engine.job import Job
from engine.request import Placement, Request
from engine.script import as_python
from engine.wording import say_percent

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def job() -> Job:
    return Job()


@pytest.mark.parametrize(
    "request_",
    [
        Request(),
        Request(attack=PGD(steps=3), norm=Norm.L2, epsilon=1.0, seed=4, placement=Placement.FIT),
        Request(
            attack=BIM(steps=2),
            target=5,
            image="sample:coffee",
            moves=Moves(right=-8, turn=15, scale=1.2, noise=0.02, flip=True, seed=3),
        ),
    ],
)
def test_the_script_runs_and_prints_the_same_prediction(request_: Request) -> None:
    frames = Job().run(request_)
    frame = next(each for each in frames if each.stage >= Stage.ATTACKED)
    assert frame.attacked is not None
    assert frame.network is not None
    script = as_python(request_)
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    after = frame.attacked.prediction
    assert frame.network.classes[after.label] in done.stdout
    assert say_percent(after.probabilities[after.label]) in done.stdout
    assert str(frame.attacked.verdict) in done.stdout


@pytest.mark.parametrize("kind", [kind for kind in ATTACKS.values() if kind is not Weights])  # it refuses the network
def test_the_script_of_every_attack_finds_the_very_picture_of_the_window(job: Job, kind: type[Attack]) -> None:
    few = {"steps": 3, "samples": 4, "population": 5, "queries": 3, "targets": 2, "angles": 3, "shifts": 1}
    options = {each.name: few[each.name] for each in fields(kind) if each.name in few}
    iterate = None if kind.scales else 1
    epsilon = 3 / 255 if Norm.LINF in kind.norms else 1.0
    attack = make_attack(kind.name, options)
    request = Request(attack=attack, norm=kind.norms[0], epsilon=epsilon, seed=2, iterate=iterate)
    frames = job.run(request)
    frame = next(each for each in frames if each.stage >= Stage.ATTACKED)
    frames.close()
    names: dict[str, Any] = {}
    exec(as_python(request), names)
    assert frame.attacked is not None
    found = names["outcome"]
    assert np.array_equal(to_image(found.adversarial[0]), frame.attacked.image)
    assert np.array_equal(found.after[0].probabilities, frame.attacked.prediction.probabilities)


def test_the_five_lines_of_the_readme_run_as_they_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    [code] = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    shutil.copy(sample_path("chelsea"), tmp_path / "cat.png")
    monkeypatch.chdir(tmp_path)
    exec(code, {})
    assert re.match(r"tiger cat 39 % → .* %: fooled, ‖δ‖∞ = 2.0/255", capsys.readouterr().out)


@pytest.mark.parametrize("attack", [FGSM(), PGD(steps=7, step_size=0.5, random_start=False)])
def test_a_path_with_quotes_and_umlauts_is_still_one_string(attack: Attack) -> None:
    script = as_python(Request(image="/tmp 'x'/ä \"b\".png", attack=attack))
    compile(script, "script", "exec")
