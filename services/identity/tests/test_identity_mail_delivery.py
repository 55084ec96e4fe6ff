"""Mails over SMTP, against a server of our own that answers as it is told."""

import asyncio
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest
import pytest_asyncio
from sqlalchemy import text

from marquee_identity.app import JOBS
from marquee_identity.mails import smtp
from marquee_identity.mails.texts import code_mail, notice_mail
from marquee_identity.mails.words import CODES, COMMON, NOTICES
from marquee_identity.settings import IdentitySettings
from marquee_shared.jobs import run_job, unfinished_jobs
from marquee_shared.languages import LANGUAGES


class MailServer:
    """Speaks SMTP on a free port; `answers` replaces what it says to a command."""

    def __init__(self):
        self.mails = []
        self.answers = {}
        self.sessions = 0

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._server.close()
        await self._server.wait_closed()

    async def _talk(self, reader, writer):
        self.sessions += 1
        try:
            writer.write(b"220 ready\r\n")
            while line := (await reader.readline()).decode():
                command = line.strip().partition(" ")[0].upper()
                if command == "DATA" and "DATA" not in self.answers:
                    writer.write(b"354 go on\r\n")
                    content = await reader.readuntil(b"\r\n.\r\n")
                    self.mails.append(message_from_bytes(content[:-5], policy=default))
                answer = self.answers.get(command, "250 fine" if command != "QUIT" else "221 bye")
                if answer is None:
                    break  # breaks off in the middle of a mail
                writer.write(f"{answer}\r\n".encode())
                if command == "QUIT":
                    break
        finally:
            writer.close()


@pytest_asyncio.fixture
async def server():
    async with MailServer() as running:
        yield running


@pytest.fixture
def settings(settings, server):
    return settings.model_copy(update={"smtp_url": smtp_url(f"127.0.0.1:{server.port}")})


def smtp_url(place):
    return IdentitySettings(smtp_url=f"smtp://{place}", _env_file=None, environment="test").smtp_url


async def state(database):
    async with database.reading() as session:
        row = await session.execute(text("SELECT state, error, attempts FROM jobs"))
        return tuple(row.one())


async def pass_time(database):
    async with database.transaction() as session:
        await session.execute(text("UPDATE jobs SET started_at = started_at - interval '2 h'"))


async def test_mail_arrives_whole_in_both_forms(sign_up, run_jobs, server, mails):
    await sign_up("ada", language="fr")
    await run_jobs()
    (mail,) = server.mails
    assert mail["To"] == "ada@mail.example"
    assert mail["Content-Language"] == "fr"
    assert "confirme votre adresse" in mail.get_body(("plain",)).get_content()
    assert "confirme votre adresse" in mail.get_body(("html",)).get_content()
    assert mails() == []


@pytest.mark.parametrize(
    ("command", "answer"),
    [("MAIL", "451 not now"), ("RCPT", "450 busy"), ("DATA", "452 full"), ("DATA", None)],
)
async def test_server_that_says_later_or_breaks_off_is_tried_again(
    sign_up, run_jobs, server, database, command, answer
):
    await sign_up("ada")
    server.answers[command] = answer
    await run_jobs()
    assert (await state(database))[::2] == ("queued", 1)
    server.answers.clear()
    await run_jobs()
    assert server.mails == []  # not before its time
    await pass_time(database)
    await run_jobs()
    assert len(server.mails) == 1
    assert await state(database) == ("succeeded", None, 2)


async def test_refused_connection_is_tried_again_and_the_last_code_counts(
    client, sign_up, server, database, context, monkeypatch
):
    made = await sign_up("ada")
    away = smtp_url("127.0.0.1:1")  # nobody listens there
    monkeypatch.setattr(context, "settings", context.settings.model_copy(update={"smtp_url": away}))
    (job,) = await unfinished_jobs(context)
    await run_job(context, JOBS, job)
    assert (await state(database))[::2] == ("queued", 1)
    monkeypatch.undo()
    await pass_time(database)
    await run_job(context, JOBS, job)
    body = server.mails[0].get_body(("plain",)).get_content()
    code = next(word for word in body.split() if word.isdigit())
    answer = await client.post(
        "/v1/auth/verify-email", json={"code": code}, headers=made["headers"]
    )
    assert answer.status_code == 200


@pytest.mark.parametrize("command", ["RCPT", "DATA"])
async def test_server_that_says_never_is_not_tried_again(
    sign_up, run_jobs, server, database, command
):
    await sign_up("ada")
    server.answers[command] = "550 no such mailbox <ada@mail.example>"
    await run_jobs()
    found, error, tries = await state(database)
    assert (found, tries) == ("failed", 1)
    assert "550" in error
    assert "ada@" not in error


async def test_password_does_not_leave_unencrypted(sign_up, run_jobs, database, context, server):
    """A server elsewhere without STARTTLS gets neither password nor mail."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(smtp, "_is_here", lambda _host: False)
        secret = smtp_url(f"ada:secret@127.0.0.1:{server.port}")
        patch.setattr(context, "settings", context.settings.model_copy(update={"smtp_url": secret}))
        await sign_up("ada")
        await run_jobs()
    assert (await state(database))[0] == "queued"
    assert server.sessions == 1
    assert server.mails == []


@pytest.mark.parametrize("url", ["http://mail.example", "mail.example:25"])
def test_other_schemes_are_refused(url):
    with pytest.raises(ValueError, match="SMTP_URL"):
        IdentitySettings(smtp_url=url, _env_file=None, environment="test")


def test_without_a_url_mails_are_files():
    assert IdentitySettings(smtp_url="", _env_file=None, environment="test").smtp_url is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_mail_is_written_in_every_language(language):
    assert set(COMMON) == set(LANGUAGES)
    mails = [code_mail(kind, language, name="<Ada>", code="012345") for kind in CODES]
    at = datetime(2026, 2, 3, 4, 5, tzinfo=UTC)
    mails += [
        notice_mail(kind, language, name="<Ada>", at=at, device="<TV & Co>", address="192.0.2.1")
        for kind in NOTICES
    ]
    subjects = {mail.subject for mail in mails}
    assert len(subjects) == len(mails)
    for mail in mails:
        assert "<Ada>" in mail.text
        assert "<Ada>" not in mail.html
        assert "&lt;Ada&gt;" in mail.html
        assert f'<html lang="{language}">' in mail.html
    for mail in mails[len(CODES) :]:
        assert "2026-02-03 04:05 UTC" in mail.text
        assert "<TV & Co>" in mail.text
        assert "&lt;TV &amp; Co&gt;" in mail.html
