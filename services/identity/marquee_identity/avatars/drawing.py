"""The avatar of a member without a picture: their initials on a colour of their own."""

import hashlib
from html import escape
from typing import Final

SVG: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" role="img" aria-label="{label}">'
    '<rect width="96" height="96" fill="hsl({hue} 45% 38%)"/>'
    '<text x="48" y="50" fill="#fff" font-family="Helvetica Neue, Arial, sans-serif" '
    'font-size="{size}" text-anchor="middle" dominant-baseline="central">{letters}</text></svg>'
)


def initials(name: str) -> str:
    """Return the first letters of the first and last word; of a single word, one."""
    words = [word for word in (_letter(part) for part in name.split()) if word]
    if not words:
        return "?"
    return (words[0] + words[-1] if len(words) > 1 else words[0]).upper()[:4]


def _letter(word: str) -> str:
    return next((character for character in word if character.isalnum()), "")


def draw_avatar(key: str, name: str) -> bytes:
    """Return an SVG document; the same key has the same colour, whatever the name."""
    letters = initials(name)
    hue = int.from_bytes(hashlib.sha256(key.encode()).digest()[:2], "big") % 360
    label = escape(letters, quote=True)
    return SVG.format(
        label=label, hue=hue, size=40 if len(letters) > 1 else 48, letters=label
    ).encode()
