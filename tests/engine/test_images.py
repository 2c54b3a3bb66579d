"""Opening pictures: every kind that is promised, and a clear sentence for all that is none."""

from __future__ import annotations

import io
import os
import struct
import threading
import warnings
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageFile

from engine.images import ImageError, decode, reading, sources

Array = np.ndarray[Any, Any]

# Quarters of four colours, so that no two ways to turn it look alike.
CORNERS = np.zeros((24, 16, 3), np.uint8)
CORNERS[:12, :8] = (200, 30, 30)
CORNERS[:12, 8:] = (30, 200, 30)
CORNERS[12:, :8] = (30, 30, 200)
CORNERS[12:, 8:] = (220, 220, 220)


def encoded(picture: Image.Image | Array, kind: str, **options: Any) -> bytes:
    picture = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def tiff(samples: Array, **options: Any) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, samples, **options)
    return file.getvalue()


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(samples: Array, *, colour_type: int, before_data: bytes = b"", size: tuple[int, int] | None = None) -> bytes:
    """A PNG made by hand: 8 or 16 bits, what Pillow does not write."""
    height, width = size or samples.shape[:2]
    rows = b"".join(b"\0" + row.astype(samples.dtype.newbyteorder(">")).tobytes() for row in samples)
    header = struct.pack(">IIBBBBB", width, height, 8 * samples.dtype.itemsize, colour_type, 0, 0, 0)
    content = chunk(b"IHDR", header) + before_data + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + content


def why(image: str | bytes) -> str:
    with pytest.raises(ImageError) as caught:
        decode(image)
    failure = caught.value.failure()
    assert (failure.field, failure.what[-16:]) == ("image", "cannot be opened")
    assert failure.remedy.endswith(".")
    assert not failure.why.endswith(".")
    assert str(failure) == str(caught.value)
    return caught.value.why


# Kinds of files and of pixels


@pytest.mark.parametrize(
    ("kind", "options"),
    [("PNG", {}), ("WEBP", {"lossless": True}), ("BMP", {}), ("TIFF", {}), ("TIFF", {"compression": "tiff_lzw"})],
)
def test_a_lossless_file_opens_to_exactly_its_pixels(kind: str, options: dict[str, Any]) -> None:
    decoded = decode(encoded(CORNERS, kind, **options))
    assert np.array_equal(decoded.pixels, CORNERS)
    assert decoded.pixels.dtype == np.uint8
    assert decoded.notes == ()


@pytest.mark.parametrize(("kind", "options"), [("JPEG", {"quality": 95}), ("WEBP", {"quality": 95}), ("GIF", {})])
def test_a_lossy_file_opens_close_to_its_pixels(kind: str, options: dict[str, Any]) -> None:
    smooth = np.asarray(Image.fromarray(CORNERS).resize((64, 96), Image.Resampling.BILINEAR))
    difference = decode(encoded(smooth, kind, **options)).pixels.astype(int) - smooth
    assert np.abs(difference).mean() < 5


def test_the_content_decides_and_not_the_suffix(tmp_path: Path) -> None:
    path = tmp_path / "really a png.jpg"
    path.write_bytes(encoded(CORNERS, "PNG"))
    decoded = decode(str(path))
    assert np.array_equal(decoded.pixels, CORNERS)
    assert decoded.name == "really a png.jpg"


def test_a_picture_of_one_pixel_is_a_picture() -> None:
    assert decode(encoded(CORNERS[:1, :1], "PNG")).pixels.shape == (1, 1, 3)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP"])
def test_grey_becomes_three_equal_channels(kind: str) -> None:
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    decoded = decode(encoded(grey, kind))
    assert all(np.array_equal(decoded.pixels[..., channel], grey) for channel in range(3))
    assert decoded.is_grey


def test_one_bit_becomes_black_and_white() -> None:
    checks = np.indices((8, 8)).sum(axis=0) % 2 == 0
    for kind, options in (("PNG", {}), ("TIFF", {"compression": "group4"}), ("BMP", {})):
        assert np.array_equal(decode(encoded(checks, kind, **options)).pixels[..., 0], checks * 255)


