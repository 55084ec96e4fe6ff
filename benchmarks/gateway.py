"""The gateway beside nginx: both in front of the same upstream, in one run.

`python benchmarks/gateway.py [--seconds 2] [--rounds 3]` starts an upstream, nginx and one gateway
process, drives them in turn with wrk, and prints medians. Client and upstream share one core,
nginx and the gateway the other. The gateway does all it does in earnest: a bearer token on every
request, rate limits, request ids, traces, deadlines. There are two upstreams: a bare ASGI
application under uvicorn, and nginx answering from its configuration, which leaves the most to
the proxy. CPU is what the proxy's process took for a request, whatever the client could keep up.
"""

import argparse
import asyncio
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import orjson
from joserfc import jwt
from joserfc.jwk import ECKey
from rich.console import Console
from rich.table import Table
from uuid6 import uuid7

from marquee_shared.embedded import start_redis

BODY = orjson.dumps({"id": 42, "slug": "dune", "synopsis": "x" * 950})
ETAG = '"42-7"'
CONNECTIONS = 32
CLIENT_CORE, PROXY_CORE = "0", "1"
TICKS = os.sysconf("SC_CLK_TCK")

ASGI_UPSTREAM = """
import os
BODY, JWKS = os.environb[b"BODY"], os.environb[b"JWKS"]
HEADERS = [(b"content-type", b"application/json"), (b"etag", os.environb[b"ETAG"]),
           (b"cache-tag", b"movie:42")]

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    body = JWKS if scope["path"].endswith("jwks.json") else BODY
    headers = [*HEADERS, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
"""

NGINX = """
worker_processes 1; daemon off; pid {folder}/{name}.pid; error_log {folder}/{name}.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 100000000; default_type application/json;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  {http}
}}
"""
PROXY = """
upstream service {{ server 127.0.0.1:{upstream}; keepalive 64; keepalive_requests 100000000; }}
server {{ listen 127.0.0.1:{port} backlog=1024;
  proxy_http_version 1.1; proxy_set_header Connection "";
  location / {{ proxy_pass http://service; }}
}}
"""
STATIC = """
server {{ listen 127.0.0.1:{port} backlog=1024;
  add_header ETag '{etag}'; add_header Cache-Tag movie:42;
  location / {{ return 200 '{body}'; }}
  location /v1/.well-known/ {{ return 200 '{jwks}'; }}
}}
"""


@dataclass
class Measured:
    """Rounds of one thing measured."""

    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(port: int) -> None:
    """Wait until something listens on a port."""
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"nothing came up on port {port}")


