"""Members' reactions to reviews and comments: several different ones each, from a fixed set.

Owns reactions. Each review and comment counts its own in the same transaction.
"""