@pytest.mark.parametrize("kind", ["PNG", "GIF", "BMP", "TIFF"])
def test_a_palette_is_looked_up(kind: str) -> None:
    indexed = Image.fromarray(CORNERS).quantize(4)
    assert np.array_equal(decode(encoded(indexed, kind)).pixels, np.asarray(indexed.convert("RGB")))


def test_cmyk_of_a_jpeg_is_not_shown_as_its_negative() -> None:
    cmyk = Image.fromarray(CORNERS).convert("CMYK")
    decoded = decode(encoded(cmyk, "JPEG", quality=100))
    assert np.abs(decoded.pixels[:8, :4].astype(int) - CORNERS[:8, :4]).max() < 12
    assert decoded.notes == ("converted from CMYK",)
    assert np.array_equal(decode(encoded(cmyk, "TIFF")).pixels, CORNERS)


def test_ycbcr_and_lab_of_a_tiff_become_rgb() -> None:
    large = np.kron(CORNERS, np.ones((4, 4, 1), np.uint8))
    ycbcr = decode(encoded(large, "TIFF", compression="jpeg", quality=95)).pixels.astype(int)
    assert np.abs(ycbcr[:16, :16] - large[:16, :16]).max() < 12
    lab = ImageCms.profileToProfile(
        Image.fromarray(CORNERS), ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    assert lab is not None
    del lab.info["icc_profile"]
    decoded = decode(encoded(lab, "TIFF"))
    assert np.abs(decoded.pixels.astype(int) - CORNERS).max() < 15
    assert decoded.notes == ("converted from CIELAB",)


# More than 8 bits


DEEP = np.random.default_rng(0).integers(0, 65536, (9, 7, 4), dtype=np.uint16)
DEEP[0, :5, 0] = [0, 128, 129, 65534, 65535]
DEEP[..., 3] = 65535
ROUNDED = np.rint(DEEP / 257).astype(np.uint8)


def test_16_bits_are_scaled_and_rounded_not_cut() -> None:
    grey = decode(png(DEEP[..., 0], colour_type=0))
    assert grey.pixels[0, :5, 0].tolist() == [0, 0, 1, 255, 255]
    assert np.array_equal(grey.pixels[..., 0], ROUNDED[..., 0])
    assert grey.notes == ("16 bits rounded to 8",)
    assert grey.is_grey


@pytest.mark.parametrize(
    "data",
    [
        png(DEEP[..., :3], colour_type=2),
        png(DEEP, colour_type=6),
        tiff(DEEP[..., :3], photometric="rgb"),
        tiff(DEEP[..., :3], photometric="rgb", byteorder=">"),
        tiff(DEEP[..., :3], photometric="rgb", compression="zlib"),
        tiff(DEEP[..., :3], photometric="rgb", compression="zlib", byteorder=">"),
        tiff(np.moveaxis(DEEP[..., :3], 2, 0), photometric="rgb", planarconfig="separate"),
        tiff(DEEP, photometric="rgb", extrasamples=["unassalpha"]),
        tiff(DEEP, photometric="rgb", extrasamples=["assocalpha"]),
        tiff(DEEP, photometric="rgb", extrasamples=["unspecified"]),
    ],
    ids=[
        "png",
        "png-alpha",
        "tiff",
        "tiff-big",
        "tiff-zip",
        "tiff-zip-big",
        "planes",
        "alpha",
        "premultiplied",
        "unspecified",
    ],
)
def test_16_bit_colours_keep_their_lower_bytes_until_they_are_rounded(data: bytes) -> None:
    assert np.array_equal(decode(data).pixels, ROUNDED[..., :3])


@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}])
def test_white_may_be_zero(options: dict[str, Any]) -> None:
    inverted = decode(tiff(65535 - DEEP[..., 0], photometric="miniswhite", **options))
    assert np.array_equal(inverted.pixels[..., 0], ROUNDED[..., 0])


