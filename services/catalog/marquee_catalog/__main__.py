"""The catalog's command line."""

from marquee_catalog.app import SERVICE
from marquee_catalog.imports.commands import import_commands
from marquee_shared.cli import command_line

commands = command_line(SERVICE)
commands.add_command(import_commands(SERVICE))

if __name__ == "__main__":
    commands()
