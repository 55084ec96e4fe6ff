"""Search: how words are folded, the dictionary that forgives a typo, the index over films."""
