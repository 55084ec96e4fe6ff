"""`make bench`: every benchmark in turn, each as its own process. `python -m benchmarks [NAME …]`.

Each prints its figures side by side in one run; on a shared machine read the ratios, not the
absolutes. One that needs something the machine lacks says so and is passed over.
"""

import subprocess
import sys
from pathlib import Path

from rich.console import Console

FOLDER = Path(__file__).parent


def names() -> list[str]:
    """Return the benchmarks there are."""
    return sorted(
        path.stem
        for path in FOLDER.glob("*.py")
        if not path.stem.startswith("_") and path.stem != "quality"
    )


def main() -> int:
    """Run those named, or all; return how many failed."""
    console = Console()
    chosen = sys.argv[1:] or names()
    if unknown := sorted(set(chosen) - set(names())):
        console.print(f"No such benchmark: {', '.join(unknown)}. There are: {', '.join(names())}.")
        return 2
    failed = []
    for name in chosen:
        console.rule(name)
        if subprocess.run([sys.executable, FOLDER / f"{name}.py"], check=False).returncode:
            failed.append(name)
    if failed:
        console.print(f"[red]Failed: {', '.join(failed)}[/]")
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
