"""Arrow batches as Parquet, CSV or NDJSON, written bit by bit."""

import io
from typing import Final, Literal, Protocol

import orjson
import pyarrow as pa  # type: ignore[import-untyped]
from pyarrow import csv, parquet

Format = Literal["parquet", "csv", "ndjson"]
MEDIA_TYPES: Final[dict[Format, str]] = {
    "parquet": "application/vnd.apache.parquet",
    "csv": "text/csv; charset=utf-8",
    "ndjson": "application/x-ndjson",
}


class Encoder(Protocol):
    """Turns batches into bytes; `end` returns what is left."""

    def add(self, batch: pa.RecordBatch) -> bytes:
        """Return what can be sent after this batch."""

    def end(self) -> bytes:
        """Return what closes the file."""


class _Drain(io.RawIOBase):
    """A file that is emptied while it is written."""

    def __init__(self) -> None:
        super().__init__()
        self._held = bytearray()
        self._written = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._written

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]  # any buffer
        self._held += piece
        self._written += len(piece)
        return len(piece)

    def take(self) -> bytes:
        """Return what was written since the last time."""
        taken = bytes(self._held)
        self._held.clear()
        return taken


class ParquetEncoder:
    """A row group per batch."""

    def __init__(self, schema: pa.Schema) -> None:
        self._drain = _Drain()
        self._writer = parquet.ParquetWriter(self._drain, schema, compression="zstd")

    def add(self, batch: pa.RecordBatch) -> bytes:
        """Return the row group."""
        self._writer.write_batch(batch)
        return self._drain.take()

    def end(self) -> bytes:
        """Return the footer, without which no reader takes the file for whole."""
        self._writer.close()
        return self._drain.take()


class CsvEncoder:
    """A line per row, a heading first; lists as JSON in a cell."""

    def __init__(self, schema: pa.Schema) -> None:
        self._drain = _Drain()
        fields = [
            pa.field(field.name, pa.string()) if pa.types.is_list(field.type) else field
            for field in schema
        ]
        self._schema = pa.schema(fields)
        self._writer = csv.CSVWriter(self._drain, self._schema)

    def add(self, batch: pa.RecordBatch) -> bytes:
        """Return the lines."""
        columns = [
            pa.array([None if cell is None else orjson.dumps(cell).decode() for cell in values])
            if pa.types.is_list(column.type)
            else column
            for column in batch.columns
            for values in [column.to_pylist() if pa.types.is_list(column.type) else ()]
        ]
        self._writer.write_batch(pa.record_batch(columns, schema=self._schema))
        return self._drain.take()

    def end(self) -> bytes:
        """Return what is left."""
        self._writer.close()
        return self._drain.take()


class NdjsonEncoder:
    """A JSON object per line."""

    def __init__(self, schema: pa.Schema) -> None:
        del schema

    def add(self, batch: pa.RecordBatch) -> bytes:
        """Return the lines."""
        return b"".join(orjson.dumps(row) + b"\n" for row in batch.to_pylist())

    def end(self) -> bytes:
        """Nothing closes it."""
        return b""


ENCODERS: Final[dict[Format, type[ParquetEncoder] | type[CsvEncoder] | type[NdjsonEncoder]]] = {
    "parquet": ParquetEncoder,
    "csv": CsvEncoder,
    "ndjson": NdjsonEncoder,
}
