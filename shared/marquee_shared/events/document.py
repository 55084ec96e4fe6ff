"""`python -m marquee_shared.events.document FOLDER`: the events as documents for people and tools.

Writes `events.md` and `asyncapi.json` (AsyncAPI 3.0) from the contracts, so they cannot differ
from the code; a test holds the committed ones to that.
"""

import argparse
import inspect
import json
from pathlib import Path
from typing import Any

from pydantic.json_schema import models_json_schema

from marquee_shared.events.envelope import CONTRACTS, Envelope, EventData, stream_of

INTRODUCTION = """\
# Events

Facts leave a service only through its outbox, in the transaction that made them true, and
reach the others through Redis streams. Every message is a [CloudEvents 1.0](https://cloudevents.io)
JSON object in the field `event` of a stream entry. This page and `asyncapi.json` are made from the
contracts in `shared/marquee_shared/events/` by `python -m marquee_shared.events.document docs`.

| rule | what it means for a consumer |
|---|---|
| at least once | an event may come twice: the `inbox` lets the second pass without effect |
| any order | a state-carrying event applies only when its (`epoch`, `revision`) is newer |
| deletions | are events with a revision; keep a tombstone, or an older update brings it back |
| contracts | only ever gain fields; ignore those you do not know |
| lost messages | the outbox keeps seven days and refills a stream; `republish` sends all anew |
| poison | after five deliveries a message goes to `dead_letters`; `dead-letters list` and `retry` |

`revision` and `epoch` are decimal strings. The `epoch` grows when a service's database was
restored from a backup, so that what it says from then on goes before what was said and lost.
"""


def _contracts() -> list[type[EventData]]:
    return [CONTRACTS[name] for name in sorted(CONTRACTS) if _is_ours(CONTRACTS[name])]


def _is_ours(contract: type[EventData]) -> bool:
    return contract.__module__.startswith("marquee_shared.events.")


def _kind(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in schema:
        return " or ".join(_kind(part) for part in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"map of {_kind(schema['additionalProperties'])}"
    return str(schema.get("format") or schema.get("type") or "any")


def markdown() -> str:
    """Return `docs/events.md`."""
    parts = [INTRODUCTION]
    for contract in _contracts():
        schema = contract.model_json_schema(mode="serialization")
        parts.append(f"## `{contract.type}`\n")
        parts.append(f"{inspect.getdoc(contract)}\n")
        parts.append(f"Stream `{stream_of(contract.type)}`.\n")
        parts.append("| field | type |\n|---|---|")
        parts += [f"| `{name}` | {_kind(field)} |" for name, field in schema["properties"].items()]
        parts.append("")
    return "\n".join(parts)


def asyncapi() -> dict[str, Any]:
    """Return the AsyncAPI 3.0 document."""
    contracts = _contracts()
    models: list[tuple[Any, Any]] = [(contract, "serialization") for contract in contracts]
    references, definitions = models_json_schema(
        [*models, (Envelope, "serialization")], ref_template="#/components/schemas/{model}"
    )
    schemas = definitions.get("$defs", {})
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    for contract in contracts:
        name = contract.__name__
        stream = stream_of(contract.type)
        key = stream.replace(":", "_")
        envelope = {"$ref": references[(Envelope, "serialization")]["$ref"]}
        data = {"$ref": references[(contract, "serialization")]["$ref"]}
        messages[name] = {
            "name": contract.type,
            "title": inspect.getdoc(contract),
            "contentType": "application/cloudevents+json",
            "payload": {
                "allOf": [
                    envelope,
                    {"properties": {"type": {"const": contract.type}, "data": data}},
                ]
            },
        }
        channel = channels.setdefault(key, {"address": stream, "messages": {}})
        channel["messages"][name] = {"$ref": f"#/components/messages/{name}"}
        operations[f"publish{name}"] = {
            "action": "send",
            "channel": {"$ref": f"#/channels/{key}"},
            "messages": [{"$ref": f"#/channels/{key}/messages/{name}"}],
        }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Marquee events",
            "version": "0.1.0",
            "description": "What travels between the contexts; see events.md for the rules.",
        },
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": schemas},
    }


def documents() -> dict[str, str]:
    """Return file name → content."""
    return {
        "events.md": markdown(),
        "asyncapi.json": json.dumps(asyncapi(), indent=2, sort_keys=True) + "\n",
    }


def main() -> None:
    """Write the documents into a folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in documents().items():
        (folder / name).write_text(content)


if __name__ == "__main__":
    main()
