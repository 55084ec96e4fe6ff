"""Jobs of security events."""

from uuid import UUID

from marquee_identity.mails.delivery import TRIES, deliver
from marquee_identity.mails.texts import notice_mail
from marquee_identity.security.repository import find_event
from marquee_identity.security.service import NOTICE_MAIL
from marquee_identity.users.repository import find_user
from marquee_shared.jobs import JobRun, Jobs


def register(jobs: Jobs) -> None:
    """Register the job that mails events."""
    jobs.job(NOTICE_MAIL, tries=TRIES)(send_security_notice)


async def send_security_notice(
    job: JobRun, *, event_id: str, language: str, email: str | None
) -> dict[str, bool]:
    """Mail a security event; one whose member has been erased is not."""
    async with job.context.database.reading() as session:
        event = await find_event(session, UUID(event_id))
        user = await find_user(session, event.user_id) if event is not None else None
    if event is None or user is None or (address := email or user.email) is None:
        return {"sent": False}
    mail = notice_mail(
        event.kind,
        language,
        name=user.name,
        at=event.created_at,
        device=event.device,
        address=event.address,
    )
    await deliver(mail, address, job.context.settings)
    return {"sent": True}
