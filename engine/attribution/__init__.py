"""Which pixels a class's score rests on: the ways of ``engine.catalogue.saliency``, computed."""

from engine.attribution.maps import saliency

__all__ = ["saliency"]
