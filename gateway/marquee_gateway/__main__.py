"""`python -m marquee_gateway api`: one gateway process."""

import argparse
import gc
import socket

import uvloop

from marquee_gateway.edge.server import bind
from marquee_gateway.server import serve
from marquee_gateway.settings import GatewaySettings
from marquee_shared.logs import configure_logging


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="marquee_gateway", description="The one public door.")
    commands = parser.add_subparsers(dest="command", required=True)
    api = commands.add_parser("api", help="serve HTTP on HOST and PORT")
    api.add_argument("--fd", type=int, help="serve on this inherited listening socket instead")
    arguments = parser.parse_args()
    settings = GatewaySettings()
    configure_logging("gateway.api", settings.log_level)
    if arguments.fd is None:
        listener = bind(settings.host, settings.port)
    else:
        listener = socket.socket(fileno=arguments.fd)
        listener.setblocking(False)
    # What is loaded by now stays: the collector need not look at it again.
    gc.freeze()
    uvloop.run(serve(settings, listener))


if __name__ == "__main__":
    main()
