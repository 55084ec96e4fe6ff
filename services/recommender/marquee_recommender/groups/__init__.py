"""Films that several friends can enjoy together.

Owns no table.
"""
