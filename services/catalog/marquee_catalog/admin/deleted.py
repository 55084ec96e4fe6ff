"""Deleted films in the panel, to be restored."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from starlette.requests import Request
from starlette_admin.actions import row_action
from starlette_admin.fields import BaseField, DateTimeField, IntegerField, StringField
from starlette_admin.flash import flash

from marquee_catalog.admin.calls import API, Refused, call
from marquee_catalog.admin.views import ApiView
from marquee_catalog.movies.repository import count_deleted, read_deleted
from marquee_shared.database import Database


class DeletedView(ApiView):
    """Films that were deleted and not merged, those deleted last first."""

    key = "deleted"
    path = "/v1/movies"
    display_name = "deleted film"
    menu_label = "Deleted films"
    icon = "fa fa-trash-can"
    main_field = "title"
    sortable_fields: Sequence[str] | None = ()
    row_actions: Sequence[str] | None = ("restore",)
    fields: Sequence[BaseField] = (
        StringField("title", orderable=False),
        IntegerField("year", orderable=False),
        StringField("slug", orderable=False),
        DateTimeField("deleted_at", label="Deleted", orderable=False),
    )

    def can_create(self, request: Request) -> bool:
        """Films are deleted where they are listed."""
        del request
        return False

    can_edit = can_delete = can_view_detail = can_create

    def _database(self, request: Request) -> Database:
        database: Database = request.scope[API].state.database
        return database

    async def find_all(
        self,
        request: Request,
        skip: int = 0,
        limit: int = 100,
        q: str | None = None,
        sorts: Sequence[tuple[str, str]] | None = None,
        filters: Any = None,
    ) -> Sequence[Any]:
        """Return one page, by a part of the title."""
        del sorts, filters
        async with self._database(request).reading() as session:
            return await read_deleted(session, q, offset=skip, limit=limit)

    async def count(self, request: Request, q: str | None = None, filters: Any = None) -> int:
        """Return how many there are."""
        del filters
        async with self._database(request).reading() as session:
            return await count_deleted(session, q)

    async def find_by_pk(self, request: Request, pk: Any) -> Any:
        """Return one, for its action."""
        del request
        return SimpleNamespace(slug=pk)

    @row_action("restore", "Restore", confirmation="Show this film again?",
                icon_class="fa fa-trash-arrow-up", submit_btn_text="Restore")  # fmt: skip
    async def restore(self, request: Request, pk: Any) -> None:
        """Bring a film back."""
        try:
            film = (await call(request, "POST", f"{self.path}/{pk}/restore")).json()
        except Refused as refused:
            raise refused.as_failed_action() from refused
        flash(request, f"{film['title']} is shown again.", "success")
