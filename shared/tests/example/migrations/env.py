from example.service import metadata

from marquee_shared.migrations import run_environment

run_environment("example", metadata)
