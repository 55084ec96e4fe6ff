"""Members: their profiles, what they watched and wrote, and what one is to another."""

from marquee_gateway.web.members import diary, profile, ties
from marquee_gateway.web.pages import Pages

pages = Pages.joined(profile.pages, diary.pages, ties.pages)
