"""Films, people and genres in the panel."""

from collections.abc import Sequence
from datetime import date
from html import escape
from types import SimpleNamespace
from typing import Any, ClassVar

from starlette.requests import Request
from starlette_admin.actions import row_action
from starlette_admin.fields import (
    BaseField,
    CollectionField,
    DateField,
    EnumField,
    FloatField,
    HasMany,
    IntegerField,
    StringField,
    TagsField,
    TextAreaField,
)
from starlette_admin.flash import flash

from marquee_catalog.admin import relations
from marquee_catalog.admin.calls import Refused, call
from marquee_catalog.admin.views import (
    VERSION,
    ApiView,
    as_picture,
    changed,
    picture_field,
    version_field,
    version_of,
)
from marquee_catalog.people.schemas import PersonRead

TRANSLATED = {"es": "Spanish", "fr": "French", "de": "German"}
STATUSES = ("released", "post_production", "in_production", "planned", "rumored", "cancelled")
ONLY_IN_FULL: dict[str, Any] = {"exclude_from_list": True, "orderable": False}
GIVEN: dict[str, Any] = {"read_only": True, "exclude_from_create": True, "exclude_from_edit": True}


MERGE_FORM = """
<form>
    <label class="form-label mt-3" for="merge-into">Slug of the film that stays</label>
    <input class="form-control" id="merge-into" name="into" required placeholder="heat-1995">
</form>
"""


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _translation(language: str) -> CollectionField:
    field = CollectionField(
        f"translation_{language}",
        [StringField("title"), TextAreaField("synopsis", rows=3)],
    )
    field.label = f"{TRANSLATED[language]}"
    field.exclude_from_list = field.exclude_from_create = True
    return field


