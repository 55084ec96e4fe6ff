"""A member's history in the forms that it can be brought along in, to take it elsewhere.

Owns nothing. What is held of a member as a whole is another thing: `marquee_shared.rights`.
"""
