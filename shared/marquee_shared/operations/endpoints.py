"""Routes of operating one service."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response, status

from marquee_shared.auth.dependencies import require_role
from marquee_shared.auth.principals import Principal
from marquee_shared.jobs import State
from marquee_shared.operations import service as operations
from marquee_shared.operations.schemas import OperatedJob, Overview, Schedule
from marquee_shared.pagination import CursorPage, CursorWindowDep
from marquee_shared.routing import new_router
from marquee_shared.service import Context, Service
from marquee_shared.sessions import ReadSessionDep, WriteSessionDep

Operator = Annotated[Principal, Depends(require_role("administrator"))]
TaskName = Annotated[str, Path(max_length=100)]
ACCEPTED: dict[int | str, dict[str, Any]] = {
    status.HTTP_202_ACCEPTED: {"headers": {"Location": {"schema": {"type": "string"}}}}
}


def operations_router(service: Service[Any]) -> APIRouter:
    """Return the routes by which administrators operate this service."""
    prefix = f"/v1/operations/{service.name}"
    router: APIRouter = new_router(prefix=prefix, tags=["operations"])

    def accepted(response: Response, job: OperatedJob) -> OperatedJob:
        response.headers["Location"] = f"{prefix}/jobs/{job.id}"
        return job

    @router.get("")
    async def get_overview(
        session: ReadSessionDep, _operator: Operator, request: Request
    ) -> Overview:
        """Return what waits, runs and failed, and whether a worker is there. Administrators."""
        context: Context[Any] = request.app.state.context
        return await operations.get_overview(session, context, service)

    @router.get("/jobs")
    async def list_jobs(
        session: ReadSessionDep,
        _operator: Operator,
        window: CursorWindowDep,
        state: Annotated[State | None, Query(description="Only those that stand so.")] = None,
        kind: Annotated[str | None, Query(max_length=100)] = None,
    ) -> CursorPage[OperatedJob]:
        """List jobs of every kind, newest first. Administrators."""
        found = await operations.list_operated_jobs(
            session,
            kind=kind,
            state=state,
            before=UUID(window.after[0]) if window.after else None,
            limit=window.limit + 1,
        )
        return CursorPage(
            items=found[: window.limit],
            next_cursor=window.next_cursor([(str(job.id),) for job in found]),
        )

    @router.get("/jobs/{job_id}")
    async def get_job(job_id: UUID, session: ReadSessionDep, _operator: Operator) -> OperatedJob:
        """Return a job of any kind. Administrators."""
        return await operations.get_operated_job(session, job_id)

    @router.post("/jobs/{job_id}/retry", status_code=202, responses=ACCEPTED)
    async def retry_job(
        job_id: UUID,
        session: WriteSessionDep,
        _operator: Operator,
        request: Request,
        response: Response,
    ) -> OperatedJob:
        """Queue a failed or cancelled job again; others are 409 `job_not_retryable`."""
        context: Context[Any] = request.app.state.context
        return accepted(response, await operations.retry_job(session, context, job_id))

    @router.post("/jobs/{job_id}/cancel")
    async def cancel_job(
        job_id: UUID, session: WriteSessionDep, _operator: Operator
    ) -> OperatedJob:
        """Cancel a job: a running one stops at its next report, an ended one stays as it is."""
        return await operations.stop_job(session, job_id)

    @router.get("/schedule")
    async def get_schedule(session: ReadSessionDep, _operator: Operator) -> Schedule:
        """Return what runs by the clock: when, when next, and how the last run ended."""
        return Schedule(items=await operations.read_schedule(session, service))

    @router.post("/schedule/{name}/run", status_code=202, responses=ACCEPTED)
    async def run_task(
        name: TaskName,
        session: WriteSessionDep,
        operator: Operator,
        request: Request,
        response: Response,
    ) -> OperatedJob:
        """Run a scheduled task now; 409 `task_running` while the run before has not ended."""
        context: Context[Any] = request.app.state.context
        task = operations.find_task(service, name)
        job_id = await operations.start_task(session, context, task, requested_by=operator.id)
        return accepted(response, await operations.get_operated_job(session, job_id))

    return router
