from pathlib import Path

import pytest
from redis.asyncio import Redis

from marquee_shared.embedded import FolderInUseError, ServerStartError, start_redis


async def test_a_durable_server_keeps_what_was_written_over_a_crash(tmp_path: Path) -> None:
    folder = tmp_path.joinpath(*["deep-folder"] * 12)
    async with start_redis(folder, settings={"appendfsync": "always"}) as server:
        async with Redis.from_url(server.url) as client:
            await client.set("kept", "yes")
        await server.kill()
        await server.start()
        async with Redis.from_url(server.url) as client:
            assert await client.get("kept") == b"yes"


async def test_one_in_memory_loses_all_with_its_process(tmp_path: Path) -> None:
    async with start_redis(tmp_path, durable=False) as server:
        async with Redis.from_url(server.url) as client:
            await client.set("kept", "yes")
        await server.kill()
        await server.start()
        async with Redis.from_url(server.url) as client:
            assert await client.dbsize() == 0


async def test_two_run_side_by_side_but_not_on_one_folder(tmp_path: Path) -> None:
    async with (
        start_redis(tmp_path / "one") as one,
        start_redis(tmp_path / "two") as two,
    ):
        assert one.url != two.url
        with pytest.raises(FolderInUseError):
            async with start_redis(tmp_path / "one"):
                pass


async def test_listens_on_no_network_port(tmp_path: Path) -> None:
    async with start_redis(tmp_path) as server, Redis.from_url(server.url) as client:
        assert (await client.config_get("port"))["port"] == "0"
        assert server.sockets.stat().st_mode & 0o077 == 0


async def test_a_setting_it_does_not_know_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ServerStartError, match="no-such-directive"):
        async with start_redis(tmp_path, settings={"no-such-directive": "1"}):
            pass
