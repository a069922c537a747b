"""Run as a script: becomes the command given, in a process that dies with the one that started it.

    python -I -S launch.py PARENT_PID SIGNAL as_is|ordinary COMMAND [ARGUMENT ...]

1. `ordinary`: takes on the number of an ordinary user, since PostgreSQL refuses to run as root, and initdb refuses a
   user without a name. In a user namespace of its own, where the files that it writes still belong to the caller;
   where namespaces are forbidden (many containers), by giving up root but for reading and writing root's files.
2. Has the kernel send SIGNAL when the parent's thread that started it ends, however it ends (Linux only).
3. Executes the command: the process keeps its number.
"""

import ctypes
import os
import pwd
import signal
import sys

_CLONE_NEWUSER = 0x10000000
_PR_SET_PDEATHSIG, _PR_SET_KEEPCAPS, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE = 1, 8, 47, 2
_CAP_DAC_OVERRIDE = 1
_CAPABILITIES_VERSION = 0x20080522


def main() -> None:
    parent, orphan_signal, user, *command = sys.argv[1:]
    if user == "ordinary" and not is_ordinary_user():
        _become_ordinary()
    if sys.platform == "linux":
        _prctl(_PR_SET_PDEATHSIG, int(orphan_signal))
        if os.getppid() != int(parent):  # it ended before the kernel was told
            sys.exit(1)
    os.execv(command[0], command)  # noqa: S606  # the one purpose of this file


def is_ordinary_user() -> bool:
    """Whether this user is neither root nor nameless."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_uid != 0
    except KeyError:
        return False


def pick_ordinary_user() -> tuple[int, int]:
    """A user that has a name here, and their group; a usual one where none has."""
    return next(((entry.pw_uid, entry.pw_gid) for entry in pwd.getpwall() if entry.pw_uid), (1000, 1000))


def _become_ordinary() -> None:
    user, group = pick_ordinary_user()
    outside_user, outside_group = os.geteuid(), os.getegid()
    if sys.platform != "linux":
        sys.exit("PostgreSQL does not run as root. Start as an ordinary user, or set DATABASE_URL.")
    if ctypes.CDLL(None).unshare(_CLONE_NEWUSER) != 0:
        _give_up_root(user, group)
        return
    for name, content in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {outside_user} 1"),
        ("gid_map", f"{group} {outside_group} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(content)


def _give_up_root(user: int, group: int) -> None:
    """Exits with a message where that is forbidden too."""
    try:
        os.setgroups([])
        os.setgid(group)
        _prctl(_PR_SET_KEEPCAPS, 1)
        os.setuid(user)
        bit = 1 << _CAP_DAC_OVERRIDE
        header = (ctypes.c_uint32 * 2)(_CAPABILITIES_VERSION, 0)
        sets = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)  # effective, permitted, inheritable: low words, then high
        if ctypes.CDLL(None).capset(header, sets) != 0:
            raise PermissionError
        _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE)
    except OSError:
        sys.exit("PostgreSQL does not run as this user, and cannot be given another here. Set DATABASE_URL instead.")


def _prctl(*arguments: int) -> None:
    """prctl(2)."""
    if ctypes.CDLL(None).prctl(*arguments, *(0,) * (5 - len(arguments))) != 0:
        raise PermissionError


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    main()
