"""Signing up, in and out."""

from starlette.responses import Response

from marquee_gateway.web.account.provider import is_offered
from marquee_gateway.web.pages import Pages
from marquee_gateway.web.visit import Visit

pages = Pages()


@pages.get("/sign-in")
async def ask_who(visit: Visit) -> Response:
    """Show the form; a member is already in."""
    if visit.member is not None:
        return visit.redirect(visit.next)
    return await _show_sign_in(visit, 200)


@pages.post("/sign-in")
async def sign_in(visit: Visit) -> Response:
    """Begin a session and go on to where the visitor wanted."""
    body = {"login": visit.form["login"], "password": visit.form["password"]}
    answer = await visit.api.post("/v1/auth/login", body)
    if not answer.ok:
        visit.form.refused(answer)
        return await _show_sign_in(visit, answer.status)
    await visit.sign_in(answer.data)
    return visit.redirect(visit.next, "account.welcome_back", name=answer.data["user"]["name"])


async def _show_sign_in(visit: Visit, status: int) -> Response:
    offered = await is_offered(visit)
    return await visit.render("account/sign_in.html", status, next=visit.next, provider=offered)


@pages.get("/sign-up")
async def ask_for_account(visit: Visit) -> Response:
    """Show the form; a member has an account."""
    if visit.member is not None:
        return visit.redirect("/")
    return await _show_sign_up(visit, 200)


@pages.post("/sign-up")
async def sign_up(visit: Visit) -> Response:
    """Make an account and go on to the code that was mailed."""
    form = visit.form
    body = {
        **form.given("first_name", "last_name"),
        "username": form["username"],
        "email": form["email"],
        "password": form["password"],
        "language": visit.language,
    }
    answer = await visit.api.post("/v1/auth/signup", body)
    if not answer.ok:
        form.refused(answer)
        _place_conflict(visit, answer.code, answer.detail)
        return await _show_sign_up(visit, answer.status)
    await visit.sign_in(answer.data)
    return visit.redirect("/verify")


def _place_conflict(visit: Visit, code: str, detail: str) -> None:
    """Put a taken name or address beside its field."""
    field = {"username_taken": "username", "email_taken": "email"}.get(code)
    if field is not None:
        visit.form.message = ""
        visit.form.wrong(field, detail)


async def _show_sign_up(visit: Visit, status: int) -> Response:
    return await visit.render("account/sign_up.html", status, provider=await is_offered(visit))


@pages.post("/sign-out")
async def sign_out(visit: Visit) -> Response:
    """End the session, here and at identity; here also where identity is away."""
    if visit.member is not None:
        await visit.api.post("/v1/auth/logout")
    await visit.sign_out()
    response = visit.redirect("/", "account.signed_out")
    response.headers["clear-site-data"] = '"cache", "storage"'
    return response


@pages.get("/verify", member=True)
async def ask_for_code(visit: Visit) -> Response:
    """Ask for the code that was mailed."""
    if visit.member is not None and visit.member["verified"]:
        return visit.redirect("/" if visit.member["boarded"] else "/welcome")
    return await visit.render("account/verify.html")


@pages.post("/verify", member=True)
async def verify(visit: Visit) -> Response:
    """Confirm the address; a new member goes on to what they like."""
    code = "".join(visit.form["code"].split())
    answer = await visit.api.post("/v1/auth/verify-email", {"code": code})
    if not answer.ok:
        visit.form.refused(answer)
        if not visit.form.errors:
            visit.form.wrong("code", visit.form.message)
            visit.form.message = ""
        return await visit.render("account/verify.html", answer.status)
    await visit.renew()
    boarded = visit.member is not None and visit.member["boarded"]
    return visit.redirect("/" if boarded else "/welcome", "account.verified")


@pages.post("/verify/resend", member=True)
async def resend(visit: Visit) -> Response:
    """Mail another code."""
    answer = await visit.api.post("/v1/auth/verify-email/resend")
    return visit.done(answer, "/verify", "account.sent_again")
