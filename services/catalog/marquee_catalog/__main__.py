"""The catalog's command line."""

from marquee_catalog.app import SERVICE
from marquee_catalog.channels.commands import channel_ratings_command
from marquee_catalog.imports.commands import export_command, import_commands
from marquee_shared.cli import command_line

commands = command_line(SERVICE)
commands.add_command(import_commands(SERVICE))
commands.add_command(export_command(SERVICE))
commands.add_command(channel_ratings_command(SERVICE))

if __name__ == "__main__":
    commands()
