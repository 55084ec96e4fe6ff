"""The panel's sign-in form."""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.templating import Jinja2Templates
from starlette_admin.auth import AdminUser, AuthProvider
from starlette_admin.helpers import index_url, safe_redirect_url

from marquee_catalog.admin.calls import API
from marquee_catalog.admin.sessions import LIFETIME, PanelSessions, SignInError

SEE_OTHER: Final = 303


def sessions_of(request: Request) -> PanelSessions:
    """Return the sessions of the application that the panel belongs to."""
    state = request.scope[API].state
    return PanelSessions(state.context, state.verifier)


class EditorSignIn(AuthProvider):
    """Signs editors and administrators in through identity."""

    def __init__(self, *, secure: bool) -> None:
        super().__init__()
        self._secure = secure
        self._cookie = "__Host-marquee-editor" if secure else "marquee-editor"

    async def authenticate(self, request: Request) -> AdminUser | None:
        """Return the signed-in editor, whose token the request's calls are made with."""
        cookie = request.cookies.get(self._cookie)
        found = await sessions_of(request).find(cookie) if cookie else None
        if found is None:
            return None
        request.state.principal = found.principal
        request.state.access_token = found.access_token
        return AdminUser(found.principal.username)

    async def render_login(self, request: Request, templates: Jinja2Templates) -> Response:
        """Show the form; take it and go on to where the editor wanted to be."""
        fallback = index_url(request)
        wanted = safe_redirect_url(request.query_params.get("next") or fallback, request, fallback)
        if getattr(request.state, "admin_user", None) is not None:
            return RedirectResponse(wanted, SEE_OTHER)
        if request.method != "POST":
            return templates.TemplateResponse(request=request, name="login.html")
        form = await request.form()
        address = request.client.host if request.client else "unknown"
        try:
            cookie = await sessions_of(request).open(
                str(form.get("username") or ""), str(form.get("password") or ""), address
            )
        except SignInError as failure:
            return templates.TemplateResponse(
                request=request,
                name="login.html",
                context={"error": failure.words},
                status_code=failure.status,
            )
        response = RedirectResponse(wanted, SEE_OTHER)
        response.set_cookie(
            self._cookie, cookie, max_age=LIFETIME, httponly=True, samesite="lax",
            secure=self._secure, path="/",
        )  # fmt: skip
        return response

    async def logout(self, request: Request) -> Response | None:
        """End the session here and at identity."""
        if cookie := request.cookies.get(self._cookie):
            await sessions_of(request).end(cookie)
        response = RedirectResponse(index_url(request), SEE_OTHER)
        response.delete_cookie(
            self._cookie, path="/", httponly=True, samesite="lax", secure=self._secure
        )
        return response
