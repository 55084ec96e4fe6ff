"""What members are to each other: a replica of social's friendships and blocks.

So that a profile and a search know it without asking. Owns `friendships` and `blocks`; consumes
`social.friendship.*` and `social.block.*`. What was ended stays as a row that says so.
"""
