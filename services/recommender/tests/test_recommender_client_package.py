"""The client as whoever installs it gets it: a wheel alone, nothing of this repository beside it."""

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import hatchling.build
import pytest

CLIENT = Path(__file__).parents[1] / "client"
INSTALL = [sys.executable, "-m", "uv", "pip", "install", "-q", "--offline", "--no-deps"]

USE = """
import sys
from importlib.metadata import requires, version
from marquee_recommender_client import RecommenderClient
import marquee_recommender_client as package

assert package.__file__.startswith(sys.argv[1]), package.__file__
assert version("marquee-recommender-client")
with RecommenderClient("http://127.0.0.1:9", "token"):
    pass
assert not [name for name in sys.modules if name.startswith(("marquee_shared", "marquee_recommender."))]
print(sorted(line.split(">")[0] for line in requires("marquee-recommender-client") if "extra" not in line))
"""


def test_the_wheel_works_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CLIENT)
    wheel = tmp_path / hatchling.build.build_wheel(str(tmp_path))
    with ZipFile(wheel) as archive:
        names = archive.namelist()
    assert "marquee_recommender_client/py.typed" in names
    assert not [name for name in names if name.startswith(("examples", "tests"))]
    target = tmp_path / "installed"
    subprocess.run(
        [*INSTALL, "--target", str(target), str(wheel)],
        check=True,
        capture_output=True,
    )
    # Isolated, with what it depends on as installed here and the wheel before everything else.
    start = f"import sys; sys.path.insert(0, sys.argv[1]); exec({USE!r})"
    used = subprocess.run(
        [sys.executable, "-I", "-c", start, str(target)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert used.returncode == 0, used.stderr
    assert used.stdout.strip() == "['httpx', 'pydantic']"
