"""Lists of films: everybody's, one's own, the watchlist; making, ordering and filling them."""

from marquee_gateway.web.lists import browsing, changing, filling, showing
from marquee_gateway.web.pages import Pages

pages = Pages.joined(browsing.pages, changing.pages, filling.pages, showing.pages)
