"""Keeping the house: reporting what is wrong, and deciding about reports."""

from marquee_gateway.web.moderation import deciding, reporting
from marquee_gateway.web.pages import Pages

pages = Pages.joined(reporting.pages, deciding.pages)
