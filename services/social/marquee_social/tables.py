"""The metadata of the social schema and the base of its tables."""

from marquee_shared.database import Base, new_metadata
from marquee_shared.outbox.tables import add_shared_tables

metadata = new_metadata("social")
add_shared_tables(metadata)


class Table(Base):
    """The base of every table of this service."""

    __abstract__ = True
    metadata = metadata
