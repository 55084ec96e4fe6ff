"""What every list and form of the panel does: read pages of the API, and write what was changed."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any, ClassVar, Final

import httpx
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette_admin.exceptions import FormValidationError
from starlette_admin.fields import FileField, ImageField, StringField
from starlette_admin.helpers import is_empty_file
from starlette_admin.views import BaseModelView

from marquee_catalog.admin.calls import Refused, call

VERSION: Final = "version"
BASE_LANGUAGE: Final = {"lang": "en"}
STALE: Final = 412


def version_of(answer: httpx.Response) -> str | None:
    """Return the version that an answer of the API is of."""
    version: str | None = answer.headers.get("etag")
    return version


def version_field() -> StringField:
    """Return the hidden field that says which version the editor saw."""
    return StringField(
        VERSION,
        exclude_from_list=True,
        exclude_from_detail=True,
        exclude_from_create=True,
        form_template="fields/form/version.html",
        label_template="fields/form/no_label.html",
    )


async def _parse_upload(field: FileField, form: FormData) -> tuple[UploadFile | None, bool]:
    """Return the file that was sent, if any, and whether the one there should go."""
    given = form.get(field.id)
    if not isinstance(given, UploadFile) or is_empty_file(given.file):
        given = None
    return given, form.get(f"_{field.id}-delete") == "on"


class UploadField(FileField):
    """A file; text in its place counts as none."""

    async def parse_form_data(
        self, request: Request, form_data: FormData
    ) -> tuple[UploadFile | list[UploadFile] | None, bool]:
        """Return the file and whether the one there should go."""
        del request
        return await _parse_upload(self, form_data)


class PictureField(ImageField):
    """A picture. The API looks into it, not the form."""

    async def parse_form_data(
        self, request: Request, form_data: FormData
    ) -> tuple[UploadFile | list[UploadFile] | None, bool]:
        """Return the picture and whether the one there should go."""
        del request
        return await _parse_upload(self, form_data)


def picture_field(name: str, help_text: str) -> PictureField:
    """Return a field for a picture."""
    field = PictureField(
        name,
        accept="image/jpeg,image/png,image/webp,image/gif",
        max_size=10_000_000,
        help_text=help_text,
        exclude_from_create=True,
        orderable=False,
    )
    field.validators = []
    return field


def as_picture(url: str | None) -> dict[str, str] | None:
    """Return an address as a picture field shows it."""
    return {"url": url, "filename": url.rpartition("/")[2]} if url else None


def changed(data: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """Return what differs; an empty field stands for nothing there."""
    given = {name: _plain(value) for name, value in data.items()}
    return {name: value for name, value in given.items() if value != _plain(before.get(name))}


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip().replace("\r\n", "\n") or None
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value


class ApiView(BaseModelView):
    """A list of things that the API has at `path`, found by `pk_attr`.

    `sorts` are the API's names of sorts by field; `aliases` the form's fields by the API's names.
    """

    path: ClassVar[str]
    sorts: ClassVar[Mapping[str, str]] = {}
    aliases: ClassVar[Mapping[str, str]] = {}
    list_params: ClassVar[Mapping[str, Any]] = BASE_LANGUAGE
    main_field: ClassVar[str] = "name"

    key: str
    pk_attr = "slug"
    page_size = 25
    page_size_options: Sequence[int] = (10, 25, 50, 100)
    exporters = ()
    importers = ()
    actions: Sequence[str] | None = ()
    row_actions: Sequence[str] | None = ("view", "edit", "delete")
    fields_default_sort: Sequence[tuple[str, bool] | str] | None = ()
    column_visibility = False

    def can_export(self, request: Request) -> bool:
        """Exports are the API's."""
        del request
        return False

    def can_import(self, request: Request) -> bool:
        """Imports are jobs, with a page of their own."""
        del request
        return False

    def from_api(self, item: dict[str, Any]) -> SimpleNamespace:
        """Return one of the API's things as the fields read it."""
        return SimpleNamespace(**item)

    async def _page(
        self, request: Request, page: int, limit: int, q: str | None, sorts: Any
    ) -> dict[str, Any]:
        """Return one page of the API."""
        params: dict[str, Any] = {**self.list_params, "page": page, "limit": limit}
        if q:
            params["q"] = q
        if sorts and sorts[0][0] in self.sorts and not q:
            params["sort"] = self._sort(*sorts[0])
        answer: dict[str, Any] = (await call(request, "GET", self.path, params=params)).json()
        request.scope[f"marquee.total.{self.key}.{q}"] = answer["total"]
        return answer

    def _sort(self, field: str, direction: str) -> str:
        name = self.sorts[field]
        natural = "asc" if name == "title" else "desc"
        return name if direction == natural else f"-{name}"

    async def find_all(
        self,
        request: Request,
        skip: int = 0,
        limit: int = 100,
        q: str | None = None,
        sorts: Sequence[tuple[str, str]] | None = None,
        filters: Any = None,
    ) -> Sequence[Any]:
        """Return one page."""
        del filters
        size = limit if 0 < limit <= 100 else 100  # noqa: PLR2004 - the API's longest page
        answer = await self._page(request, skip // size + 1, size, q, sorts)
        return [self.from_api(item) for item in answer["items"]]

    async def count(self, request: Request, q: str | None = None, filters: Any = None) -> int:
        """Return how many there are, as the page just read says."""
        del filters
        known: int | None = request.scope.get(f"marquee.total.{self.key}.{q}")
        if known is not None:
            return known
        total: int = (await self._page(request, 1, 1, q, None))["total"]
        return total

    async def find_by_pk(self, request: Request, pk: Any) -> Any:
        """Return one thing in full, with its version; None where there is none."""
        try:
            answer = await call(request, "GET", f"{self.path}/{pk}", params=BASE_LANGUAGE)
        except Refused:
            return None
        thing = self.from_api(answer.json())
        thing.version = answer.headers["etag"]
        return thing

    async def find_by_pks(self, request: Request, pks: list[Any]) -> Sequence[Any]:
        """Return several things; those that are gone are left out."""
        found = [await self.find_by_pk(request, pk) for pk in pks]
        return [thing for thing in found if thing is not None]

    async def create(self, request: Request, data: dict[str, Any]) -> Any:
        """Add a thing."""
        body = {k: v for k, v in self.to_api(changed(data, {})).items() if v not in (None, [], {})}
        try:
            answer = await call(request, "POST", self.path, json=body)
        except Refused as refused:
            raise self.form_error(refused) from refused
        return await self.find_by_pk(request, answer.json()["slug"])

    def to_api(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return changed fields as the API takes them."""
        return data

    async def edit(self, request: Request, pk: Any, data: dict[str, Any]) -> Any:
        """Change what differs, if nobody changed the thing since the form was opened."""
        version = str(data.pop(VERSION, None) or "") or None
        try:
            await self.write(request, pk, data, version)
        except Refused as refused:
            raise self.form_error(refused) from refused
        return await self.find_by_pk(request, pk)

    async def write(
        self, request: Request, pk: Any, data: dict[str, Any], version: str | None
    ) -> str | None:
        """Make the calls that an edit takes, each upon the version of the one before."""
        before = await self.find_by_pk(request, pk)
        change = self.to_api(changed(data, vars(before)))
        if not change:
            return version
        answer = await call(request, "PATCH", f"{self.path}/{pk}", json=change, if_match=version)
        return version_of(answer)

    async def put_picture(
        self, request: Request, path: str, given: tuple[Any, bool], version: str | None
    ) -> str | None:
        """Put or take away a picture, as the form says; return the version after it."""
        upload, remove = given
        if upload is not None:
            files = {"file": (upload.filename, await upload.read())}
            answer = await call(request, "PUT", path, files=files, if_match=version)
            return version_of(answer)
        if remove:
            await call(request, "DELETE", path, if_match=version)
            return None
        return version

    async def delete(self, request: Request, pks: list[Any]) -> int | None:
        """Take things out of sight; the API can restore them."""
        for pk in pks:
            try:
                await call(request, "DELETE", f"{self.path}/{pk}")
            except Refused as refused:
                raise refused.as_failed_action() from refused
        return len(pks)

    def form_error(self, refused: Refused) -> FormValidationError:
        """Return what a form shows about a refusal."""
        if refused.problem["status"] == STALE:
            words = "Somebody has changed this since you opened it. Open it again and repeat."
            return FormValidationError({self.main_field: words})
        return refused.as_form_error(self.aliases, self.main_field)

    async def repr(self, obj: Any, request: Request) -> str:
        """Return what a thing is called in messages."""
        del request
        return str(getattr(obj, self.main_field, obj))
