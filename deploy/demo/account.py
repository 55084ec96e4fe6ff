"""An account's whole life: boarding, new claims, a changed password, everything out, gone, back."""

import base64
import io
import json
import zipfile
from typing import Any

from deploy.demo.walk import Walk, console, refresh
from rich.panel import Panel


def claims(walk: Walk) -> dict[str, Any]:
    """Return what the access token says."""
    payload = walk.tokens["access_token"].split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return found


def sign_in(walk: Walk, password: str) -> Walk:
    """Return the same member on another device."""
    other = Walk(str(walk.http.base_url), walk.folder, walk.times)
    other.name, other.password = walk.name, password
    body = {"login": walk.name, "password": password}
    other.takes(other.call("Sign in", "POST", "/v1/auth/login", json=body))
    return other


def account_life(walk: Walk) -> None:
    """Walk one member's account from boarding to leaving and back."""
    console.print(Panel("Boarding, and the token that knows of it", expand=False))
    films = walk.call("Films", "GET", "/v1/movies", params={"limit": 2})["items"]
    taste = {
        "genres": [genre["slug"] for genre in films[0]["genres"][:2]],
        "platforms": [],
        "people": [],
        "country": "FR",
        "ratings": [{"movie": film["slug"], "value": 4.5} for film in films],
    }
    console.print(f"  before: boarded {claims(walk)['boarded']}")
    walk.call("Board", "POST", "/v1/me/onboarding", json=taste)
    refresh(walk)
    console.print(f"  after a refresh: boarded {claims(walk)['boarded']}")
    rated = {film["slug"] for film in films}
    walk.until(
        "The first ratings",
        "/v1/me/ratings",
        lambda page: rated <= {item["movie"]["slug"] for item in page["items"]},
    )
    console.print(f"  rated while boarding: {', '.join(sorted(rated))}")

    console.print(Panel("A changed password ends the other sessions", expand=False))
    telephone = sign_in(walk, walk.password)
    changed = "an even longer walk to the cinema"
    body = {"current_password": walk.password, "new_password": changed}
    walk.call("Change the password", "PUT", "/v1/me/password", json=body)
    walk.password = changed
    walk.until(
        "The end of the other session",
        "/v1/me/sessions",
        lambda page: len(page["items"]) == 1,
    )
    telephone.refused("the other device", "GET", "/v1/me", 401)

    console.print(Panel("Everything we hold, in one archive", expand=False))
    export = walk.call("Export", "POST", "/v1/me/exports")
    done = walk.until(
        "The export",
        f"/v1/me/exports/{export['id']}",
        lambda job: job["state"] in ("succeeded", "failed"),
    )
    archive = walk.http.get(f"/v1/me/exports/{done['id']}/archive").content
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        for entry in files.infolist():
            console.print(f"  {entry.filename}: {entry.file_size} bytes")

    console.print(Panel("Leaving, and coming back within the grace", expand=False))
    walk.call("Leave", "DELETE", "/v1/me")
    walk.refused("the old token", "GET", "/v1/me", 401)
    back = sign_in(walk, changed)
    console.print(f"  back as {back.call('Profile', 'GET', '/v1/me')['username']}")
    events = back.call("Security events", "GET", "/v1/me/security-events")["items"]
    console.print(f"  told by mail and listed: {', '.join(event['kind'] for event in events)}")
    back.call("Log out", "POST", "/v1/auth/logout")
