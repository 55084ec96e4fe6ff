"""What is known of a member besides their ratings: taste, people followed, friends, films begun.

Owns the replicas `tastes`, `follows`, `friendships`, `blocks`, `privacy`, `watches` and
`person_merges`. Consumes `identity.user.taste_changed` and `.people_followed`,
`social.friendship.*`, `social.block.*`, `social.privacy.set`, `social.watch.progressed`,
`catalog.movie.merged` and `catalog.person.merged`; publishes nothing.
"""
