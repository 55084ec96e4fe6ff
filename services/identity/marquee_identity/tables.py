"""The tables of identity: their metadata and the base of its models."""

from marquee_shared.database import Base, new_metadata
from marquee_shared.outbox.tables import add_shared_tables

metadata = new_metadata("identity")
add_shared_tables(metadata)


class IdentityBase(Base):
    """Base of identity's models."""

    __abstract__ = True
    metadata = metadata
