"""What is watched now and overall, counted from interactions.

Owns no table. Behind `/v1/trending`, and the fallback of all that has no model to ask.
"""
