"""What a run keeps in DATA_DIR: secrets, how far the first start came, and who is running.

All are written whole and moved into place, readable by their owner alone.
"""

import json
import os
import secrets
import signal
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import psutil

SECRETS = ("database_password", "secret_key")
# What seals the private halves of identity's signing keys.
MORE_SECRETS: Mapping[str, tuple[str, ...]] = {"identity": ("key_encryption_key",)}


def read(path: Path) -> dict[str, Any]:
    """The record in `path`; empty when there is none yet."""
    if not path.exists():
        return {}
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def write(path: Path, content: dict[str, Any]) -> None:
    """Replace the record in `path` in one step, mode 0600."""
    aside = path.with_suffix(".new")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(content, file, indent=2)
        file.write("\n")
    aside.replace(path)


def service_secrets(data_dir: Path, services: Iterable[str]) -> dict[str, dict[str, str]]:
    """Per service its secrets, by the names of its settings and `database_password`; made once."""
    path = data_dir / "secrets.json"
    kept = read(path)
    for service in services:
        own = kept.setdefault(service, {})
        for name in SECRETS + MORE_SECRETS.get(service, ()):
            own.setdefault(name, secrets.token_urlsafe(48))
    if kept != read(path):
        write(path, kept)
    return kept


def process_entry(pid: int) -> dict[str, float]:
    """A process so that it cannot be taken for a later one with the same id."""
    try:
        return {"pid": pid, "created": psutil.Process(pid).create_time()}
    except psutil.NoSuchProcess:
        return {"pid": pid, "created": 0.0}


def end_leftovers(run_record: Path, *, grace: float = 10) -> int:
    """End what the killed run of this record left running; how many there were.

    Only while DATA_DIR is locked by us, so that the run cannot be a living one.
    """
    left = []
    for entry in read(run_record).get("processes", {}).values():
        try:
            process = psutil.Process(int(entry["pid"]))
        except psutil.NoSuchProcess:
            continue
        alive = process.status() != psutil.STATUS_ZOMBIE
        if alive and process.create_time() == entry["created"]:
            process.send_signal(signal.SIGTERM)
            left.append(process)
    for process in psutil.wait_procs(left, timeout=grace)[1]:
        process.kill()
    run_record.unlink(missing_ok=True)
    return len(left)