def test_one_16_bit_colour_may_be_declared_transparent() -> None:
    colour = DEEP[2, 3, :3]
    data = png(DEEP[..., :3], colour_type=2, before_data=chunk(b"tRNS", struct.pack(">3H", *colour.tolist())))
    decoded = decode(data)
    assert decoded.pixels[2, 3].tolist() == [255, 255, 255]
    assert np.array_equal(decoded.pixels[3:], ROUNDED[3:, :, :3])
    assert decoded.notes[-1] == "alpha over white"


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_floating_point_in_0_to_1_is_taken_as_such(kind: type) -> None:
    ramp = np.linspace(0.25, 0.5, 12, dtype=kind).reshape(3, 4)
    decoded = decode(tiff(ramp))
    assert np.array_equal(decoded.pixels[..., 1], np.rint(ramp.astype(np.float64) * 255))
    assert decoded.notes == ("floating point rounded to 8 bits",)


def test_floating_point_of_another_range_is_stretched_and_says_so() -> None:
    decoded = decode(tiff(np.array([[-2, 0], [1, 3]], np.float32)))
    assert decoded.pixels[..., 0].tolist() == [[0, 102], [153, 255]]
    assert decoded.notes == ("values from -2 to 3 scaled to 0 to 255",)


def test_floating_point_in_colour_is_read() -> None:
    ramp = np.linspace(0, 1, 60, dtype=np.float32).reshape(4, 5, 3)
    assert np.array_equal(decode(tiff(ramp, photometric="rgb")).pixels, np.rint(ramp * 255))


@pytest.mark.parametrize("largest", [np.finfo(np.float64).max, 5e-324])
def test_the_extremes_of_floating_point_do_not_overflow(largest: float) -> None:
    pixels = decode(tiff(np.array([[-largest, largest]]))).pixels
    assert np.isfinite(pixels).all()


def test_a_constant_beyond_the_range_is_black() -> None:
    assert decode(tiff(np.full((2, 2), 7, np.float32))).pixels.max() == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_picture_with_nan_is_refused_and_the_sentence_names_it(bad: float) -> None:
    values = np.zeros((3, 4), np.float32)
    values[1, 2] = bad
    assert why(tiff(values)) == "1 of its 12 values are NaN or infinite"


def test_a_tiff_that_is_no_picture_is_refused() -> None:
    assert "6 channels" in why(tiff(np.zeros((5, 4, 6), np.uint16), photometric="minisblack", planarconfig="contig"))
    assert "complex" in why(tiff(np.zeros((5, 4), np.complex64)))


# Turned upright


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_camera_held_any_way_gives_the_same_upright_picture(kind: str, orientation: int) -> None:
    stored = {
        1: CORNERS,
        2: CORNERS[:, ::-1],
        3: CORNERS[::-1, ::-1],
        4: CORNERS[::-1],
        5: CORNERS.transpose(1, 0, 2),
        6: CORNERS.transpose(1, 0, 2)[::-1],
        7: CORNERS.transpose(1, 0, 2)[::-1, ::-1],
        8: CORNERS.transpose(1, 0, 2)[:, ::-1],
    }[orientation]
    exif = Image.Exif()
    exif[274] = orientation
    decoded = decode(encoded(np.ascontiguousarray(stored), kind, exif=exif, quality=100))
    assert decoded.pixels.shape == CORNERS.shape
    assert np.abs(decoded.pixels[4:8, 2:6].astype(int) - CORNERS[4:8, 2:6]).max() < 20
    assert np.abs(decoded.pixels[16:20, 10:14].astype(int) - CORNERS[16:20, 10:14]).max() < 20
    assert np.abs(decoded.pixels[4:8, 10:14].astype(int) - CORNERS[4:8, 10:14]).max() < 20
    assert ("turned upright" in decoded.notes) == (orientation != 1)


def test_a_deep_tiff_is_turned_upright_too() -> None:
    data = tiff(DEEP[..., 0], extratags=[(274, "H", 1, 6, True)])
    assert np.array_equal(decode(data).pixels[..., 0], np.rot90(ROUNDED[..., 0], -1))


