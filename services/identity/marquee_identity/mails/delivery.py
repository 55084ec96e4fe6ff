"""How mails leave: by SMTP where `SMTP_URL` is set, else as `*.eml` files in the mail folder."""

import asyncio
import os
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Final

from uuid6 import uuid7

from marquee_identity.mails.smtp import send_by_smtp
from marquee_identity.mails.texts import Mail
from marquee_identity.settings import IdentitySettings

TRIES: Final = 8
"""How often a mail is tried, over 73 minutes, before it is given up."""


def compose(mail: Mail, *, sender: str, recipient: str) -> EmailMessage:
    """Return the message, plain text with an HTML alternative."""
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = recipient
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = make_msgid(domain="marquee.example")
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    message["Content-Language"] = mail.language  # setting content drops `Content-*`
    return message


async def deliver(mail: Mail, recipient: str, settings: IdentitySettings) -> None:
    """Send a mail, or write it to the mail folder where no server is set.

    Raises:
        TryAgain: the server is out of reach, or says later.
        JobFailed: the server says never.
    """
    message = compose(mail, sender=settings.mail_from, recipient=recipient)
    if settings.smtp_url is not None:
        await send_by_smtp(message, settings.smtp_url.get_secret_value())
    else:
        await asyncio.to_thread(_write, settings.mail_folder, message.as_bytes())


def _write(folder: Path, content: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = str(uuid7())
    partial = folder / f".{name}.partial"
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    partial.replace(folder / f"{name}.eml")
