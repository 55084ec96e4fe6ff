"""`python -m marquee_identity …`."""

from marquee_identity.app import SERVICE
from marquee_identity.bootstrap import add_bootstrap_command
from marquee_identity.keys.commands import add_key_commands
from marquee_identity.roles.commands import add_role_commands
from marquee_identity.tokens.commands import add_token_commands
from marquee_shared.cli import command_line

command = command_line(SERVICE)
add_key_commands(command, SERVICE)
add_role_commands(command, SERVICE)
add_token_commands(command, SERVICE)
add_bootstrap_command(command, SERVICE)

if __name__ == "__main__":
    command()
