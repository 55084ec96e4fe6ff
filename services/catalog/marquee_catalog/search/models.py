"""The table of known words."""

from sqlalchemy import ARRAY, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from marquee_catalog.database import CatalogBase


class DictionaryWord(CatalogBase):
    """A word that films are found by, with what remains when one letter is left out.

    Two words at most one typo apart share a member of these sets (SymSpell, W. Garbe 2012:
    the symmetric delete algorithm), and a GIN index finds the words that share one.
    """

    __tablename__ = "dictionary"
    __table_args__ = (Index("ix_dictionary_deletions", "deletions", postgresql_using="gin"),)

    word: Mapped[str] = mapped_column(Text, primary_key=True)
    deletions: Mapped[list[str]] = mapped_column(ARRAY(Text))
