"""What reviews and comments have in common: who is shown them, and what hides a spoiler.

Owns no table. The pieces are SQL: each statement that shows content is made of them, so that a
review, a comment, their counts and their translations answer every viewer alike.
"""
