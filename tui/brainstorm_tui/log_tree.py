"""The families among the logs of a folder: each session, and under it the forks that it has."""

from collections.abc import Callable, Iterator
from pathlib import Path

from brainstorm_agents.errors import LogError
from brainstorm_agents.parent import Changes, Parent
from brainstorm_tui import log_list
from brainstorm_tui.plain import forked_at
from brainstorm_tui.text.safe import one_line

INDENT = "  "
LONGEST_VALUE = 40
"""Characters of a parameter's value that are shown."""


def tree(folder: Path, complain: Callable[[str], None], with_single: bool = False) -> Iterator[str]:
    """The families, that with the newest first log at the top; a line for each log.

    Of each log the first line is read, and the last ones; the others are verified. A fork knows its
    parent by the checksum of its header; so a log may be called otherwise than it was.

    Args:
        folder: Where the logs are.
        complain: Takes what is wrong with a log that cannot be read.
        with_single: Whether a log that has neither parent nor fork is shown too.
    """
    briefs: dict[Path, log_list.Brief] = {}
    verifier = log_list.Verifier()
    for path in log_list.newest(folder):
        try:
            briefs[path] = log_list.read_brief(path, verifier)
        except LogError as error:
            complain(str(error))
    roots: list[Path] = []
    forks: dict[Path, list[Path]] = {}
    orphans: dict[tuple[str, str], list[Path]] = {}
    for path in sorted(briefs, key=lambda path: briefs[path].header.started_at, reverse=True):
        parent = briefs[path].header.parent
        if parent is None:
            roots.append(path)
        elif (above := _find(parent, path, briefs)) is not None:
            forks.setdefault(above, []).append(path)
        else:
            orphans.setdefault((parent.log, parent.header), []).append(path)

    def family(path: Path, depth: int) -> Iterator[str]:
        brief = briefs[path]
        come_from = f"  {_come_from(brief.header.parent)}" if brief.header.parent else ""
        yield f"{INDENT * depth}{one_line(path.name)}{come_from}  {brief.state}"
        for fork in reversed(forks.get(path, [])):
            yield from family(fork, depth + 1)

    for path in roots:
        if with_single or path in forks:
            yield from family(path, 0)
    for (name, _), paths in orphans.items():
        yield f"{one_line(name)}  not among these logs"
        for path in reversed(paths):
            yield from family(path, 1)


def changes_words(changes: Changes) -> list[str]:
    """What a fork does otherwise, each thing in a few words."""
    words = []
    if changes.edited:
        words.append(f"{one_line(changes.edited)} edited")
    for names, state in ((changes.muted, "muted"), (changes.unmuted, "not muted any more")):
        if names:
            words.append(f"{', '.join(map(one_line, names))} {state}")
    if changes.model is not None:
        words.append(f"model {one_line(changes.model)}")
    for key, value in changes.params.items():
        words.append(f"{one_line(key)}={one_line(str(value))[:LONGEST_VALUE]}")
    if changes.seed is not None:
        words.append(f"seed {changes.seed}")
    return words


def _find(parent: Parent, fork: Path, briefs: dict[Path, log_list.Brief]) -> Path | None:
    """The log of a parent: copies have one checksum, then the name tells."""
    same = [path for path, brief in briefs.items() if brief.checksum == parent.header]
    same = [path for path in same if path != fork]
    named = (path for path in same if path.name == parent.log)
    return next(named, same[0] if same else None)


def _come_from(parent: Parent) -> str:
    return ", ".join([forked_at(parent), *changes_words(parent.changes)]) + ";"
