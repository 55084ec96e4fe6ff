"""Print the entries of requirements.lock, hashes and all, for the names in deploy/dependencies.

`python deploy/locked.py catalog` → what pip's `--require-hashes` reads: the part of the one lock
that one package needs. `make lock` writes both files. Standard library only: the image build runs
it before anything is installed.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
ENTRY = re.compile(r"(?m)^(?P<name>[A-Za-z0-9._-]+)==.*?(?=^\S|\Z)", re.DOTALL)


def entries(package: str) -> Iterator[str]:
    """The lock's entries for what `package` needs, in the lock's order.

    Raises:
        SystemExit: the lock lacks one of them in that version.
    """
    listed = (ROOT / "deploy" / "dependencies" / f"{package}.txt").read_text().splitlines()
    pins = {line.partition(" ;")[0].strip() for line in listed if line.strip()}
    for entry in ENTRY.finditer((ROOT / "requirements.lock").read_text()):
        pin = re.split(r"[ \\]", entry[0], maxsplit=1)[0]
        if pin in pins:
            pins.discard(pin)
            yield entry[0].rstrip()
    if pins:
        sys.exit(f"not in requirements.lock: {', '.join(sorted(pins))}; run `make lock`")


if __name__ == "__main__":
    sys.stdout.write("\n".join(entries(sys.argv[1])) + "\n")
