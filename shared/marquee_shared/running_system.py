"""Finding the system that `make up` runs on this machine, for a command that is run beside it."""

import json
import os
from collections.abc import MutableMapping
from pathlib import Path

RECORD = "run.json"
SECRETS = "secrets.json"


def adopt_running_system(service: str, environment: MutableMapping[str, str] | None = None) -> bool:
    """Set what a service's settings need from `DATA_DIR/run.json`; return whether there was one.

    Whoever sets `DATABASE_URL`, or runs in production, has said where things are: nothing is
    taken from a record then, and no other variable that is set is ever replaced.
    """
    told = os.environ if environment is None else environment
    if "DATABASE_URL" in told or told.get("ENVIRONMENT") == "production":
        return False
    folder = Path(told.get("DATA_DIR", ".data")).resolve()
    if not (folder / RECORD).exists():
        return False
    record = json.loads((folder / RECORD).read_text())
    secrets = json.loads((folder / SECRETS).read_text()).get(service, {})
    found = {
        "DATABASE_URL": record["database_urls"][service],
        "REDIS_URL": record["redis_url"],
        **{f"{name.upper()}_URL": url for name, url in record["service_urls"].items()},
        **{key.upper(): value for key, value in secrets.items() if key != "database_password"},
    }
    for name, value in found.items():
        told.setdefault(name, value)
    told["DATA_DIR"] = str(folder)
    return True
