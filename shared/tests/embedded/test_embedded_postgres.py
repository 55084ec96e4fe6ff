import asyncio
import os
import sys
from pathlib import Path

import asyncpg
import psutil  # type: ignore[import-untyped]
import pytest

from marquee_shared.embedded import FolderInUseError, ServerStartError, start_postgres

OWNER = """
import asyncio, sys
from pathlib import Path
from marquee_shared.embedded import start_postgres

async def main():
    async with start_postgres(Path(sys.argv[1]), durable=False) as server:
        print(server.process.pid, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def value(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_keeps_its_data_in_a_folder_too_deep_for_a_socket_path(tmp_path: Path) -> None:
    folder = tmp_path.joinpath(*["deep-folder"] * 12)
    assert len(str(folder)) > 107

    async with start_postgres(folder, durable=False) as server:
        await value(server.url, "CREATE TABLE kept AS SELECT 42 AS answer")
    assert not server.sockets.exists()

    async with start_postgres(folder, durable=False) as server:
        assert await value(server.url, "SELECT answer FROM kept") == 42


async def test_speaks_version_18_with_vectors_and_the_settings_given(tmp_path: Path) -> None:
    async with start_postgres(tmp_path, durable=False, settings={"work_mem": "7MB"}) as server:
        assert str(await value(server.url, "SHOW server_version")).startswith("18")
        assert await value(server.url, "SHOW work_mem") == "7MB"
        await value(server.url, "CREATE EXTENSION vector")


async def test_cannot_be_entered_without_the_password(tmp_path: Path) -> None:
    async with start_postgres(tmp_path, durable=False) as server:
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(server.url_for("marquee_admin", "guess", "postgres"))


async def test_comes_back_under_the_same_url_after_a_crash(tmp_path: Path) -> None:
    async with start_postgres(tmp_path, durable=False) as server:
        url = server.url
        await value(url, "CREATE TABLE kept AS SELECT 1")
        await value(url, "CHECKPOINT")
        await server.kill()
        with pytest.raises(OSError, match=r"refused|No such file"):
            await asyncpg.connect(url)

        await server.start()

        assert await value(url, "SELECT count(*) FROM kept") == 1


async def test_two_run_side_by_side(tmp_path: Path) -> None:
    async with (
        start_postgres(tmp_path / "one", durable=False) as one,
        start_postgres(tmp_path / "two", durable=False) as two,
    ):
        await value(one.url, "CREATE TABLE only_here ()")
        assert await value(two.url, "SELECT to_regclass('only_here')") is None


async def test_a_folder_has_one_owner_at_a_time(tmp_path: Path) -> None:
    async with start_postgres(tmp_path, durable=False):
        with pytest.raises(FolderInUseError, match=f"process {os.getpid()}"):
            async with start_postgres(tmp_path, durable=False):
                pass


async def test_dies_with_its_owner_and_the_next_one_recovers(tmp_path: Path) -> None:
    owner = await asyncio.create_subprocess_exec(
        sys.executable, "-c", OWNER, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert owner.stdout is not None
    server_process = psutil.Process(int(await owner.stdout.readline()))
    owner.kill()
    await owner.wait()
    gone_or_zombie = [psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD]

    async with start_postgres(tmp_path, durable=False) as server:
        assert await value(server.url, "SELECT 1") == 1
        assert not server_process.is_running() or server_process.status() in gone_or_zombie


async def test_a_pid_file_that_names_a_stranger_is_no_obstacle(tmp_path: Path) -> None:
    stranger = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "import signal; signal.pause()"
    )
    try:
        async with start_postgres(tmp_path, durable=False) as server:
            pid_file = tmp_path / "data" / "postmaster.pid"
            left = pid_file.read_text().splitlines()
            await server.kill()
        left[0] = str(stranger.pid)
        pid_file.write_text("\n".join(left) + "\n")

        async with start_postgres(tmp_path, durable=False) as server:
            assert await value(server.url, "SELECT 1") == 1
        assert stranger.returncode is None
    finally:
        stranger.terminate()
        await stranger.wait()


async def test_says_why_it_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(ServerStartError, match="no_such_parameter"):
        async with start_postgres(tmp_path, settings={"no_such_parameter": "1"}):
            pass


async def test_an_interrupted_first_start_is_made_good(tmp_path: Path) -> None:
    unfinished = tmp_path / "unfinished"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")

    async with start_postgres(tmp_path, durable=False) as server:
        assert await value(server.url, "SELECT 1") == 1
