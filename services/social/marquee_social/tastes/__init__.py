"""What members say they like, as far as it decides here what they are shown: their platforms.

Owns nothing. Consumes `identity.user.taste_changed`.
"""