@pytest.mark.parametrize("exif", [b"Exif\0\0rubbish", b"Exif\0\0II*\0\xff\xff\xff\xff"])
def test_damaged_exif_leaves_the_picture_as_it_is(exif: bytes) -> None:
    assert decode(encoded(CORNERS, "JPEG", exif=exif)).pixels.shape == CORNERS.shape


# Transparency


@pytest.mark.parametrize(("mode", "kind"), [("RGBA", "PNG"), ("LA", "PNG"), ("RGBA", "WEBP"), ("RGBA", "TIFF")])
def test_transparency_is_laid_over_white(mode: str, kind: str) -> None:
    colour = (100, 100, 100, 51) if mode == "RGBA" else (100, 51)
    decoded = decode(encoded(Image.new(mode, (4, 3), colour), kind, lossless=True))
    # 100 x 0.2 + 255 x 0.8
    assert (decoded.pixels == 224).all()
    assert decoded.notes == ("alpha over white",)


def test_premultiplied_alpha_is_not_multiplied_twice() -> None:
    # Half-transparent white, its colours multiplied by its alpha.
    samples = np.full((4, 3, 4), 128, np.uint8)
    assert (decode(tiff(samples, photometric="rgb", extrasamples=["assocalpha"])).pixels == 255).all()
    deep = np.full((4, 3, 4), 32768, np.uint16)
    assert (decode(tiff(deep, photometric="rgb", extrasamples=["assocalpha"])).pixels == 255).all()


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_a_transparent_colour_of_a_palette_becomes_white(kind: str) -> None:
    indexed = Image.fromarray(CORNERS).quantize(4)
    hole = indexed.getpixel((0, 0))
    pixels = decode(encoded(indexed, kind, transparency=hole)).pixels
    assert pixels[0, 0].tolist() == [255, 255, 255]
    assert np.abs(pixels[0, 15].astype(int) - CORNERS[0, 15]).max() < 3


def test_a_transparent_grey_and_a_transparent_colour_become_white() -> None:
    grey = np.array([[10, 20]], np.uint8)
    assert decode(encoded(grey, "PNG", transparency=10)).pixels[0, :, 0].tolist() == [255, 20]
    colour = decode(encoded(CORNERS, "PNG", transparency=(200, 30, 30))).pixels
    assert colour[0, 0].tolist() == [255, 255, 255]
    assert np.array_equal(colour[:, 8:], CORNERS[:, 8:])


def test_an_opaque_alpha_is_not_worth_a_note() -> None:
    assert decode(encoded(Image.fromarray(CORNERS).convert("RGBA"), "PNG")).notes == ()


# Colour profiles


