"""A request as a script prints what the window shows."""

from __future__ import annotations

import subprocess
import sys

import pytest

from engine.catalogue.attacks import BIM, FGSM, PGD, Attack, Norm
from engine.frame import Stage
from engine.job import Job
from engine.request import Placement, Request
from engine.script import as_python
from engine.wording import say_percent


@pytest.mark.parametrize(
    "request_",
    [
        Request(),
        Request(attack=PGD(steps=3), norm=Norm.L2, epsilon=1.0, seed=4, placement=Placement.FIT),
        Request(attack=BIM(steps=2), target=5, image="sample:coffee"),
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


@pytest.mark.parametrize("attack", [FGSM(), PGD(steps=7, step_size=0.5, random_start=False)])
def test_a_path_with_quotes_and_umlauts_is_still_one_string(attack: Attack) -> None:
    script = as_python(Request(image="/tmp 'x'/ä \"b\".png", attack=attack))
    compile(script, "script", "exec")
