"""Run a program that is told to stop when the process that started it dies.

Run as `python -I -S die_with_parent.py PARENT_PID PROGRAM [ARGUMENT]...`: a small process that asks
the kernel for the signal and then becomes the program, so the parent needs no code between fork
and exec. Where the kernel has no such signal (macOS), the program is just run.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with(parent: int) -> None:
    """Let this process get SIGTERM when the thread that started it ends; `parent` is its process.

    Raises:
        SystemExit: It has ended.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        # A parent that died before the line above sends no signal any more.
        if os.getppid() != parent:
            sys.exit("the process that started this one has ended already")


def main(parent: int, program: list[str]) -> None:
    """Become `program`, which gets SIGTERM when the thread that started this process ends."""
    die_with(parent)
    try:
        os.execv(program[0], program)  # noqa: S606  no shell is the point
    except OSError as error:
        sys.exit(f"cannot run {program[0]}: {error.strerror}")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
