"""How the whole suite is dealt out to parallel workers: a file at a time, the long group first."""

from pathlib import Path

import pytest

SYSTEM = Path(__file__).parent / "tests" / "system"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a file's tests together, and all that share the one running system."""
    items.sort(key=lambda item: SYSTEM not in item.path.parents)
    for item in items:
        shared = SYSTEM in item.path.parents
        item.add_marker(pytest.mark.xdist_group("system" if shared else str(item.path)))
