"""Uploaded pictures: told by their content, limited before they are decoded, drawn anew.

What is kept is never what was sent: the pixels are decoded, turned upright, brought to sRGB and
encoded again in a few sizes, so no metadata (EXIF, GPS), no second format hidden in the file and
no oversized canvas survives. Names are the digest of what was sent and of the recipe: the same
picture is stored once and an address never changes its content.
"""

import asyncio
import hashlib
import io
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import obstore
from fastapi import UploadFile
from obstore.store import ObjectStore
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from marquee_shared.problems import ContentTooLarge, Invalid, UnsupportedMediaType

FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF")
BYTE_LIMIT: Final = 10_000_000
PIXEL_LIMIT: Final = 40_000_000
SIDE_LIMIT: Final = 12_000
MEDIA_TYPES: Final[Mapping[str, str]] = {"webp": "image/webp", "jpg": "image/jpeg"}
RECIPE: Final = b"1"
"""Raised when sizes or encoders change, so that a new rendering gets a new name."""

_PAPER: Final = (255, 255, 255)
_renderers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="images")


class UnsupportedImage(UnsupportedMediaType):
    """415: not a JPEG, PNG, WebP or GIF by its content."""

    code = "unsupported_image"
    words: ClassVar = {
        "en": "Send a JPEG, PNG, WebP or GIF picture.",
        "es": "Envía una imagen JPEG, PNG, WebP o GIF.",
        "fr": "Envoyez une image JPEG, PNG, WebP ou GIF.",
        "de": "Senden Sie ein Bild als JPEG, PNG, WebP oder GIF.",
    }


class BrokenImage(Invalid):
    """422: it begins like a picture and cannot be read to its end."""

    code = "broken_image"
    words: ClassVar = {
        "en": "The picture cannot be read; it may be damaged.",
        "es": "No se puede leer la imagen; puede estar dañada.",
        "fr": "L'image est illisible ; elle est peut-être endommagée.",
        "de": "Das Bild ist nicht lesbar; vielleicht ist es beschädigt.",
    }


class ImageTooLarge(ContentTooLarge):
    """413: more pixels than we decode."""

    code = "image_too_large"
    words: ClassVar = {
        "en": "The picture has more than the {limit} pixels allowed.",
        "es": "La imagen tiene más de los {limit} píxeles permitidos.",
        "fr": "L'image a plus que les {limit} pixels permis.",
        "de": "Das Bild hat mehr als die erlaubten {limit} Pixel.",
    }


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture in all its sizes.

    `files` maps `<width>.webp` and `<width>.jpg` to their bytes; `width` is what was asked for,
    the picture itself is never enlarged.
    """

    digest: str
    files: Mapping[str, bytes]


async def read_upload(file: UploadFile) -> bytes:
    """Return what was uploaded.

    Raises:
        ContentTooLarge: It is longer than 10 MB.
    """
    data = await file.read(BYTE_LIMIT + 1)
    if len(data) > BYTE_LIMIT:
        raise ContentTooLarge(limit=BYTE_LIMIT)
    return data


async def render_picture(data: bytes, widths: Sequence[int], *, square: bool = False) -> Picture:
    """Decode a picture and encode it in each width, on a thread of a small pool of its own.

    `square` cuts the middle out. Transparent parts become white.

    Raises:
        UnsupportedImage: It is of another kind.
        ImageTooLarge: It has more than 40 million pixels or a side above 12,000.
        BrokenImage: It cannot be decoded.
    """
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_renderers, _render, data, tuple(widths), square)


async def store_picture(store: ObjectStore, picture: Picture) -> str:
    """Write all sizes under `<digest>/` and return the digest; again the same does no harm."""
    for name, content in picture.files.items():
        await obstore.put_async(store, f"{picture.digest}/{name}", content)
    return picture.digest


def _render(data: bytes, widths: tuple[int, ...], square: bool) -> Picture:
    image = _decode(data, max(widths))
    if square:
        side = min(image.size)
        image = ImageOps.fit(image, (side, side))
    files: dict[str, bytes] = {}
    for width in widths:
        sized = image
        if image.width > width:
            height = max(1, round(image.height * width / image.width))
            sized = image.resize((width, height), Image.Resampling.LANCZOS)
        files[f"{width}.webp"] = _encoded(sized, "WEBP", quality=82, method=4)
        files[f"{width}.jpg"] = _encoded(sized, "JPEG", quality=84, optimize=True, progressive=True)
    recipe = RECIPE + repr((widths, square)).encode()
    return Picture(hashlib.sha256(recipe + data).hexdigest()[:40], files)


def _decode(data: bytes, needed: int) -> Image.Image:
    """Return upright sRGB pixels, at least `needed` wide where the picture has them."""
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
            width, height = opened.size
            if width * height > PIXEL_LIMIT or max(width, height) > SIDE_LIMIT:
                raise ImageTooLarge(limit=PIXEL_LIMIT)
            # A JPEG decodes straight to a half, quarter or eighth where that is enough.
            opened.draft("RGB", (needed * 2, needed * 2))
            opened.load()
            return _in_srgb(ImageOps.exif_transpose(opened))
    except UnidentifiedImageError as error:
        raise UnsupportedImage from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise BrokenImage from error


def _in_srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if profile and image.mode in {"RGB", "CMYK", "L"}:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(
                image, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
        except (ImageCms.PyCMSError, OSError):
            converted = None  # a damaged profile: the colours as they stand
        if converted is not None:
            return converted
    if image.has_transparency_data:
        layered = image.convert("RGBA")
        paper = Image.new("RGB", image.size, _PAPER)
        paper.paste(layered, mask=layered.getchannel("A"))
        return paper
    return image.convert("RGB")


def _encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    # A fresh canvas has no `info`, so nothing of the source's metadata can be written.
    clean = Image.new("RGB", image.size)
    clean.paste(image)
    buffer = io.BytesIO()
    clean.save(buffer, kind, **options)
    return buffer.getvalue()
