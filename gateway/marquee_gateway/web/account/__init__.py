"""Getting in and out: signing up, in and out, confirming an address, a new password."""

from marquee_gateway.web.account import entrance, provider, recovery
from marquee_gateway.web.pages import Pages

pages = Pages.joined(entrance.pages, recovery.pages, provider.pages)
