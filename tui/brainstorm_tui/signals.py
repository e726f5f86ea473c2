"""What the system says when the program has to go: SIGTERM, or SIGHUP from a closing terminal."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def ending(end: Callable[[int], None]) -> Iterator[None]:
    """Have `end` called with the signal's number, in the running event loop, instead of dying.

    Where the platform has no such signals, nothing is caught.
    """
    loop = asyncio.get_running_loop()
    caught = []
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # One that is ignored, as under nohup, stays ignored.
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            with contextlib.suppress(NotImplementedError, RuntimeError):
                loop.add_signal_handler(number, end, number)
                caught.append(number)
    try:
        yield
    finally:
        for number in caught:
            loop.remove_signal_handler(number)
