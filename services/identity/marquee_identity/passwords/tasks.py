"""Jobs of passwords."""

from uuid import UUID

from marquee_identity.accounts import codes
from marquee_identity.accounts.errors import CodeJustSent
from marquee_identity.accounts.service import mail_code
from marquee_identity.passwords.service import RESET
from marquee_identity.users.repository import lock_user
from marquee_shared.jobs import JobRun, Jobs


def register(jobs: Jobs) -> None:
    """Register the job that begins a reset."""
    jobs.job(RESET)(start_password_reset)


async def start_password_reset(
    job: JobRun, *, user_id: str | None, language: str
) -> dict[str, bool]:
    """Have a code mailed to a member; whoever asked has long been answered.

    An account that does not exist has a job too, so that asking costs the same. One mail a minute.
    """
    if user_id is None:
        return {"wanted": False}
    async with job.context.database.transaction() as session:
        user = await lock_user(session, UUID(user_id))
        if user is None or user.email is None:
            return {"wanted": False}
        try:
            await mail_code(session, job.context, user, codes.RESET_PASSWORD, language)
        except CodeJustSent:
            return {"wanted": False}
    return {"wanted": True}
