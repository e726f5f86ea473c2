"""Kills sessions with `kill -9` at random instants, and looks for what was lost.

    python -m tests.crash.kill --rounds 500
    python -m tests.crash.kill --rounds 20 buffered     (finds losses, as it should)

A round starts a session as a process and reads its acknowledgements (`run --json`) from a pipe.
At a random instant the process is killed, sometimes again after `run --resume`. Then no
acknowledged event may be missing from the log, the log has to read, and `run --resume` has to
finish it with the transcript of a session that nobody interrupted. The exit code is 1 if not.
"""

import argparse
import contextlib
import io
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from brainstorm_agents.errors import LogError
from brainstorm_agents.reader import read
from brainstorm_agents.session import Session
from brainstorm_tui.cli import main as program

ROOT = Path(__file__).parents[2]

WRITERS = {"program": "brainstorm_tui", "buffered": "tests.crash.buffered"}
"""What is killed: the module that a process runs."""

SEEDS = range(5)
PACE = ("--speed", "40")
"""Fast enough for a round to take under a second, slow enough for an instant to be inside it."""

LINES = 280
SESSION_S = 0.4
"""About what a session has at this pace."""

START_UP_S = 0.6
AT_ONCE = ("--speed", "0")


@dataclass(slots=True)
class Findings:
    """What some rounds have shown."""

    rounds: int = 0
    kills: int = 0
    acknowledged: int = 0
    """Events."""
    lost: int = 0
    """Events that were acknowledged and are not in the log."""
    faults: list[str] = field(default_factory=list)
    """Anything else that should not be."""
    states: Counter[str] = field(default_factory=Counter)
    """How far sessions had come when they were killed."""

    def __str__(self) -> str:
        states = ", ".join(f"{count} {state}" for state, count in self.states.most_common())
        head = (
            f"{self.rounds} rounds, {self.kills} kills ({states}):"
            f" {self.acknowledged:,} events acknowledged, {self.lost:,} lost"
        )
        return "\n".join([head, *self.faults])


Transcript = list[tuple[str, str, str]]


def hunt(rounds: int, writer: str = "program", seed: int = 0) -> Findings:
    """Kill and go on with so many sessions.

    Args:
        rounds: How many.
        writer: One of `WRITERS`.
        seed: What the instants depend on, as far as a clock lets them.
    """
    findings = Findings()
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        whole = {seed: _uninterrupted(seed, Path(folder)) for seed in SEEDS}
        for number in range(rounds):
            _round(Path(folder) / f"{number}.jsonl", WRITERS[writer], whole, chance, findings)
            findings.rounds += 1
    return findings


def _round(
    log: Path, module: str, whole: Mapping[int, Transcript], chance: random.Random, to: Findings
) -> None:
    seed = chance.choice(SEEDS)
    words = ["run", "classroom", "--seed", str(seed), "--log", str(log)]
    before = b""
    while True:
        acknowledged = before + _killed([*words, *PACE, "--json"], module, chance)
        to.kills += 1
        content = log.read_bytes() if log.exists() else b""
        to.acknowledged += acknowledged.count(b"\n") - before.count(b"\n")
        to.lost += _lost(acknowledged, content)
        try:
            session = read(log).session()
        except LogError as error:
            to.states["before its header"] += 1
            if acknowledged:
                to.faults.append(f"{log.name} does not read: {error}")
            return
        to.states[_state(session)] += 1
        if not content.startswith(acknowledged):
            return
        if chance.random() < 0.6:
            break
        # What a killed process leaves beyond its acknowledgements counts from here on.
        before = content[: content.rfind(b"\n") + 1]
        words = ["run", "--resume", str(log)]
    code, errors = _run(["run", "--resume", str(log), *AT_ONCE])
    session = read(log).session()
    if code or session.ended != "rounds" or _transcript(session) != whole[seed]:
        to.faults.append(f"{log.name} (seed {seed}) does not end as it should: {code} {errors}")


def _killed(words: Sequence[str], module: str, chance: random.Random) -> bytes:
    """What a process has acknowledged by the time that it is killed, or is done.

    Some are killed while they start up, some at any time after their first line, and some as
    soon as a certain line is there.
    """
    how = chance.choices(("starting", "time", "line"), (1, 12, 12))[0]
    with subprocess.Popen(
        [sys.executable, "-m", module, *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None, "it was asked for"
        read_so_far = b""
        if how == "starting":
            time.sleep(chance.uniform(0, START_UP_S))
        else:
            last = 1 if how == "time" else chance.randint(1, LINES)
            while read_so_far.count(b"\n") < last and (line := process.stdout.readline()):
                read_so_far += line
            time.sleep(chance.uniform(0, SESSION_S if how == "time" else 0.003))
        process.kill()
        return read_so_far + process.stdout.read()


def _lost(acknowledged: bytes, content: bytes) -> int:
    """How many acknowledged lines a log does not begin with."""
    if content.startswith(acknowledged):
        return 0
    pairs = zip(acknowledged.splitlines(), content.splitlines(), strict=False)
    kept = next((n for n, (said, held) in enumerate(pairs) if said != held), content.count(b"\n"))
    return acknowledged.count(b"\n") - kept


def _state(session: Session) -> str:
    if session.ended:
        return "after its end"
    if session.is_under_way:
        return "in a round"
    return "between rounds"


def _uninterrupted(seed: int, folder: Path) -> Transcript:
    log = folder / f"whole-{seed}.jsonl"
    code, errors = _run(["run", "classroom", "--seed", str(seed), "--log", str(log), *AT_ONCE])
    assert code == 0, errors
    return _transcript(read(log).session())


def _run(words: Sequence[str]) -> tuple[int, str]:
    """Run the program in this process; its exit code, and what it complains about."""
    errors = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(errors):
        code = program(words)
    return code, errors.getvalue()


def _transcript(session: Session) -> Transcript:
    return [(message.id, message.sender, message.text) for message in session.published]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("writer", choices=WRITERS, nargs="?", default="program")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    findings = hunt(chosen.rounds, chosen.writer, chosen.seed)
    print(findings)  # noqa: T201
    return 1 if findings.lost or findings.faults else 0


if __name__ == "__main__":
    sys.exit(main())
