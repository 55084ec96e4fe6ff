"""Keep the log files of a long run small."""

import asyncio
import os
import shutil
from pathlib import Path

LIMIT = 16 * 1024 * 1024
INTERVAL = 30.0


async def keep_logs_small(folder: Path) -> None:
    """Look at the logs every half minute, for as long as the run lasts."""
    while True:
        rotate(folder, LIMIT)
        await asyncio.sleep(INTERVAL)


def rotate(folder: Path, limit: int) -> None:
    """Move what a log longer than `limit` bytes holds to `<name>.1`.

    The file itself stays: its writers hold it open for appending and go on at its new end.
    """
    for log in folder.glob("*.log"):
        if log.stat().st_size > limit:
            shutil.copyfile(log, log.with_suffix(".log.1"))
            os.truncate(log, 0)