def _swapped_profile() -> bytes:
    """A profile like sRGB, with the columns of red and blue exchanged: what it converts is plain."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = profile.replace(b"rXYZ", b"tXYZ").replace(b"bXYZ", b"rXYZ").replace(b"tXYZ", b"bXYZ")
    return profile.replace("sRGB".encode("utf-16-be"), "Swap".encode("utf-16-be"))


def test_colours_are_converted_from_the_profile_of_the_file() -> None:
    decoded = decode(encoded(CORNERS, "PNG", icc_profile=_swapped_profile()))
    assert np.abs(decoded.pixels.astype(int) - CORNERS[..., ::-1]).max() <= 3
    [note] = decoded.notes
    assert note.startswith("colours converted from the profile “Swap")


def test_srgb_is_left_exactly_as_it_is() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    decoded = decode(encoded(CORNERS, "PNG", icc_profile=profile))
    assert np.array_equal(decoded.pixels, CORNERS)
    assert decoded.notes == ()


@pytest.mark.parametrize("profile", [b"rubbish", _swapped_profile()[:200]])
def test_a_damaged_profile_is_ignored(profile: bytes) -> None:
    assert np.array_equal(decode(encoded(CORNERS, "PNG", icc_profile=profile)).pixels, CORNERS)


def test_a_profile_for_another_kind_of_picture_is_ignored() -> None:
    assert np.array_equal(
        decode(encoded(CORNERS[..., 0], "PNG", icc_profile=_swapped_profile())).pixels[..., 0], CORNERS[..., 0]
    )


# Several pictures in one file


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_an_animation_shows_its_first_frame_and_says_so(kind: str) -> None:
    frames = [Image.fromarray(np.ascontiguousarray(np.rot90(CORNERS, turn * 2))) for turn in range(3)]
    decoded = decode(encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=50, lossless=True))
    assert np.abs(decoded.pixels.astype(int) - CORNERS).max() < 3
    assert decoded.notes == ("the first frame of an animation",)


def test_a_tiff_of_several_pages_shows_its_first_and_says_so() -> None:
    pages = [Image.fromarray(CORNERS), Image.fromarray(255 - CORNERS)]
    decoded = decode(encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:]))
    assert np.array_equal(decoded.pixels, CORNERS)
    assert decoded.notes == ("the first page of several",)


# What is no picture


def test_a_missing_path_is_said_to_be_missing(tmp_path: Path) -> None:
    assert why(str(tmp_path / "nothing.png")) == "there is no such file"


def test_a_folder_is_said_to_be_one(tmp_path: Path) -> None:
    assert why(str(tmp_path)) == "it is a folder"
    assert why("") == "it is a folder"


def test_a_path_through_a_file_and_an_impossible_name_are_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    assert why(str(tmp_path / "file" / "cat.png")) == "a part of its path is not a folder"
    assert why("nul\0l.png") == "no file can have that name"
    assert why("x" * 5000)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    assert why(str(tmp_path / "pipe.png")) == "it is a device or a pipe, not a file"


def test_a_file_that_may_not_be_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret.png"
    path.write_bytes(encoded(CORNERS, "PNG"))

    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert why(str(path)) == "you may not read it"


def test_an_address_on_the_network_is_not_fetched() -> None:
    assert why("https://example.org/cat.png") == "it is an address on the network, and nothing is fetched"


def test_an_empty_file_is_said_to_be_empty(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    assert why(str(tmp_path / "empty.png")) == "the file is empty"
    assert why(b"") == "the file is empty"


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"Dear reader,\nthis is no picture.\n", "it is a text file, not a picture"),
        ("grüß dich, Welt ".encode() * 99, "it is a text file, not a picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "it is an SVG drawing"),
        (b"%PDF-1.7\n", "it is a PDF document"),
        (b"PK\x03\x04rest", "it is a ZIP archive"),
        (b"\0\0\0\x1cftypavif\0\0\0\0", "it is an AVIF picture"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "it is a HEIC picture"),
        (b"\x93NUMPY\x01\0", "it is a NumPy array"),
        (b"\x7fELF\x02\x01\x01\0", "it is not a picture"),
    ],
)
def test_what_is_no_picture_is_named(data: bytes, what: str) -> None:
    assert why(data) == what


@pytest.mark.parametrize(("kind", "length"), [("BMP", 24 * 48 + 54), ("WEBP", None)])
def test_a_file_that_is_cut_short_says_how_much_of_it_is_there(kind: str, length: int | None) -> None:
    data = encoded(CORNERS, kind)
    cut = data[: len(data) // 2]
    assert why(cut) == f"the file ends after {len(cut)} of {length or len(data):,} bytes".replace(",", " ")


NOISE = np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP"])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_no_half_of_a_picture_passes_for_a_whole_one(kind: str, part: float) -> None:
    data = encoded(NOISE, kind)
    assert any(word in why(data[: int(part * len(data))]) for word in ("cut short", "file ends after"))


def test_a_deep_tiff_that_is_cut_short_is_not_filled_up_with_zeros() -> None:
    data = tiff(DEEP[..., :3], photometric="rgb")
    assert why(data[:-50]).startswith("the file ends after")


def test_damage_within_a_file_is_told_from_a_missing_end() -> None:
    data = bytearray(encoded(NOISE, "PNG"))
    data[200:300] = bytes(100)
    assert why(bytes(data)).startswith("its PNG data are damaged")


@pytest.mark.parametrize("size", [(0, 5), (5, 0), (0, 0)])
def test_a_picture_without_pixels_is_refused(size: tuple[int, int]) -> None:
    assert why(png(CORNERS, colour_type=2, size=size)) == "it has no pixels"


def test_a_bomb_is_refused_by_its_header(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda self: pytest.fail("it was unpacked"))
    assert why(png(CORNERS, colour_type=2, size=(30_000, 30_000))) == (
        "it has 30 000 × 30 000 pixels, more than 100 000 000 in all"
    )
    gif = bytearray(encoded(CORNERS, "GIF"))
    gif[6:10] = b"\xff\xff\xff\xff"
    assert why(bytes(gif)).startswith("it has 65 535 × 65 535 pixels")


def test_a_deep_tiff_bomb_is_refused_by_its_header(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "PIXEL_LIMIT", 10)
    assert why(tiff(np.zeros((4, 5, 3), np.float32), photometric="rgb")) == "it has 5 × 4 pixels, more than 10 in all"


@pytest.mark.parametrize("name", [b"zTXt", b"iTXt"])
def test_a_bomb_of_text_in_a_png_is_refused(name: bytes) -> None:
    text = zlib.compress(bytes(50_000_000))
    content = b"note\0\0" + text if name == b"zTXt" else b"note\0\x01\0\0\0" + text
    assert "decompression bomb" in why(png(CORNERS, colour_type=2, before_data=chunk(name, content)))


def test_a_file_of_gigabytes_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "long.png"
    path.write_bytes(encoded(CORNERS, "PNG"))
    os.truncate(path, sources.FILE_LIMIT + 1)
    monkeypatch.setattr(Path, "read_bytes", lambda self: pytest.fail("it was read"))
    assert why(str(path)).startswith("the file has 536 870 913 bytes, more than the limit")


def test_running_out_of_memory_is_an_error_of_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhaust(self: ImageFile.ImageFile) -> None:
        raise MemoryError

    monkeypatch.setattr(ImageFile.ImageFile, "load", exhaust)
    assert why(encoded(CORNERS, "JPEG")) == "there is not enough memory to unpack it"


def test_pillow_keeps_its_settings_and_its_warnings_to_itself() -> None:
    odd = encoded(Image.fromarray(CORNERS).quantize(4), "PNG", transparency=bytes([0, 128]))
    before = (list(warnings.filters), Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        threads = [threading.Thread(target=decode, args=(odd,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert seen == []
    assert (list(warnings.filters), Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES) == before


# Whatever the bytes


WHOLE = [
    encoded(CORNERS, "PNG"),
    encoded(Image.fromarray(CORNERS).quantize(4), "PNG", transparency=1),
    encoded(CORNERS, "JPEG", icc_profile=_swapped_profile()),
    encoded(Image.fromarray(CORNERS).convert("CMYK"), "JPEG"),
    encoded(CORNERS, "WEBP"),
    encoded(CORNERS, "BMP"),
    encoded(CORNERS, "GIF"),
    encoded(CORNERS, "TIFF"),
    encoded(CORNERS, "TIFF", compression="tiff_lzw"),
    png(DEEP[..., :3], colour_type=2),
    tiff(DEEP[..., :3], photometric="rgb"),
    tiff(np.zeros((4, 5), np.float32)),
]


def opens_or_explains(data: bytes) -> None:
    try:
        decoded = decode(data)
    except ImageError:
        return
    height, width, channels = decoded.pixels.shape
    assert height > 0
    assert width > 0
    assert channels == 3
    assert decoded.pixels.dtype == np.uint8


@given(st.binary(max_size=200))
def test_any_bytes_open_or_are_explained(data: bytes) -> None:
    opens_or_explains(data)


@given(st.sampled_from([b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"BM", b"II*\0", b"MM\0*"]), st.binary())
def test_any_bytes_after_a_true_beginning_open_or_are_explained(start: bytes, rest: bytes) -> None:
    opens_or_explains(start + rest)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(WHOLE), st.data())
def test_a_picture_with_changed_bytes_opens_or_is_explained(whole: bytes, data: st.DataObject) -> None:
    changed = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 6))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    opens_or_explains(bytes(changed[: data.draw(st.integers(1, len(changed)))]))
