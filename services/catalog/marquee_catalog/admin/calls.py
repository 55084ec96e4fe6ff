"""Calls of this service's own API within the process, as the signed-in editor."""

from collections.abc import Mapping
from typing import Any, Final

import httpx
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette_admin.exceptions import ActionFailed, FormValidationError

from marquee_shared.caching import EVENTS, PURGE

API: Final = "marquee.api"
PURGES: Final = "marquee.purges"
"""Keys of the scope: the application to call, and what its answers made stale."""

REFUSED: Final = frozenset({400, 404, 409, 412, 413, 415, 422})


class Refused(HTTPException):
    """The API refused a call for a reason the editor should read."""

    def __init__(self, problem: Mapping[str, Any]) -> None:
        self.problem = problem
        super().__init__(problem["status"], problem["detail"])

    @property
    def sentence(self) -> str:
        """What was wrong, in one sentence."""
        errors = self.problem.get("errors") or ()
        details = " ".join(f"{error['pointer']}: {error['detail']}" for error in errors)
        return f"{self.problem['detail']} {details}".strip()

    def as_form_error(self, fields: Mapping[str, str], fallback: str) -> FormValidationError:
        """Return what to show beside which field; `fields` are form fields by the API's names."""
        errors: dict[str | int, Any] = {}
        for error in self.problem.get("errors") or ():
            name = error["pointer"].strip("/").split("/")[0]
            errors[fields.get(name, fallback)] = error["detail"]
        return FormValidationError(errors or {fallback: self.problem["detail"]})

    def as_failed_action(self) -> ActionFailed:
        """Return what the list shows above itself."""
        return ActionFailed(self.sentence)


async def call(
    request: Request,
    method: str,
    path: str,
    *,
    if_match: str | None = None,
    **content: Any,
) -> httpx.Response:
    """Call the API; `content` is httpx's: `params`, `json`, `data`, `files`.

    Raises:
        Refused: the API says what is wrong with the call.
        HTTPException: 403 or another answer that no form can mend.
    """
    headers = {"Authorization": f"Bearer {request.state.access_token}"}
    if if_match:
        headers["If-Match"] = if_match
    transport = httpx.ASGITransport(app=request.scope[API], client=_client(request))
    async with httpx.AsyncClient(transport=transport, base_url="http://catalog") as client:
        answer = await client.request(method, path, headers=headers, **content)
    for name in (PURGE, EVENTS):
        if value := answer.headers.get(name):
            request.scope[PURGES].setdefault(name, []).append(value)
    if answer.is_success:
        return answer
    problem = answer.json()
    if answer.status_code in REFUSED:
        raise Refused(problem)
    raise HTTPException(answer.status_code, problem["detail"])


def _client(request: Request) -> tuple[str, int]:
    return (request.client.host, request.client.port) if request.client else ("unknown", 0)
