"""One process of the house: started, watched, started again when it dies, drained at the end."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from marquee_shared.embedded.processes import leashed, log_tail

FIRST_BACKOFF = 0.2
LONGEST_BACKOFF = 10.0
# A process that lived this long was well: its next death starts a new series.
WELL_AFTER = 30.0
# While starting, this many deaths in a row are a fault that no further try will cure.
DEATHS_BEFORE_GIVING_UP = 4


class ChildFailedError(RuntimeError):
    """A process cannot be brought up, or a one-off command failed; carries the end of its log."""


@dataclass
class Child:
    """A long-running command.

    `on_change` is called after each start, so that whoever keeps the record of process ids can
    write it anew.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    folder: Path
    on_change: Callable[[], None]
    pass_fds: Sequence[int] = ()
    process: asyncio.subprocess.Process | None = None
    failed: asyncio.Event = field(default_factory=asyncio.Event)
    _stopping: bool = False

    @property
    def pid(self) -> int | None:
        """The id of the living process."""
        alive = self.process is not None and self.process.returncode is None
        return self.process.pid if self.process is not None and alive else None

    async def keep_running(self) -> None:
        """Start, and start again with a growing pause whenever it dies, until `stop`."""
        deaths, pause = 0, FIRST_BACKOFF
        while not self._stopping:
            began = time.monotonic()
            self.process = await start_command(
                self.command, self.environment, self.log, self.folder, self.pass_fds
            )
            self.on_change()
            await self.process.wait()
            if time.monotonic() - began > WELL_AFTER:
                deaths, pause = 0, FIRST_BACKOFF
            deaths += 1
            if deaths >= DEATHS_BEFORE_GIVING_UP:
                self.failed.set()
            if not self._stopping:
                await asyncio.sleep(pause)  # a pause is the meaning of a backoff
                pause = min(pause * 2, LONGEST_BACKOFF)

    def expect_end(self) -> None:
        """From now on its death is no reason to start it again."""
        self._stopping = True

    def send(self, how: signal.Signals) -> None:
        """Signal the living process; nothing when there is none."""
        if self.process is not None and self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):  # ended between the two lines
                self.process.send_signal(how)

    async def stop(self, grace: float) -> None:
        """Ask it to drain, wait up to `grace` seconds, then SIGKILL."""
        self.expect_end()
        if self.process is None:
            return
        self.send(signal.SIGTERM)
        try:
            async with asyncio.timeout(grace):
                await self.process.wait()
        except TimeoutError:
            self.send(signal.SIGKILL)
            await self.process.wait()


async def start_command(
    command: Sequence[str],
    environment: Mapping[str, str],
    log: Path | None,
    folder: Path,
    pass_fds: Sequence[int] = (),
) -> asyncio.subprocess.Process:
    """Start a leashed command in a session of its own; without `log` on our own terminal."""
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600) if log else None
    try:
        return await asyncio.create_subprocess_exec(
            *leashed(command),
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT if log else None,
            pass_fds=tuple(pass_fds),
            cwd=folder,
            start_new_session=True,
        )
    finally:
        if output is not None:
            os.close(output)


async def run_command(
    name: str,
    command: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    log: Path | None = None,
) -> None:
    """Run a one-off command to its end.

    Raises:
        ChildFailedError: it ended with another code than 0.
    """
    process = await start_command(command, environment, log, folder)
    try:
        code = await process.wait()
    except asyncio.CancelledError:
        process.terminate()
        await process.wait()
        raise
    if code != 0:
        details = f":\n{log_tail(log)}" if log else ""
        raise ChildFailedError(f"{name} failed with exit code {code}{details}")
