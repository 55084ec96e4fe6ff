"""Uploaded pictures and stored files, with pictures made here."""

import io
import struct
import zlib

import obstore
import pytest
from obstore.store import MemoryStore
from PIL import Image, ImageCms

from marquee_shared import images
from marquee_shared.images import BrokenImage, ImageTooLarge, UnsupportedImage, render_picture
from marquee_shared.settings import ServiceSettings
from marquee_shared.storage import FileNotFound, file_response, open_store, read_file


def encoded(image, kind="JPEG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def decoded(data):
    return Image.open(io.BytesIO(data))


async def test_all_sizes_in_both_formats_and_never_enlarged():
    picture = await render_picture(encoded(Image.new("RGB", (600, 900), "teal")), (100, 300, 1200))
    assert set(picture.files) == {f"{w}.{e}" for w in (100, 300, 1200) for e in ("webp", "jpg")}
    assert decoded(picture.files["100.webp"]).size == (100, 150)
    assert decoded(picture.files["300.jpg"]).size == (300, 450)
    assert decoded(picture.files["1200.webp"]).size == (600, 900)
    assert decoded(picture.files["300.webp"]).format == "WEBP"


async def test_metadata_is_gone_and_the_picture_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825)[1] = "N"
    wide = Image.new("RGB", (400, 200), "red")
    wide.paste("blue", (0, 0, 200, 200))
    data = encoded(wide, exif=exif, comment=b"SecretComment")
    picture = await render_picture(data, (200,))
    for content in picture.files.values():
        assert b"Secret" not in content
        assert not decoded(content).getexif()
        assert decoded(content).size == (200, 400)
    red, _, blue = decoded(picture.files["200.jpg"]).getpixel((100, 20))
    assert blue > red


async def test_square_cuts_the_middle_and_transparency_turns_white():
    drawn = Image.new("RGBA", (300, 100), (255, 0, 0, 255))
    drawn.paste((0, 255, 0, 0), (100, 0, 200, 100))
    picture = await render_picture(encoded(drawn, "PNG"), (64,), square=True)
    small = decoded(picture.files["64.webp"])
    assert small.size == (64, 64)
    assert min(small.convert("RGB").getpixel((32, 32))) > 245


async def test_colours_of_a_profile_are_kept():
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    data = encoded(Image.new("RGB", (50, 50), (200, 30, 90)), icc_profile=lab.tobytes())
    picture = await render_picture(data, (50,))
    found = decoded(picture.files["50.jpg"])
    assert "icc_profile" not in found.info
    assert all(abs(a - b) < 8 for a, b in zip(found.getpixel((20, 20)), (200, 30, 90), strict=True))


async def test_a_damaged_profile_does_not_refuse_the_picture():
    data = encoded(Image.new("RGB", (50, 50), "navy"), icc_profile=b"nonsense" * 20)
    assert (await render_picture(data, (50,))).files


def bomb(width, height):
    """A PNG that says it is huge and holds next to nothing."""

    def chunk(kind, body):
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(30_000, 30_000), (8_000, 8_000), (13_000, 10)])
async def test_a_bomb_is_refused_before_it_is_decoded(size, monkeypatch):
    monkeypatch.setattr(Image.Image, "load", lambda _self: pytest.fail("decoded"))
    with pytest.raises((ImageTooLarge, BrokenImage)):
        await render_picture(bomb(*size), (100,))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a picture",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"%PDF-1.7 ...",
        encoded(Image.new("RGB", (9, 9)), "BMP"),
        encoded(Image.new("RGB", (9, 9)), "TIFF"),
    ],
)
async def test_other_kinds_are_refused_by_content(data):
    with pytest.raises(UnsupportedImage):
        await render_picture(data, (100,))


async def test_a_cut_picture_is_refused():
    whole = encoded(Image.effect_noise((300, 300), 90).convert("RGB"))
    with pytest.raises(BrokenImage):
        await render_picture(whole[: len(whole) // 2], (100,))


async def test_the_same_picture_is_stored_once_and_a_changed_recipe_elsewhere(monkeypatch):
    data = encoded(Image.new("RGB", (60, 60), "olive"))
    store = MemoryStore()
    first = await images.store_picture(store, await render_picture(data, (40,)))
    again = await images.store_picture(store, await render_picture(data, (40,)))
    assert first == again
    assert len(obstore.list(store).collect()) == 2
    assert (await render_picture(data, (50,))).digest != first
    monkeypatch.setattr(images, "RECIPE", b"next")
    assert (await render_picture(data, (40,))).digest != first


async def test_files_on_the_disk(tmp_path):
    store = open_store(ServiceSettings(data_dir=tmp_path, _env_file=None), "covers")
    await obstore.put_async(store, "abc/40.webp", b"content")
    assert (tmp_path / "files/covers/abc/40.webp").read_bytes() == b"content"
    assert await read_file(store, "abc/40.webp") == b"content"
    with pytest.raises(FileNotFound):
        await read_file(store, "abc/41.webp")


@pytest.mark.parametrize("name", ["../../outside.txt", "a/../../outside.txt", "/etc/hostname"])
async def test_no_name_leads_out_of_the_folder(tmp_path, name):
    store = open_store(ServiceSettings(data_dir=tmp_path, _env_file=None), "covers")
    (tmp_path / "files" / "outside.txt").write_text("secret")
    (tmp_path / "outside.txt").write_text("secret")
    with pytest.raises((FileNotFound, ValueError, OSError)):
        await read_file(store, name)


async def test_answers_with_files():
    store = MemoryStore()
    await obstore.put_async(store, "abc/40.webp", b"x" * 100_000)
    shown = await file_response(store, "abc/40.webp", "image/webp")
    assert shown.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert shown.headers["Content-Length"] == "100000"
    assert b"".join([piece async for piece in shown.body_iterator]) == b"x" * 100_000
    own = await file_response(store, "abc/40.webp", "application/zip", download_as="mine.zip")
    assert own.headers["Cache-Control"] == "private, no-store"
    assert own.headers["Content-Disposition"] == 'attachment; filename="mine.zip"'
    with pytest.raises(FileNotFound):
        await file_response(store, "abc/41.webp", "image/webp")
