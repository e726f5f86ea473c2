"""Topics that were asked earlier, kept in a small file, the newest last."""

from pathlib import Path

import msgspec

MOST = 100
"""How many are kept."""

LARGEST = 2 * 2**20
"""Bytes of the largest such file that is read."""


def earlier(path: Path) -> list[str]:
    """The topics of the file, oldest first; lines that are no topic are passed over."""
    try:
        if path.stat().st_size > LARGEST:
            return []
        lines = path.read_bytes().splitlines()
    except OSError:
        return []
    topics = []
    for line in lines:
        try:
            topics.append(msgspec.json.decode(line, type=str))
        except msgspec.DecodeError:
            continue
    return topics[-MOST:]


def remember(path: Path, topic: str) -> None:
    """Add a topic to the file. That it cannot be written is no reason to stop a session."""
    topics = [known for known in earlier(path) if known != topic] + [topic]
    content = b"".join(msgspec.json.encode(known) + b"\n" for known in topics[-MOST:])
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_bytes(content)
        fresh.chmod(0o600)
        fresh.replace(path)
    except OSError:
        return
