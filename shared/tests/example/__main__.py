"""The example service's command line, and its worker dying at a chosen moment.

`python -m example worker` works; `CRASH=relay_before_mark` and its like make the process kill
itself (SIGKILL, as the kernel would) exactly there.
"""

import os
import signal
from typing import Any

from example.service import SERVICE
from marquee_shared.cli import command_line
from marquee_shared.outbox.consumer import Consumer
from marquee_shared.outbox.relay import Relay


def die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def die_awaited(*_: Any, **__: Any) -> None:
    die()


match os.environ.get("CRASH"):
    case "relay_before_mark":
        Relay._mark = die_awaited  # type: ignore[method-assign]
    case "relay_before_add":
        Relay._add = die_awaited  # type: ignore[method-assign]
    case "consumer_before_ack":
        original = Consumer.handle

        async def handle_then_die(self: Consumer, events: Any) -> None:
            await original(self, events)
            die()

        Consumer.handle = handle_then_die  # type: ignore[method-assign]
    case "job_halfway":
        from marquee_shared.jobs import JobRun

        JobRun.progress = die_awaited  # type: ignore[method-assign]

command_line(SERVICE)()
