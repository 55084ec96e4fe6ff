"""Comments on reviews, and replies to comments at any depth.

Owns comments. A comment that is deleted takes what lies under it and all reactions with it; one
that a viewer may not see hides what lies under it from them.
"""
