"""Signing keys, from being published as the next until their last token has expired.

Owns `signing_keys`; private halves are sealed there. Publishes and consumes no events: checkers
of tokens read the JWKS.
"""
