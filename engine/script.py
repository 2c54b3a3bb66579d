"""A request as a script that runs by itself and prints the same prediction."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from engine.catalogue.samples import SAMPLE_PREFIX
from engine.request import Request
from engine.wording import say_epsilon

_TEMPLATE = '''\
"""{title}. Run it with the Python that Foolscope is installed in."""

from engine import attack, load_image, load_model, make_attack

model = load_model({model!r}, {device!r})
image = load_image({image!r}, model, {placement!r})
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
    iterate={iterate!r},
)
print(outcome.describe())
'''


def as_python(request: Request) -> str:
    """The script."""
    options = asdict(request.attack)
    image = request.image
    if not image.startswith(SAMPLE_PREFIX):
        image = str(Path(image).absolute())
    return _TEMPLATE.format(
        title=f"{request.model} under {request.attack.name}",
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
