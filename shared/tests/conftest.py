import sys
from pathlib import Path
from typing import Any

import pytest

from marquee_shared.service import Service

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def service() -> Service[Any]:
    from example.service import SERVICE

    return SERVICE
