"""Pictures: only pictures, upright, without a word about who took them where."""

import io
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.intake import uploads
from bot.intake.errors import BadInput
from bot.intake.tables import Upload
from tests.bot.intake.home import Home

pytest_plugins = ["tests.bot.intake.fixtures"]

GPS, ORIENTATION, MAKER = 0x8825, 0x0112, 0x010F


def picture(kind: str = "JPEG", size: tuple[int, int] = (60, 40), mode: str = "RGB", **options: Any) -> bytes:
    """Left half red, right half blue, so that turning it shows."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (size[0] // 2, 0, size[0], size[1]))
    out = io.BytesIO()
    image.convert(mode).save(out, format=kind, **options)
    return out.getvalue()


def with_exif(kind: str, orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[MAKER] = "OwnerPhone"
    exif.get_ifd(GPS).update({1: "N", 2: (33.0, 47.0, 5.0), 3: "E", 4: (114.0, 31.0, 5.0)})
    return picture(kind, exif=exif)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_place_camera_and_owner_are_removed(kind: str) -> None:
    raw = with_exif(kind)
    assert b"OwnerPhone" in raw
    content, found = uploads.cleaned_picture(raw)
    assert found == kind and b"OwnerPhone" not in content
    with Image.open(io.BytesIO(content)) as clean:
        assert dict(clean.getexif()) == {} and dict(clean.getexif().get_ifd(GPS)) == {}
        assert not {"exif", "icc_profile", "comment", "xmp"} & set(clean.info)


def test_text_in_a_picture_file_is_removed() -> None:
    from PIL.PngImagePlugin import PngInfo

    words = PngInfo()
    words.add_text("Author", "OwnerName")
    content, _ = uploads.cleaned_picture(picture("PNG", pnginfo=words))
    assert b"OwnerName" not in content
    content, _ = uploads.cleaned_picture(picture("JPEG", comment=b"OwnerName"))
    assert b"OwnerName" not in content


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    ("orientation", "size", "red_at"), [(1, (60, 40), (5, 20)), (3, (60, 40), (55, 20)), (6, (40, 60), (20, 5))]
)
def test_a_picture_taken_sideways_stands_upright(
    kind: str, orientation: int, size: tuple[int, int], red_at: tuple[int, int]
) -> None:
    content, _ = uploads.cleaned_picture(with_exif(kind, orientation))
    with Image.open(io.BytesIO(content)) as upright:
        assert upright.size == size
        pixel = upright.convert("RGB").getpixel(red_at)
        assert isinstance(pixel, tuple) and pixel[0] > 200 and pixel[2] < 60


@pytest.mark.parametrize(
    ("kind", "mode"), [("JPEG", "L"), ("JPEG", "CMYK"), ("PNG", "P"), ("PNG", "1"), ("PNG", "LA"), ("WEBP", "RGBA")]
)
def test_every_usual_way_to_store_colours_is_taken(kind: str, mode: str) -> None:
    content, found = uploads.cleaned_picture(picture(kind, mode=mode))
    assert found == kind
    with Image.open(io.BytesIO(content)) as image:
        assert image.size == (60, 40)


def test_a_phones_picture_in_several_parts_counts_as_its_first() -> None:
    """Many phones write JPEG files that hold a second picture (MPO)."""
    out = io.BytesIO()
    first, second = Image.new("RGB", (60, 40), "red"), Image.new("RGB", (60, 40), "blue")
    first.save(out, format="MPO", save_all=True, append_images=[second])
    content, kind = uploads.cleaned_picture(out.getvalue())
    assert kind == "JPEG"
    with Image.open(io.BytesIO(content)) as image:
        assert image.format == "JPEG" and image.size == (60, 40)


def test_large_pictures_are_scaled_down() -> None:
    content, _ = uploads.cleaned_picture(picture("JPEG", (5000, 100)))
    with Image.open(io.BytesIO(content)) as image:
        assert image.size[0] == uploads.MAX_SIDE


def test_fifty_megabytes_are_refused_before_they_are_read() -> None:
    with pytest.raises(BadInput, match="10 MB"):
        uploads.cleaned_picture(picture() + b"\0" * 50 * 1024 * 1024)


def bomb() -> bytes:
    """A PNG of a few bytes that says it is 30,000 by 30,000 pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"%PDF-1.7\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"MZ" + os.urandom(500),
        picture("GIF"),
        picture("BMP"),
        picture("TIFF"),
        picture()[:200],
        picture("PNG")[:60],
        picture("WEBP")[:40],
        bomb(),
    ],
    ids=["none", "text", "jpeg-head", "png-head", "pdf", "svg", "exe", "gif", "bmp", "tiff", *("cut",) * 3, "bomb"],
)
def test_what_is_no_picture_is_refused_in_plain_words(content: bytes) -> None:
    with pytest.raises(BadInput, match="send a"):
        uploads.cleaned_picture(content)


SAMPLES = [with_exif(kind, 6) for kind in ("JPEG", "PNG", "WEBP")]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    sample=st.sampled_from(SAMPLES),
    changes=st.lists(st.tuples(st.integers(0, 2000), st.binary(min_size=1, max_size=6)), min_size=1, max_size=5),
    cut=st.integers(0, 3000),
)
def test_a_damaged_file_is_mended_or_refused_never_a_fault(
    sample: bytes, changes: list[tuple[int, bytes]], cut: int
) -> None:
    damaged = bytearray(sample)
    for at, new in changes:
        damaged[at % len(sample) : at % len(sample) + len(new)] = new
    try:
        content, kind = uploads.cleaned_picture(bytes(damaged[: cut or None]))
    except BadInput:
        return
    assert kind in uploads.FORMATS
    with Image.open(io.BytesIO(content)) as image:
        assert not dict(image.getexif())


def store(home: Home, folder: Path, resident: str, content: bytes) -> Upload:
    clean, kind = uploads.cleaned_picture(content)
    with home.database.transaction() as session:
        return uploads.store(session, folder, resident, clean, kind, home.clock())


def test_a_picture_is_stored_once_for_each_resident(home: Home, tmp_path: Path) -> None:
    a, b = home.resident("a"), home.resident("b")
    first, again, other = (store(home, tmp_path, who, picture()) for who in (a, a, b))
    assert first.id == again.id != other.id
    kept = tmp_path / first.path
    assert kept.is_file() and kept.stat().st_size == first.size
    assert (first.media_type, kept.suffix) == ("image/jpeg", ".jpg")
    assert kept.resolve().is_relative_to(tmp_path.resolve())


def test_only_ones_own_uploads_may_be_used(home: Home, tmp_path: Path) -> None:
    a, b = home.resident("a"), home.resident("b")
    mine, theirs = store(home, tmp_path, a, picture()), store(home, tmp_path, b, picture())
    with home.database.reading() as session:
        uploads.check_own(session, a, [mine.id])
        for ids in ([theirs.id], [mine.id, theirs.id], ["../../etc/passwd"], [""]):
            with pytest.raises(BadInput, match="upload the picture again"):
                uploads.check_own(session, a, ids)
