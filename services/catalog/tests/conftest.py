from typing import Any

import pytest

from marquee_catalog.app import SERVICE
from marquee_shared.service import Service


@pytest.fixture(scope="session")
def service() -> Service[Any]:
    return SERVICE
