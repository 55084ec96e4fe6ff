"""A forgotten password: a code by mail, and a new one."""

from starlette.responses import Response

from marquee_gateway.web import links
from marquee_gateway.web.forms import Form
from marquee_gateway.web.pages import Pages
from marquee_gateway.web.visit import Visit

pages = Pages()


@pages.get("/forgotten")
async def ask_whose(visit: Visit) -> Response:
    """Ask for the address."""
    return await visit.render("account/forgotten.html")


@pages.post("/forgotten")
async def send_code(visit: Visit) -> Response:
    """Mail a code, where there is such an account; the page does not tell."""
    answer = await visit.api.post("/v1/auth/password-reset", {"email": visit.form["email"]})
    if not answer.ok:
        visit.form.refused(answer)
        return await visit.render("account/forgotten.html", answer.status)
    # The address goes on in the page's own form, not in an address that histories keep.
    form = Form.of({"email": visit.form["email"]})
    return await visit.render("account/reset.html", form=form, sent=True)


@pages.get("/reset")
async def ask_for_code(visit: Visit) -> Response:
    """Ask for the code and a new password."""
    return await visit.render("account/reset.html", sent=False)


@pages.post("/reset")
async def reset(visit: Visit) -> Response:
    """Set the new password; every session has ended with it."""
    form = visit.form
    body = {
        "email": form["email"],
        "code": "".join(form["code"].split()),
        "new_password": form["new_password"],
    }
    answer = await visit.api.post("/v1/auth/password-reset/confirm", body)
    if not answer.ok:
        form.refused(answer)
        return await visit.render("account/reset.html", answer.status, sent=False)
    return visit.redirect(links.sign_in(), "account.password_set")
