"""The command line without a window: predict, attack and list, one JSON object a line."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import fields
from difflib import get_close_matches
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.catalogue.attacks import ATTACKS, Attack, Norm, bounds, make_attack
from engine.catalogue.models import NETWORKS, is_at_hand
from engine.catalogue.samples import SAMPLE_PREFIX
from engine.errors import ExplainedError
from engine.wording import read_epsilon, say_epsilon, say_percent

if TYPE_CHECKING:
    from torch import Tensor

    from engine.batch import Outcome
    from engine.frame import Prediction
    from engine.models.classifier import Classifier

COMMANDS = ("predict", "attack", "list")
TOP = 5
BATCH = 8
"""Pictures a batch: 224×224 pictures gain nothing from more on a processor."""

Line = dict[str, Any]


def main(arguments: Sequence[str]) -> int:
    """Runs one command; the exit status is 1 if any file failed, 2 if the command makes no sense."""
    chosen = _parser().parse_args(arguments)
    status = 0
    try:
        for line in chosen.run(chosen):
            status |= "error" in line
            _say(json.dumps(line, ensure_ascii=False) if chosen.json else chosen.text(line))
    except _UsageError as error:
        sys.stderr.write(f"foolscope: {error}\n")
        return 2
    return status


class _UsageError(ValueError):
    """The command cannot be run at all."""


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="foolscope", description="See what a small change of an image does.")
    commands = parser.add_subparsers(required=True)
    predict = commands.add_parser("predict", help="what a network sees in some pictures")
    predict.set_defaults(run=_predict, text=_text_of_prediction)
    attack = commands.add_parser("attack", help="what an attack makes a network see")
    attack.set_defaults(run=_attack, text=_text_of_attack)
    for each in (predict, attack):
        each.add_argument("images", nargs="+", metavar="IMAGE")
        each.add_argument("--model", default="efficientnet-lite0", metavar="NAME")
        each.add_argument("--device", default="auto", choices=("auto", "cuda", "mps", "cpu"))
    attack.add_argument("--attack", default="fgsm", choices=ATTACKS)
    attack.add_argument("--epsilon", default="2/255", help="8/255, 0.031 or 8 in L∞; pixel units in L2")
    attack.add_argument("--norm", default=Norm.LINF.value, choices=[each.value for each in Norm])
    attack.add_argument("--target", metavar="CLASS", help="name or number of the class that is wanted")
    attack.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="of the attack; repeat")
    attack.add_argument("--seed", type=int, default=0)
    attack.add_argument("--out", type=Path, metavar="FOLDER", help="save the pictures there and check the files")
    listing = commands.add_parser("list", help="what can be chosen")
    listing.set_defaults(run=_list, text=_text_of_list)
    listing.add_argument("what", choices=("models", "attacks"))
    for each in (predict, attack, listing):
        each.add_argument("--json", action="store_true", help="one JSON object a line")
    return parser


def _model(chosen: argparse.Namespace) -> Classifier:
    from engine.device import set_threads, tune_process

    tune_process()
    set_threads(window=False)
    from engine.models import load_model

    try:
        return load_model(chosen.model, chosen.device)
    except ExplainedError as error:
        raise _UsageError(str(error)) from error


def _batches(model: Classifier, images: Sequence[str]) -> Iterator[list[tuple[str, Tensor | Exception]]]:
    """Decoded pictures, in batches; a file that cannot be read stands as its error."""
    from engine.batch import ahead, in_batches, load_image

    def load(image: str) -> tuple[str, Tensor | Exception]:
        try:
            return image, load_image(image, model)
        except ExplainedError as error:
            return image, error

    return in_batches(ahead(load, images, 2 * BATCH), BATCH)


def _predict(chosen: argparse.Namespace) -> Iterator[Line]:
    import torch

    from engine.batch import predict

    model = _model(chosen)
    for batch in _batches(model, chosen.images):
        good = [x for _, x in batch if not isinstance(x, Exception)]
        answers = iter(predict(model, torch.cat(good)) if good else ())
        for name, x in batch:
            yield _error(name, x) if isinstance(x, Exception) else _answer(name, model, next(answers))


def _attack(chosen: argparse.Namespace) -> Iterator[Line]:
    import torch

    from engine.batch import attack

    how = _how(chosen)
    norm = Norm(chosen.norm)
    epsilon = _epsilon(chosen.epsilon, norm)
    if norm not in how.norms:
        raise _UsageError(f"{how.name} does not work in {norm}")
    if chosen.target is not None and not how.targetable:
        raise _UsageError(f"{how.name} cannot be aimed at a class")
    model = _model(chosen)
    target = None if chosen.target is None else _class(chosen.target, model.classes)
    out = _Out(chosen.out) if chosen.out else None
    for batch in _batches(model, chosen.images):
        good = [x for _, x in batch if not isinstance(x, Exception)]
        began = time.perf_counter()
        outcome = (
            attack(model, torch.cat(good), how, epsilon=epsilon, norm=norm, target=target, seed=chosen.seed)
            if good
            else None
        )
        seconds = (time.perf_counter() - began) / max(1, len(good))
        index = 0
        for name, x in batch:
            if isinstance(x, Exception) or outcome is None:
                yield _error(name, x)
                continue
            line = _outcome(name, model, outcome, index) | {"seconds": seconds}
            yield line if out is None else line | out.save(name, model, outcome, index, target)
            index += 1


def _error(name: str, error: object) -> Line:
    return {"file": name, "error": str(error)}


def _answer(name: str, model: Classifier, before: Prediction) -> Line:
    return {"file": name, "before": _top(model, before)}


def _outcome(name: str, model: Classifier, outcome: Outcome, index: int) -> Line:
    return {
        "file": name,
        "before": _top(model, outcome.before[index]),
        "after": _top(model, outcome.after[index]),
        "verdict": outcome.verdicts[index].value,
        "linf": outcome.linf[index],
        "l2": outcome.l2[index],
    }


def _top(model: Classifier, prediction: Prediction) -> list[tuple[str, float]]:
    return [(model.classes[each], float(prediction.probabilities[each])) for each in prediction.top(TOP)]


class _Out:
    """The folder for the perturbed pictures; two pictures of one name get two files."""

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _UsageError(f"the folder {folder} cannot be used: {error.strerror}") from error
        self._folder = folder
        self._taken: set[str] = set()

    def save(self, name: str, model: Classifier, outcome: Outcome, index: int, target: int | None) -> Line:
        """Saves one picture and says what the file does."""
        from engine.experiment import to_image
        from engine.saving import save_and_check

        before = outcome.before[index].label
        try:
            saved = save_and_check(
                model, to_image(outcome.adversarial[index]), self._path(name), before=before, left=None, target=target
            )
        except ExplainedError as error:
            return {"error": str(error)}
        return {"saved": str(saved.path), "saved_verdict": saved.verdict.value}

    def _path(self, name: str) -> Path:
        stem = Path(name.removeprefix(SAMPLE_PREFIX)).stem
        names = (stem if number == 1 else f"{stem}-{number}" for number in count(1))
        found = next(each for each in names if each not in self._taken)
        self._taken.add(found)
        return self._folder / f"{found}.png"


def _how(chosen: argparse.Namespace) -> Attack:
    """The attack with the options given as NAME=VALUE."""
    options: dict[str, object] = {}
    for each in chosen.option:
        name, _, value = each.partition("=")
        try:
            options[name] = json.loads(value)
        except json.JSONDecodeError as error:
            raise _UsageError(f"--option {each}: write NAME=VALUE with a number, true or false") from error
    try:
        return make_attack(chosen.attack, options)
    except ValueError as error:
        raise _UsageError(str(error)) from error


def _epsilon(text: str, norm: Norm) -> float:
    try:
        return read_epsilon(text, norm)
    except ValueError as error:
        raise _UsageError(str(error)) from error


def _class(wanted: str, classes: tuple[str, ...]) -> int:
    """The number of a class given by number or by name, in any case."""
    if wanted.isdecimal() and int(wanted) < len(classes):
        return int(wanted)
    for index, name in enumerate(classes):
        if name.casefold() == wanted.casefold():
            return index
    near = get_close_matches(wanted, classes, 3, 0.5)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    raise _UsageError(f"this network knows no class “{wanted}”{hint}")


def _list(chosen: argparse.Namespace) -> Iterator[Line]:
    if chosen.what == "models":
        for card in NETWORKS.values():
            yield {
                "name": card.name,
                "title": card.title,
                "parameters": card.parameters,
                "size": list(card.size),
                "data": card.data,
                "megabytes": card.megabytes,
                "on_disk": is_at_hand(card),
            }
        return
    for kind in ATTACKS.values():
        yield {
            "name": kind.name,
            "title": kind.title,
            "summary": kind.summary,
            "norms": [each.value for each in kind.norms],
            "targetable": kind.targetable,
            "options": {
                each.name: {"default": each.default, "low": bounds(each).low, "high": bounds(each).high}
                for each in fields(kind)
            },
            "paper": kind.paper,
        }


def _text_of_prediction(line: Line) -> str:
    if "error" in line:
        return f"{line['file']}: {line['error']}"
    return f"{line['file']}: " + ", ".join(f"{name} {say_percent(share)}" for name, share in line["before"])


def _text_of_attack(line: Line) -> str:
    if "verdict" not in line:
        return f"{line['file']}: {line['error']}"
    (before, share), (after, other) = line["before"][0], line["after"][0]
    said = (
        f"{line['file']}: {before} {say_percent(share)} → {after} {say_percent(other)}: {line['verdict']}, "
        f"‖δ‖∞ = {say_epsilon(line['linf'], Norm.LINF)}, ‖δ‖₂ = {say_epsilon(line['l2'], Norm.L2)}"
    )
    if "saved" in line:
        said += f"; saved as {line['saved']}, which {line['saved_verdict']}"
    return said + (f"; {line['error']}" if "error" in line else "")


def _text_of_list(line: Line) -> str:
    on_disk = {True: "on this machine", False: f"{line.get('megabytes', 0):.0f} MB to download"}
    end = line["summary"] if "summary" in line else on_disk[line["on_disk"]]
    return f"{line['name']:<24} {line['title']} – {end}"