@contextmanager
def process(core: str, *command: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command on one core until the end of the block."""
    started = subprocess.Popen(
        ["taskset", "-c", core, *command],
        env={**os.environ, **environment},
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        yield started
    finally:
        started.send_signal(signal.SIGTERM)
        started.wait(15)


@contextmanager
def nginx(folder: Path, name: str, core: str, http: str) -> Iterator[int]:
    """Run nginx and give the process id of its worker."""
    configuration = folder / f"{name}.conf"
    configuration.write_text(NGINX.format(folder=folder, name=name, http=http))
    with process(core, "nginx", "-p", str(folder), "-c", str(configuration)) as master:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            children = Path(f"/proc/{master.pid}/task/{master.pid}/children").read_text().split()
            if children:
                break
            time.sleep(0.05)
        yield int(children[0])


def cpu_seconds(pid: int) -> float:
    """Return the processor time a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def drive(url: str, pid: int, seconds: int, headers: dict[str, str], into: Measured) -> None:
    """Drive a URL with wrk once and add what came out."""
    options = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    before = cpu_seconds(pid)
    output = subprocess.run(
        ["taskset", "-c", CLIENT_CORE, "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s",
         "--latency", *options, url],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    used = cpu_seconds(pid) - before
    if "Non-2xx" in output or "Socket errors" in output:
        raise SystemExit(f"{url} failed:\n{output}")
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    total = re.search(r"(\d+) requests in", output)
    median = re.search(r"50%\s+([\d.]+)(us|ms|s)", output)
    if rate is None or total is None or median is None:
        raise SystemExit(f"wrk said:\n{output}")
    into.rates.append(float(rate[1]))
    into.cpu.append(used / int(total[1]) * 1e6)
    into.latencies.append(float(median[1]) * {"us": 0.001, "ms": 1, "s": 1000}[median[2]])


def run(folder: Path, redis_url: str, seconds: int, rounds: int) -> dict[str, dict[str, Measured]]:
    """Measure everything and return it by upstream and kind."""
    key = ECKey.generate_key("P-256", {"kid": "bench", "use": "sig", "alg": "ES256"})
    jwks = orjson.dumps({"keys": [key.as_dict(private=False)]}).decode()
    now = int(time.time())
    claims = {
        "sub": str(uuid7()), "username": "bench", "verified": True, "boarded": True, "roles": [],
        "scope": "", "sid": str(uuid7()), "iss": "marquee", "aud": "marquee", "iat": now,
        "exp": now + 3600, "language": "en",
    }  # fmt: skip
    token = jwt.encode({"alg": "ES256", "typ": "at+jwt", "kid": "bench"}, claims, key)
    headers = {"Authorization": f"Bearer {token}"}
    (folder / "upstream.py").write_text(ASGI_UPSTREAM)
    results: dict[str, dict[str, Measured]] = {}
    for name in ("bare ASGI", "nginx"):
        upstream, proxy, port = free_port(), free_port(), free_port()
        with ExitStack() as stack:
            if name == "nginx":
                static = STATIC.format(port=upstream, etag=ETAG, body=BODY.decode(), jwks=jwks)
                stack.enter_context(nginx(folder, "static", CLIENT_CORE, static))
            else:
                command = [
                    sys.executable,
                    "-m",
                    "uvicorn",
                    "--app-dir",
                    str(folder),
                    "upstream:app",
                ]
                options = ["--loop", "uvloop", "--http", "httptools", "--no-access-log"]
                environment = {"BODY": BODY.decode(), "JWKS": jwks, "ETAG": ETAG}
                stack.enter_context(
                    process(CLIENT_CORE, *command, *options, "--port", str(upstream), **environment)
                )
            wait_for(upstream)
            pid = stack.enter_context(
                nginx(folder, "proxy", PROXY_CORE, PROXY.format(port=proxy, upstream=upstream))
            )
            services = {
                f"{service}_URL": f"http://127.0.0.1:{upstream}"
                for service in ("IDENTITY", "CATALOG", "SOCIAL", "RECOMMENDER")
            }
            gateway = stack.enter_context(
                process(
                    PROXY_CORE, sys.executable, "-m", "marquee_gateway", "api",
                    PORT=str(port), REDIS_URL=redis_url, RATE_LIMIT_FACTOR="1000000",
                    ENVIRONMENT="test", **services,
                )
            )  # fmt: skip
            wait_for(proxy)
            wait_for(port)
            kinds = {
                "nginx proxy_pass": (f"http://127.0.0.1:{proxy}/v1/users/a", pid, headers),
                "proxied": (f"http://127.0.0.1:{port}/v1/users/a", gateway.pid, headers),
                "cached": (f"http://127.0.0.1:{port}/v1/movies/a", gateway.pid, headers),
                "304": (
                    f"http://127.0.0.1:{port}/v1/movies/a",
                    gateway.pid,
                    {**headers, "If-None-Match": ETAG},
                ),
            }
            results[name] = measured = {kind: Measured() for kind in kinds}
            for url, owner, sent in kinds.values():
                drive(url, owner, 1, sent, Measured())  # warm
            for _ in range(rounds):
                for kind, (url, owner, sent) in kinds.items():
                    drive(url, owner, seconds, sent, measured[kind])
    return results


def show(results: dict[str, dict[str, Measured]]) -> None:
    """Print the medians side by side."""
    table = Table(title=f"Gateway beside nginx, {len(BODY)} bytes, {CONNECTIONS} connections")
    for column in ("upstream", "", "requests/s", "of nginx", "p50 ms", "CPU µs", "CPU of nginx"):
        table.add_column(column, justify="left" if column in {"upstream", ""} else "right")
    for upstream, kinds in results.items():
        base_rate = statistics.median(kinds["nginx proxy_pass"].rates)
        base_cpu = statistics.median(kinds["nginx proxy_pass"].cpu)
        for kind, measured in kinds.items():
            rate, cpu = statistics.median(measured.rates), statistics.median(measured.cpu)
            table.add_row(
                upstream, kind, f"{rate:,.0f}", f"{rate / base_rate:.2f}",
                f"{statistics.median(measured.latencies):.2f}", f"{cpu:.1f}",
                f"{cpu / base_cpu:.2f}",
            )  # fmt: skip
        table.add_section()
    Console(width=100).print(table)


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--seconds", type=int, default=2, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    missing = [name for name in ("nginx", "wrk", "taskset") if shutil.which(name) is None]
    if missing:
        print(f"gateway benchmark skipped: {', '.join(missing)} not installed")
        return
    if (os.cpu_count() or 1) < 2:
        print("gateway benchmark skipped: it needs two cores")
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with start_redis(folder / "redis", durable=False) as redis:
            # In the main thread: Redis ends with the thread that started it.
            show(run(folder, redis.url, arguments.seconds, arguments.rounds))


if __name__ == "__main__":
    asyncio.run(main())
