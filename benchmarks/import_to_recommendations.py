"""From an empty folder to recommendations served from real data, and how warm starts compare.

Starts the whole system as `make up` does, on a folder of its own, imports ml-latest-small, and
takes the seconds: until everything is ready, import, until a model trained on it is active, until a
member's recommendations come from it. Then stops it, starts it again on the same folder, and
adds up the memory of all processes.

    python benchmarks/import_to_recommendations.py [--movielens FOLDER]
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import psutil
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data" / "ml-latest-small"
PATIENCE = 300


def start(folder: Path, port: int, movielens: Path) -> subprocess.Popen[bytes]:
    """Start the supervisor."""
    log = (folder.parent / "up.log").open("ab")
    environment = {
        **os.environ,
        "PORT": str(port),
        "DATA_DIR": str(folder),
        "MOVIELENS": str(movielens),
        "RATE_LIMIT_FACTOR": "1000",
    }
    command = [sys.executable, "-m", "deploy.local", "up"]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)


def until(condition: object, process: subprocess.Popen[bytes]) -> float:
    """Return the moment a condition (a callable) first held."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit("the system ended; see up.log")
        try:
            if callable(condition) and condition():
                return time.monotonic()
        except (httpx.TransportError, OSError, json.JSONDecodeError, KeyError):
            pass
        time.sleep(0.05)
    raise SystemExit("not within the time given")


def stop(process: subprocess.Popen[bytes]) -> None:
    """Stop it as Ctrl-C would."""
    process.send_signal(signal.SIGINT)
    process.wait(60)


def memory(process: subprocess.Popen[bytes]) -> tuple[float, float]:
    """Return the megabytes of all processes: shared pages counted once (PSS), and RSS."""
    tree = [psutil.Process(process.pid)]
    tree += tree[0].children(recursive=True)
    full = [item.memory_full_info() for item in tree]
    return sum(f.pss for f in full) / 1e6, sum(f.rss for f in full) / 1e6


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--movielens", type=Path, default=DATA)
    parser.add_argument("--port", type=int, default=8755)
    arguments = parser.parse_args()
    console = Console()
    if not arguments.movielens.exists():
        console.print(f"{arguments.movielens} is not there; give --movielens. Passed over.")
        return
    url = f"http://127.0.0.1:{arguments.port}"
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "data"
        state = folder / "state.json"

        def ready() -> bool:
            return httpx.get(f"{url}/health/ready", timeout=5).status_code == 200

        def noted(key: str) -> bool:
            return bool(json.loads(state.read_text()).get(key))

        began = time.monotonic()
        process = start(folder, arguments.port, arguments.movielens)
        at_ready = until(ready, process)
        at_import = until(lambda: noted("seeded"), process)
        at_model = until(lambda: noted("trained"), process)
        admin = json.loads((folder / "credentials.json").read_text())["admin"]
        login = {"login": admin["username"], "password": admin["password"]}
        token = httpx.post(f"{url}/v1/auth/login", json=login).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}

        def served() -> bool:
            answer = httpx.get(f"{url}/v1/me/recommendations", headers=headers, timeout=10)
            return answer.status_code == 200 and bool(answer.json()["model"])

        at_served = until(served, process)
        movies = httpx.get(f"{url}/v1/movies?page=1&limit=1").json()["total"]
        stop(process)
        again = time.monotonic()
        process = start(folder, arguments.port, arguments.movielens)
        warm = until(ready, process) - again
        pss, rss = memory(process)
        stop(process)
    table = Table(title=f"{arguments.movielens.name}: {movies:,} films", title_justify="left")
    table.add_column("step")
    table.add_column("seconds", justify="right")
    table.add_row("empty folder to all processes ready", f"{at_ready - began:.1f}")
    table.add_row("import command", f"{at_import - at_ready:.1f}")
    table.add_row("until a model trained on it is active", f"{at_model - at_import:.1f}")
    table.add_row("until a member's recommendations come from it", f"{at_served - at_model:.1f}")
    table.add_row("import until served, in all", f"{at_served - at_ready:.1f}", style="bold")
    table.add_row("second start on the same folder, until ready", f"{warm:.1f}", style="bold")
    console.print(table)
    console.print(f"all processes together: {pss:,.0f} MB (PSS), {rss:,.0f} MB (sum of RSS)")


if __name__ == "__main__":
    main()
