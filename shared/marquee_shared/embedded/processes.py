"""Start processes that die with us, and end them."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import psutil

LEASH = Path(__file__).with_name("leash.py")


class ServerStartError(RuntimeError):
    """An embedded server ended before it was ready; the message carries the end of its log."""


def leashed(
    command: Sequence[str],
    *,
    death_signal: signal.Signals = signal.SIGTERM,
    user: str | None = None,
) -> list[str]:
    """`command`, to be run by this process, so that it gets `death_signal` when we end.

    More exactly: when the thread that starts it ends, so start it from the main thread.
    """
    start = [sys.executable, "-I", "-S", str(LEASH), death_signal.name, str(os.getpid())]
    return [*start, user or "-", *command]


def spawn(
    command: Sequence[str],
    *,
    log: Path,
    death_signal: signal.Signals = signal.SIGTERM,
    user: str | None = None,
) -> subprocess.Popen[bytes]:
    """Start `command`, leashed, in a session of its own, its output appended to `log`.

    A session of its own keeps a terminal's Ctrl-C away from it: whoever started it
    ends it, in the order that is right.
    """
    output: IO[bytes]
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - our own commands, no shell
            leashed(command, death_signal=death_signal, user=user),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


async def run_to_end(process: subprocess.Popen[bytes]) -> int:
    """Wait for a process without holding up the event loop; its exit code."""
    return await asyncio.to_thread(process.wait)


async def end(
    process: subprocess.Popen[bytes], how: signal.Signals = signal.SIGTERM, *, grace: float = 15
) -> int:
    """Send `how`, wait up to `grace` seconds, then SIGKILL; the exit code."""
    if process.poll() is None:
        process.send_signal(how)
        try:
            return await asyncio.to_thread(process.wait, grace)
        except subprocess.TimeoutExpired:
            process.kill()
    return await run_to_end(process)


def end_leftover(command_part: str, program: str, how: signal.Signals, *, grace: float = 15) -> int:
    """End what a killed run left: processes of `program` with `command_part` as an argument.

    Only for a folder whose lock is held: then no living run can be the owner. The number ended.
    """
    found = []
    for process in psutil.process_iter(["name", "cmdline"]):
        arguments = process.info["cmdline"] or []
        if process.info["name"] == program and command_part in arguments:
            found.append(process)
            process.send_signal(how)
    for process in psutil.wait_procs(found, timeout=grace)[1]:
        process.kill()
    psutil.wait_procs(found, timeout=grace)
    return len(found)


def log_tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log, for an error message."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
