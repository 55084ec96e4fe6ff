"""`make up`: the whole of Marquee on this machine under one supervisor. `python -m deploy.local`.

Everything it starts dies with it, in order when it is asked to end and at once when it is killed;
what a killed one left is recovered by the next start on the same DATA_DIR.
"""

import argparse
import asyncio
import shutil
import signal
import sys
import time
from contextlib import AsyncExitStack
from typing import Any

import httpx
from deploy.local import records, terminal
from deploy.local.children import ChildFailedError
from deploy.local.first_start import NoModelError, first_start
from deploy.local.house import House, PortTakenError, listen
from deploy.local.log_files import keep_logs_small
from deploy.local.settings import BadSettingError, LocalSettings

from marquee_shared.embedded import FolderInUseError, ServerStartError
from marquee_shared.embedded.folders import held
from marquee_shared.embedded.processes import log_tail

REFUSALS = (
    BadSettingError,
    ChildFailedError,
    FolderInUseError,
    NoModelError,
    PortTakenError,
    ServerStartError,
    httpx.HTTPStatusError,
)

# Seconds after which a start says what it waits for.
PATIENCE = 30.0


async def bring_up(house: House) -> None:
    """From nothing, or from what an earlier start left, to a house that is ready."""
    began = time.monotonic()
    with terminal.step("PostgreSQL and Redis"):
        await house.start_servers()
    house.start_gateway()
    with terminal.step("Databases migrated"):
        await house.migrate()
    with terminal.step("Gateway, four APIs and their workers"):
        house.start_services()
        await ready(house)
    await first_start(house, terminal.step)
    terminal.where_to_look(house.settings, house.gateway_url, time.monotonic() - began)


async def ready(house: House) -> None:
    """Wait until the gateway says that every part is ready; says which is not when it takes long.

    Raises:
        ChildFailedError: a process keeps dying; the message carries the end of its log.
    """
    patience = asyncio.get_running_loop().time() + PATIENCE
    async with httpx.AsyncClient(base_url=house.gateway_url, timeout=5) as client:
        while waiting_for := await _unready(client):
            for child in house.children.values():
                if child.failed.is_set():
                    raise ChildFailedError(f"{child.name} does not start:\n{log_tail(child.log)}")
            if asyncio.get_running_loop().time() > patience:
                patience = float("inf")
                terminal.note(f"still waiting for {waiting_for}; see {house.settings.logs}/")
            await asyncio.sleep(0.25)  # readiness is asked for, nobody announces it


async def _unready(client: httpx.AsyncClient) -> str:
    """The parts that are not ready, in words; empty when all are."""
    try:
        answer = await client.get("/health/ready")
    except httpx.TransportError:
        return "the gateway"
    if answer.is_success:
        return ""
    report = answer.json()
    apis = [f"{name}-api" for name, state in report["services"].items() if not state["ready"]]
    workers = [f"{name}-worker" for name, alive in report["workers"].items() if not alive]
    return ", ".join(apis + workers)


async def run(settings: LocalSettings) -> None:
    """Bring the house up and keep it up until SIGINT, SIGTERM or SIGHUP."""
    with held(settings.data_dir):
        settings.logs.mkdir(exist_ok=True)
        settings.mail.mkdir(exist_ok=True)
        run_record = settings.data_dir / "run.json"
        if left := records.end_leftovers(run_record):
            terminal.note(f"ended {left} processes of a killed run")
        async with AsyncExitStack() as stack:
            door = stack.enter_context(listen(settings.host, settings.port))
            house = House(settings, stack, door)
            asked = _asked_to_end(house)
            logs = asyncio.create_task(keep_logs_small(settings.logs))
            start = asyncio.create_task(bring_up(house))
            first_of: list[asyncio.Future[Any]] = [start, asked]
            try:
                await asyncio.wait(first_of, return_when=asyncio.FIRST_COMPLETED)
                if start.done():
                    start.result()
                    await asked
            finally:
                logs.cancel()
                start.cancel()
                await asyncio.gather(start, logs, return_exceptions=True)
                with terminal.step("Everything stopped"):
                    await house.stop()
                    await stack.aclose()
        run_record.unlink(missing_ok=True)


def _asked_to_end(house: House) -> asyncio.Future[float]:
    loop = asyncio.get_running_loop()
    asked: asyncio.Future[float] = loop.create_future()

    def on_signal() -> None:
        # One Ctrl-C may arrive twice, from the terminal and by way of make.
        if not asked.done():
            asked.set_result(loop.time())
        elif loop.time() - asked.result() > 1:
            house.hurry()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, on_signal)
    return asked


def clean(settings: LocalSettings) -> None:
    """Drop DATA_DIR; refused while a run uses it and when it is no folder of ours."""
    if not settings.data_dir.exists():
        return
    if not (settings.data_dir / "lock").exists():
        raise FolderInUseError(f"{settings.data_dir} was not made by `make up`: left alone")
    with held(settings.data_dir):
        records.end_leftovers(settings.data_dir / "run.json")
        shutil.rmtree(settings.data_dir)


def main() -> int:
    """The command line; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description=__doc__)
    parser.add_argument("command", nargs="?", choices=["up", "clean"], default="up")
    command = parser.parse_args().command
    try:
        settings = LocalSettings.from_environment()
        if command == "clean":
            clean(settings)
        else:
            asyncio.run(run(settings))
    except REFUSALS as refusal:
        terminal.failure(str(refusal))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
