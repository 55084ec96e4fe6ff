"""Imports, jobs and the schedule in the panel."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any, ClassVar, get_args

import orjson
from starlette.requests import Request
from starlette_admin.actions import row_action
from starlette_admin.fields import (
    BaseField,
    BooleanField,
    DateTimeField,
    EnumField,
    StringField,
    TextAreaField,
)
from starlette_admin.flash import flash

from marquee_catalog.admin.calls import Refused, call
from marquee_catalog.admin.views import ApiView, UploadField
from marquee_catalog.imports.sources import AnySource
from marquee_catalog.imports.tmdb import SOURCE as TMDB
from marquee_catalog.imports.tmdb.listings import Films
from marquee_shared.auth.principals import Principal
from marquee_shared.jobs import JobRead

SHOWN = 100
OPERATIONS = "/v1/operations/catalog"


def progress(job: JobRead) -> str:
    """Return how far a job is, in words."""
    done, total = job.progress.done, job.progress.total
    if total:
        return f"{done:,} of {total:,} ({100 * done // total} %)"
    return f"{done:,}" if done else "not begun"


class NewestFirst(ApiView):
    """A list that the API gives newest first, by cursor: the panel shows its beginning."""

    pk_attr = "id"
    main_field = "kind"
    list_params: ClassVar[Mapping[str, Any]] = {"limit": SHOWN}
    fields_default_sort = ()
    page_size = SHOWN
    page_size_options: Sequence[int] = (SHOWN,)
    row_actions: Sequence[str] | None = ("view",)
    detail_template = "running.html"

    def can_edit(self, request: Request) -> bool:
        """What ran is not edited."""
        del request
        return False

    def can_delete(self, request: Request) -> bool:
        """Nor deleted."""
        del request
        return False

    async def _newest(self, request: Request) -> list[Any]:
        name = f"marquee.newest.{self.key}"
        if name not in request.scope:
            answer = (await call(request, "GET", self.path, params=self.list_params)).json()
            request.scope[name] = [self.from_api(item) for item in answer["items"]]
        found: list[Any] = request.scope[name]
        return found

    async def find_all(
        self,
        request: Request,
        skip: int = 0,
        limit: int = 100,
        q: str | None = None,
        sorts: Sequence[tuple[str, str]] | None = None,
        filters: Any = None,
    ) -> Sequence[Any]:
        """Return the newest."""
        del q, sorts, filters
        return (await self._newest(request))[skip : skip + limit]

    async def count(self, request: Request, q: str | None = None, filters: Any = None) -> int:
        """Return how many are shown."""
        del q, filters
        return len(await self._newest(request))

    async def find_by_pk(self, request: Request, pk: Any) -> Any:
        """Return one job."""
        try:
            answer = await call(request, "GET", f"{self.path}/{pk}")
        except Refused:
            return None
        return self.from_api(answer.json())

    def from_api(self, item: dict[str, Any]) -> SimpleNamespace:
        """Return a job as the fields read it."""
        job = JobRead.model_validate(item)
        refused = item.get("rejected") or ()
        result = item["result"]
        return SimpleNamespace(
            **{name: getattr(job, name) for name in ("id", "kind", "state", "error", "created_at",
                                                      "started_at", "finished_at")},
            progress=progress(job),
            running=job.state in ("queued", "running"),
            attempts=item.get("attempts"),
            result=orjson.dumps(result, option=orjson.OPT_INDENT_2).decode() if result else None,
            rejected="\n".join(f"{r['file']}:{r['line']}  {r['reason']}" for r in refused) or None,
        )  # fmt: skip


TIMES: list[BaseField] = [
    DateTimeField("created_at", label="Asked for", exclude_from_create=True, orderable=False),
    DateTimeField("started_at", label="Begun", exclude_from_create=True, exclude_from_list=True),
    DateTimeField("finished_at", label="Ended", exclude_from_create=True, orderable=False),
]
OUTCOME: list[BaseField] = [
    StringField("state", exclude_from_create=True, orderable=False),
    StringField("progress", exclude_from_create=True, orderable=False),
    StringField("error", exclude_from_create=True, orderable=False),
]


def _only_in_detail(name: str, label: str) -> TextAreaField:
    return TextAreaField(name, label=label, exclude_from_list=True, exclude_from_create=True)


class ImportView(NewestFirst):
    """Imports: upload a data set, follow it, read what it refused."""

    key = "imports"
    path = "/v1/imports"
    display_name = "import"
    menu_label = "Imports"
    icon = "fa fa-file-import"
    aliases: ClassVar = {name: name for name in ("file", "source", "films", "ids")}
    fields: Sequence[BaseField] = (
        StringField("id", exclude_from_create=True, orderable=False),
        UploadField("file", accept=None, exclude_from_list=True, exclude_from_detail=True,
                  max_size=10_000_000, help_text="At most 10 MB; larger ones by the command line."),
        EnumField("source", choices=get_args(AnySource), required=True, exclude_from_list=True,
                  exclude_from_detail=True),
        EnumField("films", label="Films of TMDB", choices=get_args(Films), exclude_from_list=True,
                  exclude_from_detail=True, help_text="TMDB only, in place of a file: those we "
                  "have, those of them that changed there, or the most popular ones."),
        StringField("ids", label="TMDB ids", exclude_from_list=True, exclude_from_detail=True,
                    help_text="TMDB only: or these films, comma-separated."),
        BooleanField("add_new", label="Add films that we do not have (Wikipedia)",
                     exclude_from_list=True, exclude_from_detail=True),
        BooleanField("dry_run", label="Only say what it would find", exclude_from_list=True,
                     exclude_from_detail=True),
        *OUTCOME,
        *TIMES,
        _only_in_detail("result", "Result"),
        _only_in_detail("rejected", "Rows that were refused"),
    )  # fmt: skip

    async def create(self, request: Request, data: dict[str, Any]) -> Any:
        """Queue an import."""
        upload, _ = data["file"]
        form = {"source": data["source"]}
        form |= {name: "true" for name in ("dry_run", "add_new") if data[name]}
        form |= {name: data[name].replace(" ", "") for name in ("films", "ids") if data[name]}
        file = (upload.filename, await upload.read()) if upload else ("", b"")
        files = {"file": file} if upload or form["source"] != TMDB else None
        try:
            answer = await call(request, "POST", self.path, files=files, data=form)
        except Refused as refused:
            raise self.form_error(refused) from refused
        return self.from_api(answer.json())


class ForAdministrators(NewestFirst):
    """What administrators alone see."""

    def is_accessible(self, request: Request) -> bool:
        """Whether the signed-in member may operate the service."""
        principal: Principal | None = getattr(request.state, "principal", None)
        return principal is not None and principal.has_role("administrator")

    def can_create(self, request: Request) -> bool:
        """Jobs are asked for where they belong."""
        del request
        return False

    async def act(self, request: Request, path: str, done: str) -> None:
        """Call the API for a row, and say that it was done."""
        try:
            await call(request, "POST", path)
        except Refused as refused:
            raise refused.as_failed_action() from refused
        flash(request, done, "success")


class JobView(ForAdministrators):
    """Every job of the catalog: what waits, runs, failed; retry and cancel."""

    key = "jobs"
    path = f"{OPERATIONS}/jobs"
    display_name = "job"
    menu_label = "Jobs"
    icon = "fa fa-gears"
    row_actions = ("view", "retry", "cancel")
    fields: Sequence[BaseField] = (
        StringField("id", exclude_from_list=True),
        StringField("kind", orderable=False),
        *OUTCOME,
        *TIMES,
        StringField("attempts", exclude_from_list=True),
        _only_in_detail("result", "Result"),
    )

    async def is_row_action_allowed_for_obj(self, request: Request, name: str, obj: Any) -> bool:
        """Offer only what can be done."""
        del request
        if name == "retry":
            return obj.state in ("failed", "cancelled")
        return obj.running if name == "cancel" else True

    @row_action("retry", "Try again", confirmation="Queue this job again?",
                icon_class="fa fa-rotate-right", submit_btn_text="Try again")  # fmt: skip
    async def retry(self, request: Request, pk: Any) -> None:
        """Queue a failed job again."""
        await self.act(request, f"{self.path}/{pk}/retry", "The job is queued again.")

    @row_action("cancel", "Cancel", confirmation="Stop this job at its next report?",
                icon_class="fa fa-ban", submit_btn_text="Cancel the job")  # fmt: skip
    async def cancel(self, request: Request, pk: Any) -> None:
        """Stop a job."""
        await self.act(request, f"{self.path}/{pk}/cancel", "The job is cancelled.")


class ScheduleView(ForAdministrators):
    """What runs by the clock; run it now."""

    key = "schedule"
    path = f"{OPERATIONS}/schedule"
    display_name = "scheduled task"
    menu_label = "Schedule"
    icon = "fa fa-clock"
    pk_attr = "name"
    main_field = "name"
    list_params: ClassVar[Mapping[str, Any]] = {}
    row_actions = ("run",)
    fields: Sequence[BaseField] = (
        StringField("name", orderable=False),
        StringField("description", orderable=False),
        StringField("cron", label="When (UTC)", orderable=False),
        DateTimeField("next_run", orderable=False),
        StringField("last_state", label="Last run", orderable=False),
        DateTimeField("last_at", label="Ended", orderable=False),
    )

    def can_view_detail(self, request: Request) -> bool:
        """The list says it all."""
        del request
        return False

    def from_api(self, item: dict[str, Any]) -> SimpleNamespace:
        """Return a task as the fields read it."""
        last = item["last_run"]
        ended = JobRead.model_validate(last).finished_at if last else None
        return SimpleNamespace(
            **{name: item[name] for name in ("name", "description", "cron")},
            next_run=datetime.fromisoformat(item["next_run"]),
            last_state=last["state"] if last else None,
            last_at=ended,
        )

    async def find_by_pk(self, request: Request, pk: Any) -> Any:
        """Return one task."""
        return next((task for task in await self._newest(request) if task.name == pk), None)

    @row_action("run", "Run now", confirmation="Run this task now?",
                icon_class="fa fa-play", submit_btn_text="Run now")  # fmt: skip
    async def run(self, request: Request, pk: Any) -> None:
        """Run a task now."""
        await self.act(request, f"{self.path}/{pk}/run", "The task is queued; see Jobs.")
