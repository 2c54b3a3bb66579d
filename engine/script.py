"""A request as a script that runs by itself and prints the same prediction."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from engine.catalogue.models import known_network
from engine.catalogue.rules import Rules
from engine.catalogue.samples import SAMPLE_PREFIX
from engine.images.drawn import DRAWN_PREFIX
from engine.request import Request
from engine.wording import say_epsilon

_TEMPLATE = '''\
"""{title}. Run it with the Python that Foolscope is installed in."""

from engine import {names}

model = load_model({model!r}, {device!r})
{together}image = load_image({image!r}, model, {placement!r}{moves})
how = make_attack({attack!r}, {options!r})
outcome = attack(
    model,
    image,
    how,
    epsilon={epsilon!r},{say_epsilon}
    norm={norm!r},
    target={target!r},
    away_from={away_from!r},
    seed={seed!r},
    iterate={iterate!r},{rules}{mask}{joined}
)
print(outcome.describe())
'''


def as_python(request: Request) -> str:
    """The script."""
    options = asdict(request.attack)
    image = request.image
    if not image.startswith((SAMPLE_PREFIX, DRAWN_PREFIX)):
        image = str(Path(image).absolute())
    rules = _changes(request.rules)
    together = _together(request)
    moves = ", ".join(f"{name}={value!r}" for name, value in request.moves.changed.items())
    return _TEMPLATE.format(
        names=", ".join(_names(bool(moves), bool(rules))),
        rules=rules and f"\n    rules=Rules({rules}),",
        mask=request.mask and f"\n    mask={request.mask!r},",
        together=together,
        joined=together and f"\n    together=together,\n    joining={request.joining.value!r},",
        moves=f", Moves({moves})" if moves else "",
        title=f"{_network(request.model)} under {request.attack.name}",
        model=request.model,
        device=request.device,
        image=image,
        placement=request.placement.value,
        attack=request.attack.name,
        options=options,
        epsilon=request.epsilon,
        say_epsilon=f"  # {say_epsilon(request.epsilon, request.norm)}",
        norm=request.norm.value,
        target=request.target,
        away_from=request.away_from,
        seed=request.seed,
        iterate=None if request.attack.scales else request.iterate,
    )


def _network(name: str) -> str:
    """A network's name, which says so where it is untrained; its title is the user's, and no text for a program."""
    card = known_network(name)
    return name if card is None or card.is_trained else f"{name} (untrained)"


def _together(request: Request) -> str:
    """The line that loads what the attack is crafted on too, or nothing."""
    names = [each for each in request.together if each != request.model]
    return f"together = [load_model(each, {request.device!r}) for each in {names!r}]\n" if names else ""


def _names(has_moves: bool, has_rules: bool) -> list[str]:
    """What the script imports."""
    return [*["Moves"] * has_moves, *["Rules"] * has_rules, "attack", "load_image", "load_model", "make_attack"]


def _changes(rules: Rules) -> str:
    """What is not as it comes, as arguments."""
    usual = asdict(Rules())
    return ", ".join(f"{name}={value!r}" for name, value in asdict(rules).items() if value != usual[name])
