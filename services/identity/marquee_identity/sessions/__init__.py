"""Sessions: signing in, and staying signed in by refresh tokens that are spent on use.

Owns `sessions` and `refresh_tokens`. Publishes `identity.session.revoked`, by which every
checker of tokens refuses an ended session within moments.
"""
