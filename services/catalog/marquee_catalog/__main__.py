"""The catalog's command line."""

from marquee_catalog.app import SERVICE
from marquee_shared.cli import command_line

commands = command_line(SERVICE)

if __name__ == "__main__":
    commands()
