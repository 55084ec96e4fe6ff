"""Jobs of accounts."""

from uuid import UUID

from marquee_identity.accounts import codes, repository
from marquee_identity.accounts.service import VERIFICATION_MAIL
from marquee_identity.mails.delivery import deliver
from marquee_identity.mails.texts import verification_mail
from marquee_identity.users.repository import find_user
from marquee_shared.jobs import JobRun, Jobs

jobs = Jobs()


@jobs.job(VERIFICATION_MAIL)
async def send_verification_mail(job: JobRun, *, user_id: str, language: str) -> dict[str, bool]:
    """Make a code, keep its hash, and mail it.

    The code is made here so that it stands in no table, the job's own included. Run again, the
    job mails another, and only the last one counts.
    """
    settings = job.context.settings
    member = UUID(user_id)
    code = codes.new_code()
    stored = codes.code_hash(settings.secret_key, member, codes.VERIFY_EMAIL, code)
    async with job.context.database.transaction() as session:
        user = await find_user(session, member)
        if user is None or user.email is None or user.verified:
            return {"sent": False}
        wanted = await repository.set_code(
            session, member, codes.VERIFY_EMAIL, stored, lifetime=codes.LIFETIME_SECONDS
        )
        name, address = user.name, user.email
    if wanted:
        await deliver(verification_mail(language, name=name, code=code), address, settings)
    return {"sent": wanted}
