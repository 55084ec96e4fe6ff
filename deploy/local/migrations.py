"""Whether the migrations in the sources are those that ran on this DATA_DIR.

Four alembic runs that find nothing to do cost seconds of a warm start. The embedded database and
the note of what ran on it live and die in the same folder, so the note can be believed.
"""

import hashlib
from importlib.util import find_spec
from pathlib import Path

from deploy.local import records
from deploy.local.settings import SERVICES


def already_applied(data_dir: Path) -> bool:
    """Whether exactly these migrations ran here."""
    return bool(records.read(data_dir / "state.json").get("migrations") == _fingerprint())


def remember_applied(data_dir: Path) -> None:
    """Note that they ran."""
    state = data_dir / "state.json"
    records.write(state, {**records.read(state), "migrations": _fingerprint()})


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for service in SERVICES:
        package = find_spec(f"marquee_{service}")
        for folder in (package.submodule_search_locations or []) if package else []:
            for source in sorted(Path(folder).rglob("migrations/**/*.py")):
                digest.update(f"{service}/{source.relative_to(folder)}\0".encode())
                digest.update(source.read_bytes())
    return digest.hexdigest()
