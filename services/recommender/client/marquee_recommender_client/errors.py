"""What can go wrong."""

from typing import Any

import httpx


class ApiError(Exception):
    """The server has refused; `code` is stable, `detail` and `errors` are for people."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        self.status = status
        self.code = str(problem.get("code", "unknown"))
        self.detail = str(problem.get("detail", ""))
        self.errors: list[dict[str, Any]] = list(problem.get("errors") or [])
        self.request_id = problem.get("request_id")
        where = "; ".join(f"{each['pointer']}: {each['detail']}" for each in self.errors)
        super().__init__(f"{status} {self.code}: {self.detail} {where}".rstrip())


class JobNotSucceeded(Exception):  # noqa: N818 - an outcome
    """A training or an evaluation has failed or was cancelled."""


def raise_for_problem(response: httpx.Response) -> None:
    """Raise `ApiError` unless the answer is a success; reads a streamed body."""
    if response.is_success:
        return
    response.read()
    try:
        problem = response.json()
    except ValueError:
        problem = {"detail": response.text[:200]}
    raise ApiError(response.status_code, problem if isinstance(problem, dict) else {})
