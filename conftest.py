"""How parallel workers share the suite: by file; all that needs the running system is one."""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

SYSTEM = "tests/system/"


class ByFileAndSystem(LoadFileScheduling):
    """Gives a worker a file at a time, and the tests of the running system to one worker."""

    def _split_scope(self, nodeid: str) -> str:
        return SYSTEM if nodeid.startswith(SYSTEM) else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFileAndSystem:
    """Have xdist share the tests out by file and system."""
    return ByFileAndSystem(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest."""
    items.sort(key=lambda item: not item.nodeid.startswith(SYSTEM))
