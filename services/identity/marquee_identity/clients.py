"""The client app behind a request: the address it calls from and what it calls itself."""

import ipaddress
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

LONGEST_DEVICE = 300
SUBSCRIBER_BITS = 64


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request comes from; `address` is the gateway's word where the gateway called."""

    address: str
    device: str

    @property
    def network(self) -> str:
        """What counts as one address for limits: all of IPv4, the first 64 bits of IPv6."""
        try:
            address = ipaddress.ip_address(self.address.partition("%")[0])
        except ValueError:
            return "unknown"
        if address.version == 4:  # noqa: PLR2004 - IPv4
            return str(address)
        return str(ipaddress.ip_network((address, SUBSCRIBER_BITS), strict=False))


async def _client(request: Request) -> Client:
    """Read the peer; uvicorn puts `X-Forwarded-For` there when it trusts who sent it."""
    agent = request.headers.get("user-agent", "")
    shown = "".join(c for c in agent if c.isprintable())[:LONGEST_DEVICE]
    return Client(request.client.host if request.client else "unknown", shown)


ClientDep = Annotated[Client, Depends(_client)]
