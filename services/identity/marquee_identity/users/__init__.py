"""Users: who they are and what others may see of them.

Owns `users`. Publishes `identity.user.created` and `identity.user.updated`; consumes
`catalog.import.members_found`, which makes accounts that can be looked up and never signed in to.
"""
