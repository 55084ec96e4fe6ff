"""Finding films and people."""

from marquee_gateway.web.pages import Pages
from marquee_gateway.web.search import finding, suggesting

pages = Pages.joined(finding.pages, suggesting.pages)
