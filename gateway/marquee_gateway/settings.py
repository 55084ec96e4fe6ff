"""What the gateway reads from its environment."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated

from pydantic import Field

from marquee_gateway.routes import Service
from marquee_shared.settings import ProcessSettings


class GatewaySettings(ProcessSettings):
    """The gateway's settings; lists are comma-separated.

    Attributes:
        public_url: Where clients reach the gateway; with https it tells them to stay there.
        cors_origins: Origins whose pages may read answers.
        allowed_hosts: Values of Host that are served; empty serves any.
        trusted_proxies: Networks whose `X-Forwarded-For` is believed.
        metrics_port: Where `/metrics` is served, on the loopback interface; none by default.
        cache_bytes: How much memory cached answers may take.
        max_connections: How many clients may be connected to this process at once.
        drain_seconds: How long a stopping gateway lets answers finish.
    """

    public_url: str = ""
    cors_origins: str = ""
    allowed_hosts: str = ""
    trusted_proxies: str = ""
    metrics_port: int | None = None
    metrics_host: str = "127.0.0.1"
    cache_bytes: Annotated[int, Field(ge=0)] = 64_000_000
    max_connections: Annotated[int, Field(ge=1)] = 10_000
    drain_seconds: Annotated[float, Field(ge=0)] = 10.0

    def replicas(self, service: Service) -> list[str]:
        """Return the addresses of a service's replicas."""
        urls: str = getattr(self, f"{service}_url")
        return split(urls)

    def proxies(self) -> list[IPv4Network | IPv6Network]:
        """Return the networks of trusted proxies."""
        return [ip_network(text) for text in split(self.trusted_proxies)]


def split(text: str) -> list[str]:
    """Return the parts of a comma-separated setting."""
    return [part.strip() for part in text.split(",") if part.strip()]
