"""How others see the member: names, words, country, picture."""

from typing import Final

from starlette.responses import Response

from marquee_gateway.web.forms import Form
from marquee_gateway.web.pages import Pages
from marquee_gateway.web.visit import Visit

pages = Pages()

FIELDS: Final = ("first_name", "last_name", "bio", "country")
PAGE: Final = "/settings"
AVATAR: Final = "/v1/me/avatar"


@pages.get(PAGE, member=True)
async def show_profile(visit: Visit) -> Response:
    """Show what there is to change."""
    me = (await visit.api.get("/v1/me")).required().data
    return await _show(visit, Form.of(me))


@pages.post(PAGE, member=True)
async def change_profile(visit: Visit) -> Response:
    """Change it; a name that is taken is told beside its field."""
    form = visit.form
    body = {**form.given(*FIELDS), "username": form["username"]}
    answer = await visit.api.patch("/v1/me", body)
    if not answer.ok:
        form.refused(answer)
        if answer.code == "username_taken":
            form.wrong("username", answer.detail).message = ""
        return await _show(visit, form, answer.status)
    await visit.remember(answer.data)
    return visit.redirect(PAGE, "settings.saved")


@pages.post("/settings/avatar", member=True)
async def change_avatar(visit: Visit) -> Response:
    """Show another picture, or none."""
    if visit.form["do"] == "remove":
        answer = await visit.api.delete(AVATAR)
        if answer.ok:
            await visit.remember({"avatar_url": None})
        return visit.done(answer, PAGE, "settings.avatar_removed")
    file = visit.form.files.get("file")
    if file is None:
        return await _refused(visit, 422, visit.t("settings.no_file"))
    answer = await visit.api.upload(
        "PUT", AVATAR, filename=file.filename or "picture", content=await file.read()
    )
    if not answer.ok:
        details = [error["detail"] for error in answer.errors] or [answer.detail]
        return await _refused(visit, answer.status, " ".join(details))
    await visit.remember({"avatar_url": answer.data["avatar_url"]})
    return visit.redirect(PAGE, "settings.avatar_changed")


async def _refused(visit: Visit, status: int, detail: str) -> Response:
    me = (await visit.api.get("/v1/me")).required().data
    return await _show(visit, Form.of(me).wrong("file", detail), status)


async def _show(visit: Visit, form: Form, status: int = 200) -> Response:
    return await visit.render("settings/profile.html", status, tab="profile", form=form)
