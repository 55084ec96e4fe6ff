"""Tastes: what members say they like, whom they follow, and how they are boarded.

Owns `tastes` and `followed_people`. Publishes `identity.user.taste_changed`,
`identity.user.people_followed` and `identity.user.onboarded`. What is named is asked after at the
catalog, by its peer client: tastes are written rarely, and a replica of everybody who ever made a
film would be kept for nothing else.
"""
