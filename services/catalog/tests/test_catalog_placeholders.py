import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee_catalog.covers.motifs import MOTIFS
from marquee_catalog.covers.palettes import OTHERS, PALETTES
from marquee_catalog.covers.placeholder import MARGIN, WIDTH, Film, advance, draw_placeholder, wrap
from marquee_catalog.genres.names import GENRE_NAMES

SVG = "{http://www.w3.org/2000/svg}"


def drawn(title="Heat", slug="heat-1995", year=1995, genres=(("crime", "Crime"),)):
    return draw_placeholder(Film(slug, title, year, genres))


def parsed(svg):
    return ET.fromstring(svg)  # noqa: S314 - our own document


def lines_of(svg):
    return [line.text for line in parsed(svg).iter(f"{SVG}tspan")]


def luminance(colour):
    def linear(part):
        value = int(part, 16) / 255
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    return sum(
        weight * linear(colour[at : at + 2])
        for weight, at in ((0.2126, 1), (0.7152, 3), (0.0722, 5))
    )


def test_a_film_keeps_its_poster_and_another_has_another():
    assert drawn() == drawn()
    assert drawn() != drawn(slug="heat-1986")
    assert drawn() != drawn(genres=(("romance", "Romance"),))


def test_it_shows_title_year_and_genres():
    svg = drawn(genres=(("crime", "Crime"), ("drama", "Drama"), ("thriller", "Thriller"))).decode()
    assert lines_of(svg) == ["Heat"]
    assert "1995 · Crime · Drama</text>" in svg
    assert "<title>Heat (1995)</title>" in svg


def test_text_is_only_ever_text():
    title = "</text><script>alert(1)</script> & \"M\" <'x'>"
    svg = drawn(title=title, genres=(("x", "<b>Bad</b>"),)).decode()
    root = parsed(svg)
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags <= {"svg", "title", "clipPath", "rect", "g", "text", "tspan", "circle", "path",
                    "ellipse", "polygon"}  # fmt: skip
    assert root.find(f"{SVG}title").text == f"{title} (1995)"


@given(st.text(max_size=300), st.text(max_size=60))
def test_any_title_makes_a_well_formed_poster_with_room_for_it(title, genre):
    svg = drawn(title=title, genres=((genre, genre),))
    assert 1 <= len(lines_of(svg)) <= 5


@pytest.mark.parametrize(
    ("title", "most"),
    [
        ("Heat", 1), ("The Lord of the Rings: The Fellowship of the Ring", 4), ("M" * 200, 5),
        ("千と千尋の神隠し", 2), ("word " * 80, 5),
    ],
)  # fmt: skip
def test_long_titles_are_wrapped_into_the_measure(title, most):
    lines, size = wrap(title)
    assert len(lines) <= most
    assert all(advance(line) * size <= WIDTH - 2 * MARGIN for line in lines)
    if advance(title) * 23 > 5 * (WIDTH - 2 * MARGIN):
        assert lines[-1].endswith("…")


def test_lines_are_of_even_length():
    assert wrap("Raiders of the Lost Ark")[0] == ["Raiders of", "the Lost Ark"]


@pytest.mark.parametrize("palette", [*PALETTES.values(), *OTHERS])
def test_ink_is_readable_on_its_paper_and_every_motif_is_there(palette):
    light, dark = sorted((luminance(palette.ink), luminance(palette.paper)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 7
    assert set(palette.motifs) <= set(MOTIFS)


def test_every_genre_we_name_has_colours_of_its_own():
    assert set(GENRE_NAMES) - set(PALETTES) <= {"imax"}
