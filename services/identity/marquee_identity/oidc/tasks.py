"""Jobs of signing in by a provider."""

from uuid import UUID

from marquee_identity.avatars.service import avatars_store, keep_avatar
from marquee_identity.oidc.pictures import fetch_picture
from marquee_identity.oidc.service import PICTURE
from marquee_identity.users.repository import find_user, lock_user
from marquee_identity.users.service import tell_update
from marquee_shared.jobs import JobFailed, JobRun, Jobs
from marquee_shared.problems import Problem

TRIES = 4


def register(jobs: Jobs) -> None:
    """Register the job that takes a picture over."""
    jobs.job(PICTURE, tries=TRIES)(adopt_picture)


async def adopt_picture(job: JobRun, *, user_id: str, url: str) -> dict[str, bool]:
    """Show the provider's picture of a member who has chosen none, drawn anew in our sizes."""
    member = UUID(user_id)
    async with job.context.database.reading() as session:
        user = await find_user(session, member)
    if user is None or user.avatar_url is not None:
        return {"adopted": False}
    data = await fetch_picture(url, job.context.settings)
    try:
        address = await keep_avatar(avatars_store(job.context), member, data)
    except Problem as problem:
        raise JobFailed(problem.code) from problem
    async with job.context.database.transaction() as writing:
        user = await lock_user(writing, member)
        if user is None or user.avatar_url is not None:
            return {"adopted": False}
        user.avatar_url = address
        await tell_update(writing, user)
    return {"adopted": True}
