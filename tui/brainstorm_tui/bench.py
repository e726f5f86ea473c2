"""The same conversation again and again, concurrently and one after another, and what it took.

Measured is the session's own time in which turns were under way: neither the start of the program
nor the import of a model's library is in it. One after another is one call at a time: every role
sees what it sees concurrently, so the conversation stays the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import cycle, islice

from brainstorm_agents.controller import Controller, Reason
from brainstorm_agents.scenario import with_overrides
from brainstorm_agents.session import Phase, Session
from brainstorm_tui.comparison import compare
from brainstorm_tui.launch import Launch, start
from brainstorm_tui.plain_comparison import where
from brainstorm_tui.sample import Sample


class Way(StrEnum):
    """How the calls of a round are made."""

    CONCURRENT = "concurrent"
    SEQUENTIAL = "sequential"


@dataclass(frozen=True, slots=True)
class Run:
    """What one session took, in seconds of its time."""

    way: Way
    took_s: float
    """In which turns were under way."""
    turns_s: float
    """The sum of the turns."""
    chain_s: float
    """The longest chain of turns: of each round the longest call."""
    absent_s: float
    """What the roles that had no turn in a round were missing from: the lengths of those rounds."""
    turns: tuple[int, ...]
    """How many turns each round had."""
    done: int
    failed: int
    reason: str
    """Why a turn failed, if one did."""
    parting: str
    """Where the transcript parts from the first run's; empty if it does not."""


class Bench:
    """Runs a launch both ways, alternately, and keeps what each run took.

    Args:
        launch: What to run. No log is kept, whatever it says.
        repeat: How many runs each way.
    """

    def __init__(self, launch: Launch, repeat: int) -> None:
        self.launch = replace(launch, log=None)
        self.repeat = repeat
        self.runs: list[Run] = []
        """Those that have ended."""
        self.controller: Controller | None = None
        """The session under way."""
        self._first: Session | None = None

    def way(self) -> Way:
        """The way of the run under way, or of the next one."""
        return next(self.to_come())

    def to_come(self) -> Iterator[Way]:
        """The ways of the runs that have not ended."""
        return islice(cycle(Way), len(self.runs), 2 * self.repeat)

    @property
    def is_complete(self) -> bool:
        """Whether all runs have ended."""
        return len(self.runs) == 2 * self.repeat

    @property
    def is_hopeless(self) -> bool:
        """Whether no turn has finished: then there is nothing to measure."""
        return bool(self.runs) and not any(run.done for run in self.runs)

    async def next(self) -> None:
        """Do the next run. One that is cancelled, or whose session fails, does not count."""
        way = self.way()
        self.controller = start(_launch(self.launch, way), is_attended=False)
        try:
            await self.controller.run_to_end()
        finally:
            await self.controller.close(Reason.INTERRUPTED)
        session = self.controller.session
        self._first = self._first or session
        self.runs.append(_run(way, session, self._first))


@dataclass(frozen=True)
class Figures:
    """What the runs add up to, with at least one run each way."""

    runs: tuple[Run, ...]
    roles: int

    @property
    def concurrent(self) -> Sample:
        """What the runs took in which all calls of a round were made at once."""
        return Sample(tuple(run.took_s for run in self._ran(Way.CONCURRENT)))

    @property
    def sequential(self) -> Sample:
        """What the runs took in which there was one call at a time."""
        return Sample(tuple(run.took_s for run in self._ran(Way.SEQUENTIAL)))

    @property
    def speedup(self) -> float:
        """How many times faster; 1 where nothing took any time."""
        concurrent = self.concurrent.mean
        return self.sequential.mean / concurrent if concurrent else 1.0

    @property
    def textbook_s(self) -> float:
        """What the textbook says of one after another: the concurrent time times the roles."""
        return self.concurrent.mean * self.roles

    @property
    def turns_s(self) -> float:
        """The sum of the turns, as they were concurrently."""
        return Sample(tuple(run.turns_s for run in self._ran(Way.CONCURRENT))).mean

    @property
    def ideal_s(self) -> float:
        """The longest chain of turns, as they were concurrently."""
        return Sample(tuple(run.chain_s for run in self._ran(Way.CONCURRENT))).mean

    @property
    def ideal_reached(self) -> float:
        """What part of the concurrent time the ideal is: 1 is all that there is to gain."""
        concurrent = self.concurrent.mean
        return self.ideal_s / concurrent if concurrent else 1.0

    @property
    def absent_s(self) -> float:
        """What the textbook counts for roles that had no turn in a round."""
        return Sample(tuple(run.absent_s for run in self._ran(Way.CONCURRENT))).mean

    @property
    def waiting_s(self) -> float:
        """What the textbook counts beyond the end, or before the call, of shorter turns."""
        return self.textbook_s - self.turns_s - self.absent_s

    @property
    def turns(self) -> tuple[int, ...]:
        """How many turns each round had, in the first run."""
        return self.runs[0].turns

    @property
    def failed(self) -> int:
        """How many turns have failed, in all runs."""
        return sum(run.failed for run in self.runs)

    @property
    def partings(self) -> list[str]:
        """Where transcripts part from the first run's: a place for each run that differs."""
        return [run.parting for run in self.runs if run.parting]

    def _ran(self, way: Way) -> list[Run]:
        return [run for run in self.runs if run.way is way]


def figures(bench: Bench) -> Figures | None:
    """What the runs so far add up to; None before there is one each way."""
    if {run.way for run in bench.runs} < set(Way):
        return None
    return Figures(tuple(bench.runs), len(bench.launch.scenario.roles))


def _launch(launch: Launch, way: Way) -> Launch:
    schedule = "simultaneous" if way is Way.CONCURRENT else "sequential"
    return replace(launch, scenario=with_overrides(launch.scenario, schedule=schedule))


def _run(way: Way, session: Session, first: Session) -> Run:
    end, turns = session.t, session.turns.values()
    absent = chain = 0.0
    for round_ in session.rounds:
        length = session.elapsed(end if round_.ended is None else round_.ended)
        length -= session.elapsed(round_.started)
        absent += length * (len(session.roles) - len(round_.turns))
        chain += max((turn.spent(end) for turn in round_.turns), default=0.0)
    parting = compare(first, session).parting
    return Run(
        way=way,
        took_s=session.elapsed(end),
        turns_s=session.busy(end),
        chain_s=chain,
        absent_s=absent,
        turns=tuple(len(round_.turns) for round_ in session.rounds),
        done=sum(turn.phase is Phase.DONE for turn in turns),
        failed=session.failed,
        reason=next((turn.reason for turn in turns if turn.phase is Phase.FAILED), ""),
        parting=where(parting) if parting else "",
    )