class MovieView(ApiView):
    """Films: search, edit, translate, cover."""

    key = "movies"
    path = "/v1/movies"
    display_name = "film"
    menu_label = "Films"
    icon = "fa fa-film"
    main_field = "title"
    sorts: ClassVar = {"title": "title", "year": "release_date"}
    sortable_fields = ("title", "year")
    aliases: ClassVar = {
        name: name
        for name in ("title", "original_title", "year", "release_date", "status", "synopsis",
                     "tagline", "runtime", "original_language", "languages", "countries",
                     "age_rating", "genres", "tags", *relations.RELATIONS)
    } | {"external_ids": "imdb", "file": "cover"}  # fmt: skip
    fields: Sequence[BaseField] = (
        version_field(),
        picture_field("cover", "JPEG, PNG, WebP or GIF. Without one a cover is drawn."),
        StringField("title", required=True, maxlength=500),
        IntegerField("year", min=1870, max=2200),
        StringField("slug", **GIVEN, orderable=False),
        HasMany("genres", key="genres", orderable=False),
        StringField("original_title", **ONLY_IN_FULL),
        DateField("release_date", **ONLY_IN_FULL),
        EnumField("status", choices=STATUSES, **ONLY_IN_FULL),
        IntegerField("runtime", help_text="Minutes.", min=1, max=6000, **ONLY_IN_FULL),
        StringField("tagline", **ONLY_IN_FULL),
        TextAreaField("synopsis", rows=6, **ONLY_IN_FULL),
        TagsField("tags", help_text="Slugs of tags that exist.", **ONLY_IN_FULL),
        StringField("original_language", help_text="ISO 639-1.", **ONLY_IN_FULL),
        TagsField("languages", help_text="ISO 639-1 codes, such as en.", **ONLY_IN_FULL),
        TagsField("countries", help_text="ISO 3166-1 codes, such as US.", **ONLY_IN_FULL),
        StringField("age_rating", **ONLY_IN_FULL),
        StringField("imdb", label="IMDb id", **ONLY_IN_FULL),
        StringField("tmdb", label="TMDB id", **ONLY_IN_FULL),
        FloatField("popularity", **GIVEN, **ONLY_IN_FULL),
        StringField("rating", **GIVEN, **ONLY_IN_FULL),
        *relations.relation_fields(),
        *(_translation(language) for language in TRANSLATED),
    )
    row_actions = ("view", "edit", "merge", "delete")

    def from_api(self, item: dict[str, Any]) -> SimpleNamespace:
        """Return a film or a summary of one as the fields read it."""
        film = dict(item)
        film["cover"] = as_picture(film.pop("cover_url"))
        film["genres"] = [SimpleNamespace(**genre) for genre in film["genres"]]
        if "external_ids" in film:
            film |= {source: film["external_ids"][source] for source in ("imdb", "tmdb")}
            film["tags"] = [tag["slug"] for tag in film["tags"]]
            film["release_date"] = _day(film["release_date"])
            if "credits" in film:
                film |= relations.from_api(film)
            rating = film["rating"]
            film["rating"] = f"{rating['average'] or 'no average'} from {rating['count']}"
        translations = film.get("translations") or {}
        for language in TRANSLATED:
            film[f"translation_{language}"] = translations.get(language) or {}
        return SimpleNamespace(**film)

    async def find_by_pk(self, request: Request, pk: Any) -> Any:
        """Return a film in full, its translations with it."""
        params = {"lang": "en", "include": "credits,translations"}
        try:
            answer = await call(request, "GET", f"{self.path}/{pk}", params=params)
        except Refused:
            return None
        film = self.from_api(answer.json())
        film.version = answer.headers["etag"]
        return film

    def to_api(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return what was changed of the film itself."""
        sources = {name: data[name] for name in ("imdb", "tmdb") if name in data}
        change = {
            name: value.isoformat() if name == "release_date" and value else value
            for name, value in data.items()
            if name in self.aliases and name not in ("imdb", "file")
        }
        for name in relations.RELATIONS:
            if name in change:
                change[name] = relations.to_api(name, change[name])
        if sources:
            change["external_ids"] = sources
        return change

    async def write(
        self, request: Request, pk: Any, data: dict[str, Any], version: str | None
    ) -> str | None:
        """Change the film, then its translations, then its cover."""
        before = await self.find_by_pk(request, pk)
        known = vars(before) | {"genres": [genre.slug for genre in before.genres]}
        path = f"{self.path}/{pk}"
        if change := self.to_api(changed(data, known)):
            answer = await call(request, "PATCH", path, json=change, if_match=version)
            version = version_of(answer)
        for language in TRANSLATED:
            name = f"translation_{language}"
            if written := changed(data.get(name) or {}, known[name]):
                answer = await call(
                    request, "PUT", f"{path}/translations/{language}", json=written,
                    if_match=version,
                )  # fmt: skip
                version = version_of(answer)
        return await self.put_picture(request, f"{path}/cover", data["cover"], version)

    @row_action("merge", "Merge into another", icon_class="fa fa-code-merge",
                confirmation="This film becomes part of another, which gets what it lacks. Its "
                "address will lead there.", form=MERGE_FORM, submit_btn_text="Merge")  # fmt: skip
    async def merge(self, request: Request, pk: Any) -> None:
        """Make a double part of another film."""
        into = str((await request.form()).get("into") or "").strip()
        try:
            answer = await call(request, "POST", f"{self.path}/{pk}/merge", json={"into": into})
        except Refused as refused:
            raise refused.as_failed_action() from refused
        flash(request, f"It is a part of {answer.json()['title']} now.", "success")


class PersonView(ApiView):
    """People: search, edit, portrait."""

    sortable_fields: Sequence[str] | None = ()

    key = "people"
    path = "/v1/people"
    display_name = "person"
    menu_label = "People"
    icon = "fa fa-user"
    aliases: ClassVar = {
        name: name
        for name in ("name", "biography", "birthday", "deathday", "gender", "country")
    } | {"file": "portrait"}  # fmt: skip
    fields: Sequence[BaseField] = (
        version_field(),
        picture_field("portrait", "JPEG, PNG, WebP or GIF."),
        StringField("name", required=True),
        StringField("slug", **GIVEN, orderable=False),
        TextAreaField("biography", rows=6, **ONLY_IN_FULL),
        DateField("birthday", **ONLY_IN_FULL),
        DateField("deathday", **ONLY_IN_FULL),
        StringField("gender", **ONLY_IN_FULL),
        StringField("country", help_text="ISO 3166-1 code.", **ONLY_IN_FULL),
    )

    def from_api(self, item: dict[str, Any]) -> SimpleNamespace:
        """Return someone as the fields read them."""
        if "biography" in item:
            item = PersonRead.model_validate(item).model_dump()
        return SimpleNamespace(**item, portrait=as_picture(item.get("portrait_url")))

    def to_api(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return what was changed of the person."""
        return {
            name: value.isoformat() if hasattr(value, "isoformat") else value
            for name, value in data.items()
            if name in self.aliases
        }

    async def write(
        self, request: Request, pk: Any, data: dict[str, Any], version: str | None
    ) -> str | None:
        """Change the person, then the portrait."""
        version = await super().write(request, pk, data, version)
        return await self.put_picture(
            request, f"{self.path}/{pk}/portrait", data["portrait"], version
        )


class NamedView(ApiView):
    """Genres, platforms, awards, tags: a name each."""

    sortable_fields: Sequence[str] | None = ()

    fields: Sequence[BaseField] = (
        version_field(),
        StringField("name", required=True),
        StringField("slug", **GIVEN, orderable=False),
    )
    row_actions = ("edit", "delete")

    async def select2_result(self, obj: Any, request: Request) -> str:
        """Return how a choice of a form shows it."""
        del request
        return f"<span>{escape(obj.name)}</span>"

    def can_view_detail(self, request: Request) -> bool:
        """The form says it all."""
        del request
        return False

    def to_api(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return what was changed."""
        data.pop(VERSION, None)
        return data


class GenreView(NamedView):
    """Genres."""

    key = "genres"
    path = "/v1/genres"
    display_name = "genre"
    menu_label = "Genres"
    icon = "fa fa-masks-theater"


class TagView(NamedView):
    """Tags."""

    key = "tags"
    path = "/v1/tags"
    display_name = "tag"
    menu_label = "Tags"
    icon = "fa fa-tag"


class PlatformView(NamedView):
    """Platforms."""

    key = "platforms"
    path = "/v1/platforms"
    display_name = "platform"
    menu_label = "Platforms"
    icon = "fa fa-tv"


class AwardView(NamedView):
    """Awards."""

    key = "awards"
    path = "/v1/awards"
    display_name = "award"
    menu_label = "Awards"
    icon = "fa fa-trophy"
