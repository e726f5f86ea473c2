"""Copying: through a program of the system's where there is one, else through the terminal."""

import asyncio
import os
import shutil
import sys
from collections.abc import Callable

TIMEOUT_S = 2.0
"""How long such a program may take."""


def _program() -> list[str] | None:
    """The system's program that takes a text for the clipboard, if it can work here."""
    if sys.platform == "darwin":
        wanted = ["pbcopy"]
    elif sys.platform == "win32":
        # Its input would be read in the console's code page: the terminal is the better way.
        return None
    elif os.environ.get("WAYLAND_DISPLAY"):
        wanted = ["wl-copy"]
    elif os.environ.get("DISPLAY"):
        wanted = ["xclip", "-selection", "clipboard"]
    else:
        return None
    return wanted if shutil.which(wanted[0]) else None


async def copy(text: str, through_terminal: Callable[[str], None]) -> str:
    """Copy a text, and say which way it went.

    Args:
        through_terminal: Asks the terminal to copy, which not all do, and none confirms.
    """
    program = _program()
    if program is not None:
        try:
            process = await asyncio.create_subprocess_exec(
                *program,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
            async with asyncio.timeout(TIMEOUT_S):
                await process.communicate(text.encode("utf-8", "replace"))
            if process.returncode == 0:
                return "copied"
        except (OSError, TimeoutError):
            through_terminal(text)
            return f"{program[0]} failed: sent to the terminal"
    through_terminal(text)
    return "sent to the terminal's clipboard"
