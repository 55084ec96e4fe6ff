"""The words of a text, and which of them have been understood."""

from collections.abc import Container

LONGEST_PHRASE = 8


class Tokens:
    """Words in order; those taken are understood and matched no more."""

    def __init__(self, words: list[str], language: str, only: dict[str, str]) -> None:
        self.words = words
        self.taken = [False] * len(words)
        self._language = language
        self._only = only

    def at(self, place: int) -> str:
        """Return the free word at a place, empty where there is none."""
        return self.words[place] if place < len(self.words) and not self.taken[place] else ""

    def take(self, place: int, length: int) -> None:
        """Mark words as understood."""
        self.taken[place : place + length] = [True] * length

    def said(self, place: int, length: int) -> str:
        """Return a phrase."""
        return " ".join(self.words[place : place + length])

    def phrase(self, place: int, phrases: Container[str]) -> int:
        """Return the length of the longest phrase that begins here, 0 where none does."""
        end = place
        while end < len(self.words) and end - place < LONGEST_PHRASE and not self.taken[end]:
            end += 1
        for length in range(end - place, 0, -1):
            said = self.said(place, length)
            if said in phrases and self._only.get(said, "") in ("", self._language):
                return length
        return 0

    def behind(self, place: int, phrases: Container[str]) -> bool:
        """Whether a phrase stands right before a place, or one word before; it is taken."""
        for gap in (0, 1):
            end = place - gap
            for length in range(min(end, 4), 0, -1):
                said = self.said(end - length, length)
                free = not any(self.taken[end - length : end])
                if free and said in phrases and self._only.get(said, "") in ("", self._language):
                    self.take(end - length, length)
                    return True
        return False
