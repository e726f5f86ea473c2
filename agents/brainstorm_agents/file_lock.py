"""A lock on an open file, against other processes. It is gone as soon as the file is closed."""

import sys

if sys.platform == "win32":
    import msvcrt
    import os

    # Windows keeps others from reading what is locked: so this is a byte that no log ever has.
    _BEYOND = 2**62

    def lock(descriptor: int) -> bool:
        """Lock the file for this descriptor alone; False if somebody else holds it."""
        os.lseek(descriptor, _BEYOND, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

    def is_locked(descriptor: int) -> bool:
        """Whether somebody holds the lock. It is asked for, and given back at once."""
        if not lock(descriptor):
            return True
        os.lseek(descriptor, _BEYOND, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
        return False

else:
    import fcntl

    def lock(descriptor: int) -> bool:
        """Lock the file for this descriptor alone; False if somebody else holds it.

        Raises:
            OSError: The file system cannot lock.
        """
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def is_locked(descriptor: int) -> bool:
        """Whether somebody holds the lock. It is shared for a moment, and given back at once.

        Raises:
            OSError: The file system cannot lock.
        """
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        return False
