"""What a member sets: profile, account, taste, privacy, sessions, access, and their data."""

from marquee_gateway.web.pages import Pages
from marquee_gateway.web.settings import (
    access,
    account,
    decisions,
    export,
    importing,
    leaving,
    privacy,
    profile,
    sessions,
    taste,
)

pages = Pages.joined(
    profile.pages,
    account.pages,
    taste.pages,
    privacy.pages,
    sessions.pages,
    access.pages,
    importing.pages,
    export.pages,
    decisions.pages,
    leaving.pages,
)
