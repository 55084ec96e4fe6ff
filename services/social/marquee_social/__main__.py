"""`python -m marquee_social api | worker | migrate | republish | dead-letters`."""

from marquee_shared.cli import command_line
from marquee_social.app import SERVICE

if __name__ == "__main__":
    command_line(SERVICE)()
