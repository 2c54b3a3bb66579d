"""Which networks drawings are for, and how a drawing is best laid into what they see."""

from __future__ import annotations

from engine.catalogue.models import NetworkCard
from engine.catalogue.suiting import shelf_for
from engine.images import Drawing, Form, is_drawn
from engine.images.drawn import FIELD
from engine.images.errors import RefusedError


def is_for_drawings(card: NetworkCard) -> bool:
    """Whether a network sees what MNIST's do: one channel of 28 × 28 pixels."""
    return card.size == (FIELD, FIELD) and card.recipe.channels == 1


def form_for(card: NetworkCard) -> Form:
    """How the pictures lay that a network learnt from: garments as in Fashion-MNIST, else as in MNIST."""
    return Form.GARMENT if shelf_for(card.classes, card.recipe) == "fashion-mnist" else Form.DIGIT


def drawing_for(image: str, card: NetworkCard) -> str | None:
    """The same drawing in the form that a network learnt.

    None if it is to stay: it has that form, shows the whole pad on purpose, is damaged or no drawing at all, or the
    network is not for drawings.
    """
    if not (is_drawn(image) and is_for_drawings(card)):
        return None
    try:
        drawing = Drawing.read(image)
    except RefusedError:
        return None
    form = form_for(card)
    return None if drawing.form in {form, Form.WHOLE} else drawing.laid(form).image
