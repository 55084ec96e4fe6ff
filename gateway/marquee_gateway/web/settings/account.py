"""Language, e-mail address, password."""

from typing import Final

from starlette.responses import Response

from marquee_gateway.web.api import Answer
from marquee_gateway.web.forms import Form
from marquee_gateway.web.pages import Pages
from marquee_gateway.web.visit import Visit

pages = Pages()

PAGE: Final = "/settings/account"
CONFIRM: Final = "/settings/email"
WRONG: Final = "wrong_password"


@pages.get(PAGE, member=True)
async def show_account(visit: Visit) -> Response:
    """Show the three forms."""
    return await _show(visit)


@pages.post("/settings/language", member=True)
async def change_language(visit: Visit) -> Response:
    """Speak another language from the next page on."""
    answer = await visit.api.put("/v1/me/language", {"language": visit.form["language"]})
    if answer.ok:
        await visit.remember({"language": answer.data["language"]})
        visit.speak_own_language()
        await visit.renew()
    return visit.done(answer, PAGE, "settings.saved")


@pages.post("/settings/password", member=True)
async def change_password(visit: Visit) -> Response:
    """Set a new password; every other session ends."""
    form = visit.form
    body = {name: form[name] for name in ("current_password", "new_password")}
    answer = await visit.api.put("/v1/me/password", body)
    if answer.ok:
        return visit.redirect(PAGE, "settings.password_changed")
    return await _refused(visit, answer, "password", "current_password")


@pages.post("/settings/email", member=True)
async def change_email(visit: Visit) -> Response:
    """Have a code sent to another address."""
    form = visit.form
    body = {"email": form["email"], "current_password": form["email_password"] or None}
    answer = await visit.api.put("/v1/me/email", body)
    if answer.ok:
        return visit.redirect(CONFIRM, "settings.code_sent", email=form["email"])
    return await _refused(visit, answer, "email", "email_password")


@pages.get(CONFIRM, member=True)
async def ask_for_code(visit: Visit) -> Response:
    """Ask for the code that went to the new address."""
    return await visit.render("settings/email.html", tab="account")


@pages.post("/settings/email/confirm", member=True)
async def confirm_email(visit: Visit) -> Response:
    """Make the new address the member's."""
    code = "".join(visit.form["code"].split())
    answer = await visit.api.post("/v1/me/email/confirm", {"code": code})
    if not answer.ok:
        form = visit.form.refused(answer)
        if not form.errors:
            form.wrong("code", form.message).message = ""
        return await visit.render("settings/email.html", answer.status, tab="account", form=form)
    await visit.remember(answer.data)
    return visit.redirect(PAGE, "settings.email_changed")


async def _refused(visit: Visit, answer: Answer, failed: str, password: str) -> Response:
    form = visit.form.refused(answer, current_password=password)
    if answer.code == WRONG:
        form.wrong(password, answer.detail).message = ""
    elif answer.code in {"email_taken", "same_email"}:
        form.wrong("email", answer.detail).message = ""
    return await _show(visit, form, failed, answer.status)


async def _show(
    visit: Visit, form: Form | None = None, failed: str = "", status: int = 200
) -> Response:
    form = form or Form()
    return await visit.render(
        "settings/account.html", status, tab="account", form=form, failed=failed
    )
