"""Text into a file of its own: whole or not at all, and private."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from brainstorm_agents.errors import InputError


def write(pieces: Iterable[str], path: Path, *, may_replace: bool = False) -> None:
    """Write text in UTF-8 to a file that only its owner may read.

    It is written beside its place and renamed, so an error leaves nothing, and whoever reads the
    old file meanwhile keeps it.

    Raises:
        InputError: The file exists and may not be replaced, or cannot be written there.
        OSError: The disk is full or failing.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder; name a file in it")
    if os.path.lexists(path) and not may_replace:
        raise _exists(path)
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".export-")
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from None
    beside = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(pieces)
        if may_replace:
            beside.replace(path)
        else:
            _move_to_new(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def _move_to_new(beside: Path, path: Path) -> None:
    """Rename, but not over a file that somebody has made meanwhile."""
    try:
        path.hardlink_to(beside)
    except FileExistsError:
        raise _exists(path) from None
    except OSError:
        # A file system without hard links: between the look and the rename there is a gap.
        if os.path.lexists(path):
            raise _exists(path) from None
        beside.rename(path)


def _exists(path: Path) -> InputError:
    return InputError(f"{path} exists already; choose another name, or replace it with --force")
