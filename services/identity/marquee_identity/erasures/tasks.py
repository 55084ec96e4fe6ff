"""Jobs of erasures."""

from uuid import UUID

from marquee_identity.erasures.repository import find_erasure
from marquee_identity.erasures.service import LEAVING_MAIL
from marquee_identity.mails.delivery import TRIES, deliver
from marquee_identity.mails.texts import leaving_mail
from marquee_identity.users.repository import find_user
from marquee_shared.jobs import JobRun, Jobs


def register(jobs: Jobs) -> None:
    """Register the job that tells who leaves how to come back."""
    jobs.job(LEAVING_MAIL, tries=TRIES)(send_leaving_mail)


async def send_leaving_mail(job: JobRun, *, erasure_id: str, language: str) -> dict[str, bool]:
    """Mail a member what they asked for; one who is back, or gone, is not bothered."""
    async with job.context.database.reading() as session:
        erasure = await find_erasure(session, UUID(erasure_id))
        leaving = erasure.user_id if erasure is not None else None
        user = await find_user(session, leaving) if leaving is not None else None
    if erasure is None or user is None or user.email is None:
        return {"sent": False}
    settings = job.context.settings
    receipt = f"{settings.public_url}/v1/erasures/{erasure.id}"
    mail = leaving_mail(language, name=user.name, until=erasure.due_at, receipt=receipt)
    await deliver(mail, user.email, settings)
    return {"sent": True}
