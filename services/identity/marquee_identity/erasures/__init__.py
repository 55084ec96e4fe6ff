"""Erasures: leaving for good, with time to think again, and a receipt of what went.

Owns `erasures` and `erasure_lines`. A member asks and is signed out everywhere; signing in before
the grace is over undoes it. Then `identity.user.deleted` is published as the member's rows go,
every service answers with its `<service>.member.erased`, and these answers are the receipt, which
says nothing about whom it was for.
"""
