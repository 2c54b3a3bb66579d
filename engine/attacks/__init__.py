"""Attacks: small changes of a picture that change what a network answers.

An attack is *declared* in ``engine.catalogue.attacks`` (a frozen dataclass with its card and its options, free of
torch) and *computed* here by one function registered for that class. To add an attack, write both:

* one whose direction does not depend on ε (``scales = True``) registers a ``direction_of``::

      @direction_of.register
      def _fgsm(attack: FGSM, problem: Problem) -> Tensor: ...

* any other registers a generator, ``steps_of``, which yields a ``Step`` for every iterate;
* one that searches the smallest change by itself (``finds = True``) registers a ``steps_of`` too, which takes no notice
  of the problem's ε and ends with the smallest change found, or with the clean picture; ``run`` brings every iterate
  within ε.

The parts to build one from are ``engine.attacks.budget`` (norm balls), ``engine.attacks.loss`` and
``engine.attacks.gradient``. Import the new module below, so that it registers.

Every attack keeps these promises, which the tests check for all of them alike: every iterate lies in the ball and in
[0, 1]; the network's parameters, their gradients, its modes and its buffers stay as they are, and so does the global
random state; an image's result depends on its own seed and on no other image of the batch; a generator may be left
at any step and taken up later, or closed.
"""

from engine.attacks import (
    apgd,
    apgd_targeted,
    autoattack,
    boundary,
    carlini_wagner,
    colour,
    controls,
    ddn,
    deepfool,
    ead,
    estimated,
    fab,
    flow,
    fmn,
    hop_skip_jump,
    iterated,
    jsma,
    lbfgs,
    momentum,
    moving_pictures,
    noise,
    one_pixel,
    one_step,
    patch,
    salt_and_pepper,
    sigma_zero,
    sparsefool,
    square,
    transfer,
    universal,
    weights,
)
from engine.attacks.controls import UNCHANGED
from engine.attacks.dispatch import along, direction, direction_of, limited, nearer, run, run_in_parts, search, steps_of
from engine.attacks.gradient import FLAT, GradientError, is_flat, judge
from engine.attacks.loss import cross_entropy, margin
from engine.attacks.problem import Problem, Step
from engine.attacks.ruling import Ruling, make_ruling

__all__ = [
    "FLAT",
    "UNCHANGED",
    "GradientError",
    "Problem",
    "Ruling",
    "Step",
    "along",
    "apgd",
    "apgd_targeted",
    "autoattack",
    "boundary",
    "carlini_wagner",
    "colour",
    "controls",
    "cross_entropy",
    "ddn",
    "deepfool",
    "direction",
    "direction_of",
    "ead",
    "estimated",
    "fab",
    "flow",
    "fmn",
    "hop_skip_jump",
    "is_flat",
    "iterated",
    "jsma",
    "judge",
    "lbfgs",
    "limited",
    "make_ruling",
    "margin",
    "momentum",
    "moving_pictures",
    "nearer",
    "noise",
    "one_pixel",
    "one_step",
    "patch",
    "run",
    "run_in_parts",
    "salt_and_pepper",
    "search",
    "sigma_zero",
    "sparsefool",
    "square",
    "steps_of",
    "transfer",
    "universal",
    "weights",
]
