"""The CloudEvents envelope and the registry of contracts.

`revision` and `epoch` are strings on the wire because CloudEvents integers are 32 bits wide.
An event that carries state applies only when its (`epoch`, `revision`) is newer than what the
consumer holds; one that is a deletion carries a revision too and leaves a tombstone.
"""

from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Revision = Annotated[str, Field(pattern=r"^[0-9]{1,19}$")]

CONTRACTS: dict[str, type["EventData"]] = {}
"""Every contract by its CloudEvents `type`."""


class EventData(BaseModel):
    """The `data` of one event type. Unknown members are ignored: contracts only ever grow."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    type: ClassVar[str]
    """CloudEvents type: `<service>.<aggregate>.<past participle>`."""

    written_directly: ClassVar[bool] = False
    """Whether it goes straight into its stream, past the outbox. Its stream is then not among
    `events:*`, whose ids the relay compares with the outbox."""

    def __init_subclass__(cls, **options: Any) -> None:
        """Register the contract under its type."""
        super().__init_subclass__(**options)
        if "type" in cls.__dict__:
            CONTRACTS[cls.type] = cls

    @abstractmethod
    def subject(self) -> str:
        """Return the aggregate this event is about, `<aggregate>:<id>`."""

    def cache_tags(self) -> tuple[str, ...]:
        """Return the cache tags that this event makes stale; by default its subject."""
        return (self.subject(),)


class Envelope(BaseModel):
    """One event as it stands in a stream: CloudEvents 1.0 in its JSON format."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    type: str
    source: str
    time: datetime
    subject: str
    dataschema: str
    datacontenttype: Literal["application/json"] = "application/json"
    revision: Revision
    epoch: Revision
    traceparent: str | None = None
    data: dict[str, Any]


DataT_co = TypeVar("DataT_co", bound=EventData, covariant=True)


@dataclass(frozen=True, slots=True)
class Event(Generic[DataT_co]):
    """A parsed event, its data checked against the contract."""

    id: UUID
    type: str
    time: datetime
    subject: str
    revision: int
    epoch: int
    traceparent: str | None
    data: DataT_co

    @property
    def version(self) -> tuple[int, int]:
        """What to compare: an event is newer when this is greater."""
        return (self.epoch, self.revision)


class MalformedEvent(ValueError):  # noqa: N818 - the field's term
    """A message that is not a valid event of its contract; it is dead-lettered, never obeyed."""


def stream_of(event_type: str) -> str:
    """Return the stream of a type: `catalog.movie.updated` → `events:catalog:movie`."""
    service, aggregate, _ = event_type.split(".", 2)
    contract = CONTRACTS.get(event_type)
    prefix = "intake" if contract is not None and contract.written_directly else "events"
    return f"{prefix}:{service}:{aggregate}"


def parse(raw: bytes | str) -> Event[EventData] | None:
    """Read a message of a stream; None for a type this version has no contract for.

    Raises:
        MalformedEvent: not a CloudEvent, or its data breaks the contract.
    """
    try:
        envelope = Envelope.model_validate_json(raw)
        contract = CONTRACTS.get(envelope.type)
        if contract is None:
            return None
        data = contract.model_validate(envelope.data)
    except ValidationError as error:
        raise MalformedEvent(str(error)) from error
    return Event(
        id=envelope.id,
        type=envelope.type,
        time=envelope.time,
        subject=envelope.subject,
        revision=int(envelope.revision),
        epoch=int(envelope.epoch),
        traceparent=envelope.traceparent,
        data=data,
    )


def cache_tags(event: Event[EventData]) -> tuple[str, ...]:
    """Return the cache tags that an event makes stale."""
    return event.data.cache_tags()
