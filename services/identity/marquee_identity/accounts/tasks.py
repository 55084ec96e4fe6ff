"""Jobs of accounts."""

from uuid import UUID

from marquee_identity.accounts import codes, repository
from marquee_identity.accounts.service import CODE_MAIL
from marquee_identity.mails.delivery import TRIES, deliver
from marquee_identity.mails.texts import code_mail
from marquee_identity.users.names import email_key
from marquee_identity.users.repository import find_user, find_user_by_email
from marquee_shared.jobs import JobRun, Jobs


def register(jobs: Jobs) -> None:
    """Register the job that mails codes."""
    jobs.job(CODE_MAIL, tries=TRIES)(send_code_mail)


async def send_code_mail(
    job: JobRun, *, user_id: str, purpose: str, language: str
) -> dict[str, bool]:
    """Make a code, keep its hash, and mail it.

    The code is made here so that it stands in no table, the job's own included. Run again, the
    job mails another, and only the last one counts.
    """
    settings = job.context.settings
    member = UUID(user_id)
    code = codes.new_code()
    stored = codes.code_hash(settings.secret_key, member, purpose, code)
    async with job.context.database.transaction() as session:
        user = await find_user(session, member)
        if user is None or (purpose == codes.VERIFY_EMAIL and user.verified):
            return {"sent": False}
        wanted = await repository.set_code(
            session, member, purpose, stored, lifetime=codes.LIFETIME_SECONDS
        )
        if wanted is None or (address := wanted.email or user.email) is None:
            return {"sent": False}
        owner = await find_user_by_email(session, email_key(address))
    if owner is not None and owner.id != member:
        return {"sent": False}  # its owner is not to be bothered, nor the asker told
    mail = code_mail(purpose, language, name=user.name, code=code)
    await deliver(mail, address, settings)
    return {"sent": True}
