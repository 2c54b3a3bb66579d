"""From any mode of Pillow to opaque sRGB: colour profiles, palettes, CMYK, transparency."""

from __future__ import annotations

import io

from PIL import Image, ImageCms

_WITH_PROFILE = ("L", "RGB", "CMYK", "LAB")
"""Modes that a colour profile may describe."""


def to_opaque_srgb(picture: Image.Image, profile: bytes | None) -> tuple[Image.Image, list[str]]:
    """An RGB picture of the same size, and notes of what changed.

    Args:
        picture: loaded, in any mode.
        profile: the ICC profile of its file.
    """
    notes: list[str] = []
    colours, alpha = _split(picture)
    converted = _from_profile(colours, profile, notes) if profile else None
    if converted is None:
        converted = _without_profile(colours, notes)
    if alpha is not None and alpha.getextrema() != (255, 255):
        white = Image.new("RGB", picture.size, "white")
        white.paste(converted, mask=alpha)
        converted = white
        notes.append("alpha over white")
    return converted, notes


def _split(picture: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Colours that a profile may describe, and the alpha of each pixel if it has one."""
    if picture.has_transparency_data:
        straight = picture.convert("RGBA")
        return straight.convert("RGB"), straight.getchannel("A")
    if picture.mode in _WITH_PROFILE:
        return picture, None
    return picture.convert("L" if picture.mode == "1" else "RGB"), None


def _from_profile(colours: Image.Image, profile: bytes, notes: list[str]) -> Image.Image | None:
    """The colours in sRGB; None where they are in it already, and where the profile cannot be used."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        name = ImageCms.getProfileDescription(source).strip()
        if "srgb" in name.lower():
            return None
        converted = ImageCms.profileToProfile(colours, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None  # a damaged profile, or one for another kind of picture: the numbers are taken as they are
    notes.append(f"colours converted from the profile “{name[:60]}”")
    return converted


def _without_profile(colours: Image.Image, notes: list[str]) -> Image.Image:
    if colours.mode == "LAB":
        notes.append("converted from CIELAB")
        converted = ImageCms.profileToProfile(
            colours, ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
        return converted if converted is not None else colours.convert("RGB")
    if colours.mode == "CMYK":
        notes.append("converted from CMYK")
    return colours.convert("RGB")
