"""Run a command that dies with the process that asked for it: `leash.py SIGNAL PARENT USER …`.

Executed by path with `python -I -S`, before any package is importable, and replaced by the
command, which therefore keeps the process id. On Linux the kernel sends SIGNAL to the command when
its parent ends, however that happens; elsewhere the next start recovers what was left.

USER is `-` to stay who we are. PostgreSQL refuses to run as root, so root passes another name. That
user must still reach files below folders only root may enter (a home folder, a test's temporary
folder); instead of loosening those folders' modes the command keeps the one capability of root
that it needs, where the kernel lets it.
"""

import ctypes
import os
import pwd
import signal
import sys

PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522


def become(user: str) -> None:
    """Change to `user` for good, keeping root's way past file modes when the kernel allows it."""
    account = pwd.getpwnam(user)
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
    if libc is not None:
        libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)
    if libc is not None:
        mask = 1 << CAP_DAC_OVERRIDE
        header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
        sets = (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)
        # Refused in a container without the capability: then the plain modes decide, and a
        # folder out of reach is reported by the command itself.
        if libc.capset(header, sets) == 0:
            libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


def main(arguments: list[str]) -> None:
    """Bind this process to its parent and become the command."""
    death_signal, parent, user, *command = arguments
    if user != "-":
        become(user)
    if sys.platform == "linux":
        # After the change of user, which would clear it.
        number = getattr(signal, death_signal)
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)
    if os.getppid() != int(parent):
        sys.exit("the parent ended before the command began")
    os.execv(command[0], command)  # noqa: S606 - the whole purpose, and no shell is wanted


if __name__ == "__main__":
    main(sys.argv[1:])
