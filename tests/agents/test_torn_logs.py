"""A log cut at every byte: it opens, or is refused with a reason; and its session goes on."""

from pathlib import Path

import pytest

from brainstorm_agents.clock import LoopClock
from brainstorm_agents.controller import Controller
from brainstorm_agents.environment import Environment
from brainstorm_agents.errors import LogError
from brainstorm_agents.journal import InlineJournal
from brainstorm_agents.models import Models
from brainstorm_agents.reader import read
from brainstorm_agents.reopen import reopen
from brainstorm_agents.session import Session

from .casts import Kept, cast, fold, role, run, snapshot, trace, transcript, virtual

ROUNDS = 2


@virtual
async def _session() -> Kept:
    kept = Kept()
    await run(cast(role("Alex"), role("Bob", fail=0.4), opener="Alex"), ROUNDS, journal=kept)
    return kept


KEPT = _session()
LINES = KEPT.lines()
WHOLE = b"".join(line + b"\n" for line in LINES)
SESSION = fold(KEPT.events)

CUTS = sorted(
    {
        cut
        for number in range(1, len(LINES) + 1)
        for end in [sum(len(line) + 1 for line in LINES[:number])]
        for cut in (end - 9, end - 1, end, end + 1)
        if len(LINES[0]) < cut <= len(WHOLE)
    }
)
"""Before, in and after every newline behind the header."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "session.jsonl"


def test_a_log_cut_at_every_byte_opens_or_is_refused_with_a_reason(path: Path) -> None:
    for cut in range(len(WHOLE) + 1):
        path.write_bytes(WHOLE[:cut])
        if cut > len(LINES[0]):
            log = read(path)
            whole, _, tail = WHOLE[:cut].rpartition(b"\n")
            assert (b"\n".join(log.lines), log.torn) == (whole, len(tail))
        else:
            with pytest.raises(LogError, match="is empty" if cut == 0 else "not a log"):
                read(path)
        assert path.read_bytes() == WHOLE[:cut], "reading never writes"


def test_a_log_cut_anywhere_goes_on_to_what_an_uninterrupted_session_says(path: Path) -> None:
    aside = path.with_name(f"{path.name}.torn")
    for cut in CUTS:
        path.write_bytes(WHOLE[:cut])
        session = _finish(path)
        whole, _, tail = WHOLE[:cut].rpartition(b"\n")
        assert path.read_bytes().startswith(whole + b"\n")
        assert (aside.read_bytes() if tail else b"\n") == tail + b"\n"
        assert trace(session) == trace(SESSION)
        assert transcript(session) == transcript(SESSION)
        assert session.ended == SESSION.ended
        assert snapshot(read(path).session()) == snapshot(session)
        aside.unlink(missing_ok=True)


@virtual
async def _finish(path: Path) -> Session:
    reopened = reopen(path)
    journal = InlineJournal(reopened.file, synced_seq=reopened.session.seq)
    environment = Environment(Models(), LoopClock(), journal, reopened.session)
    environment.reopen("reopened")
    await Controller(environment, ROUNDS).run_to_end()
    await journal.close()
    return environment.session
