"""Mails by SMTP.

`smtps://` speaks TLS from the beginning. `smtp://` uses STARTTLS where the server has it, and
insists on it before a password leaves this machine.
"""

import ipaddress
from email.message import EmailMessage
from typing import Final
from urllib.parse import unquote, urlsplit

import aiosmtplib

from marquee_shared.jobs import JobFailed, TryAgain

TIMEOUT_SECONDS: Final = 20.0
PERMANENT: Final = 500
"""SMTP replies from here on mean never; below, later."""


async def send_by_smtp(message: EmailMessage, url: str) -> None:
    """Hand a message to the server of a URL.

    Raises:
        TryAgain: it is out of reach, breaks off, lets nobody in, or says later.
        JobFailed: it says never to this sender, recipient or text.
    """
    parts = urlsplit(url)
    implicit = parts.scheme == "smtps"
    host = parts.hostname or "127.0.0.1"
    start_tls = True if parts.username and not _is_here(host) else None
    try:
        await aiosmtplib.send(
            message,
            hostname=host,
            port=parts.port or (465 if implicit else 587),
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            use_tls=implicit,
            start_tls=False if implicit else start_tls,
            timeout=TIMEOUT_SECONDS,
        )
    except aiosmtplib.SMTPRecipientsRefused as refused:
        codes = [recipient.code for recipient in refused.recipients]
        raise _verdict(max(codes, default=0), "recipient refused") from refused
    except (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPDataError) as answer:
        raise _verdict(answer.code, type(answer).__name__) from answer
    except (aiosmtplib.SMTPException, OSError) as error:
        raise TryAgain(f"mail server: {type(error).__name__}") from error


def _verdict(code: int, what: str) -> Exception:
    """Return what a job raises; the server's own words may hold the address."""
    said = f"mail server: {what} ({code})"
    return JobFailed(said) if code >= PERMANENT else TryAgain(said)


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
