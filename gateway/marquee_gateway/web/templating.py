"""The templates and what stands ready in all of them."""

from pathlib import Path
from typing import Any, Final

import jinja2
from jinja2 import pass_context
from jinja2.runtime import Context

from marquee_gateway.web import links
from marquee_gateway.web.assets import Assets

HERE: Final = Path(__file__).parent


def make_templates(assets: Assets) -> jinja2.Environment:
    """Return the environment; a page's templates are named by folder, `film/film.html`."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([HERE / "templates", HERE]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    environment.globals.update(asset=assets.url, link=links)
    environment.filters.update(
        number=number, rating=rating, date=date, ago=ago, runtime=runtime, paragraphs=paragraphs
    )
    return environment


@pass_context
def number(context: Context, value: float) -> str:
    """Write a number in the page's language."""
    return str(context["t"].number(value))


@pass_context
def rating(context: Context, value: float) -> str:
    """Write a rating with one decimal."""
    return str(context["t"].rating(value))


@pass_context
def date(context: Context, value: str, form: str = "long") -> str:
    """Write a day."""
    return str(context["t"].date(value, form))


@pass_context
def ago(context: Context, value: str) -> str:
    """Write how long ago a moment was."""
    return str(context["t"].ago(value))


@pass_context
def runtime(context: Context, minutes: int) -> str:
    """Write a film's length."""
    return str(context["t"].runtime(minutes))


def paragraphs(text: Any) -> list[str]:
    """Split what a member wrote at its blank lines."""
    return [part.strip() for part in str(text).split("\n\n") if part.strip()]
