"""What the session's keys do: to a live session through its controller, to a replay by seeking.

Every action returns what is worth saying about it, or nothing if the screen shows it anyway: so no
key is silent.
"""

import math
from typing import Literal, Protocol

from brainstorm_agents.budget import Amount, Lack, told
from brainstorm_agents.controller import Controller, Reason
from brainstorm_agents.errors import InputError
from brainstorm_agents.session import Phase
from brainstorm_tui.destination import Destination, ToEvent, ToTime
from brainstorm_tui.draw.status import REASONS, Key, Standing
from brainstorm_tui.look import Symbols
from brainstorm_tui.schedule_words import SPOKEN, following
from brainstorm_tui.source import LiveSource, ReplaySource, Source


class Transport(Protocol):
    """The controls of what is shown."""

    @property
    def source(self) -> Source:
        """What they control."""
        ...

    def act(self, action: str) -> str | None:
        """Do what a key asks for; what is worth saying about it."""

    def go(self, to: Destination) -> None:
        """Go somewhere.

        Raises:
            InputError: One cannot go there.
        """

    def standing(self, symbols: Symbols) -> Standing:
        """What the status line says."""

    def calls(self) -> list[Key]:
        """The keys that the session waits for, if it waits."""

    def keys(self, symbols: Symbols) -> list[Key]:
        """What can be done now, by the transport's own keys."""

    def tick(self, seconds: float) -> None:
        """Let time pass, for what plays by itself."""

    @property
    def pulse(self) -> object:
        """Changes whenever something has to be drawn that the session's revision does not tell."""


_NOT_REPLAYED = "goes through a replay; this session is live"


class Live:
    """The controls of a session that is going on."""

    def __init__(self, controller: Controller, *, is_logged: bool) -> None:
        self.controller = controller
        self.source = LiveSource(controller)
        self._is_logged = is_logged

    def act(self, action: str) -> str | None:
        """Step, run, pause or stop."""
        match action:
            case "step":
                return self._step()
            case "run":
                return self._run()
            case "play":
                return self._pause() if self.controller.is_running else self._run()
            case "stop":
                return self._stop()
            case "schedule":
                return self._switch_schedule()
            case "previous_event" | "next_event" | "previous_turn" | "next_turn":
                return _NOT_REPLAYED
            case "previous_round" | "next_round" | "slower" | "faster":
                return _NOT_REPLAYED
        raise ValueError(action)

    def go(self, to: Destination) -> None:
        """The past of a live session is on the screen: nothing has to be done to look at it."""
        if isinstance(to, ToTime | ToEvent):
            raise InputError(f"a time or an event {_NOT_REPLAYED}")

    def say(self, text: str, to: tuple[str, ...]) -> str:
        """Say something; what is worth saying about it."""
        controller = self.controller
        controller.say(text, to)
        said = f"{', '.join(to) or 'everyone'} will hear it in the next round"
        if controller.is_running:
            return said
        lack = controller.lack()
        if lack is None:
            return f"{said}: s runs it"
        if not _can_be_raised(lack):
            return f"{said}, which the budget does not hold"
        return f"{said}: s raises the budget to {self._raised(lack)} and runs it"

    def keep(self, turn: str) -> str:
        """Keep a turn as an idea, or take that back."""
        self.controller.keep_idea(turn, turn not in self.controller.session.ideas)
        ideas = self.controller.session.ideas
        count = f"{len(ideas)} idea{'s' * (len(ideas) != 1)}"
        if turn in ideas:
            return f"{turn} is kept as an idea: {count}; a Markdown export lists them"
        return f"{turn} is no idea any more: {count} kept"

    def _step(self) -> str | None:
        was_running = self.controller.is_running
        if lack := self.controller.lack():
            return self._raise_budget(lack)
        if not was_running and self._is_quiet():
            return self._why_quiet()
        self.controller.step()
        return "one more round after this" if was_running else None

    def _run(self) -> str | None:
        controller = self.controller
        if controller.is_running and controller.until >= controller.goal:
            return "it runs already: space pauses, x stops"
        if not controller.is_running and self._is_quiet():
            return self._why_quiet()
        if not controller.is_running and (lack := controller.lack()):
            if not _can_be_raised(lack):
                return f"the budget does not hold that: {_UNPRICED}"
            return f"the budget does not hold that: s raises it to {self._raised(lack)}, one round"
        controller.run()
        return None

    def _raise_budget(self, lack: Lack) -> str:
        """Go on in spite of the budget, for one round: the key has said what that could take."""
        controller = self.controller
        if not _can_be_raised(lack):
            return _UNPRICED
        controller.raise_budget()
        controller.step()
        return f"the budget is {self._raised(lack)} now"

    def _raised(self, lack: Lack) -> str:
        """The budget that would hold what comes next."""
        budget = lack.raised
        return told(Amount(budget.tokens or 0, budget.usd or 0.0), budget)

    def _pause(self) -> str:
        self.controller.pause()
        return "pauses after this round"

    def _stop(self) -> str | None:
        if not self.controller.is_running:
            return "nothing to stop: no turn is under way"
        session = self.controller.session
        current = session.open_round
        turns = [turn for turn in current.turns if not turn.is_settled] if current else []
        self.controller.stop()
        if not turns:
            return "stopped before a turn began: s begins"
        if all(session.roles[turn.role].muted for turn in turns):
            return "stopped: who was under way is muted, so nobody is asked again"
        return "stopped: s asks the unfinished turns again"

    def _switch_schedule(self) -> str:
        controller = self.controller
        controller.schedule_next(following(controller.session.schedule))
        return f"the next round runs {SPOKEN[controller.session.schedule]}"

    def _is_quiet(self) -> bool:
        controller = self.controller
        if controller.log_error or controller.session.open_round:
            return False
        return controller.environment.is_quiet()

    def _why_quiet(self) -> str:
        last = self.controller.session.round
        failed = [t.role for t in last.turns if t.has_failed] if last else []
        if failed:
            since = f"nobody has news, since {_some(failed)} failed"
            return f"{since}: say something with i, and all hear it"
        muted = [state.name for state in self.controller.session.roles.values() if state.muted]
        if muted:
            verb = "is" if len(muted) == 1 else "are"
            return f"nobody has news who is not muted; {_some(muted)} {verb}: Enter, then m"
        return "nobody has news: i says something"

    def standing(self, symbols: Symbols) -> Standing:
        """Where the session stands."""
        controller, session = self.controller, self.controller.session
        log = self._log()
        number = session.round.number if session.round else 0
        name = "opening" if number == 0 else f"round {number} of {max(controller.goal, number)}"
        if controller.is_preparing and controller.is_running:
            return Standing("loading", "loading litellm, for real models", log)
        if controller.is_running:
            more = controller.rounds_to_come
            pauses = controller.is_pausing
            asked_for = f" +{more}" if more and controller.until < controller.goal else ""
            doing = "then pauses" if pauses else ""
            return Standing(f"{symbols.phases[Phase.SPEAKING]} {name}{asked_for}", doing, log)
        if session.ended:
            reason = REASONS.get(session.ended, session.ended)
            return Standing(f"{symbols.phases[Phase.DONE]} ended", reason, log)
        if session.paused:
            reason = REASONS.get(session.paused, session.paused)
            if session.paused == Reason.BUDGET and (lack := controller.lack()):
                reason = self._lacks(lack)
            return Standing(f"{symbols.paused} paused", f"{name} {symbols.dot} {reason}", log)
        doing = "all is quiet: i says something" if self._is_quiet() else "waits for you"
        if lack := controller.lack():
            doing = self._lacks(lack)
        return Standing(f"{symbols.paused} {name}", doing, log)

    def _lacks(self, lack: Lack) -> str:
        """What would come next, and what there is for it."""
        budget = self.controller.session.budget
        needed, left = told(lack.needed, budget), told(lack.left, budget)
        return f"next could use {needed}, the budget has {left}"

    def _log(self) -> Literal["logged", "logging", "no log"]:
        if not self._is_logged:
            return "no log"
        synced = self.controller.environment.journal.synced_seq
        return "logged" if synced >= self.controller.session.said_seq else "logging"

    def calls(self) -> list[Key]:
        """The keys that the session waits for."""
        session = self.controller.session
        if self.controller.is_running or session.paused or session.ended or not session.rounds:
            return []
        if self._is_quiet():
            return [Key("i", "say something", True)]
        if lack := self.controller.lack():
            return [*self._to_raise(lack, is_called_for=True), Key("i", "say something", True)]
        return [Key("s", "one round", True), Key("r", self._to_run(), True)]

    def _to_run(self) -> str:
        controller = self.controller
        rounds = controller.goal - controller.session.finished_round
        if rounds < 1:
            return f"run {controller.rounds} more"
        return f"run {rounds} round{'s' * (rounds != 1)}"

    def _to_raise(self, lack: Lack, is_called_for: bool = False) -> list[Key]:
        """The key that raises the budget, if it can be raised."""
        does = f"raise the budget to {self._raised(lack)}, one round"
        return [Key("s", does, is_called_for)] if _can_be_raised(lack) else []

    def keys(self, symbols: Symbols) -> list[Key]:
        """The keys of the live session, by its state."""
        controller, session = self.controller, self.controller.session
        if controller.is_running:
            return [Key("space", "pause"), Key("x", "stop"), Key("i", "say")]
        if self._is_quiet():
            return [Key("i", "say")]
        if lack := controller.lack():
            is_called = bool(self.calls())
            return [*([] if is_called else self._to_raise(lack)), Key("i", "say")]
        if session.ended:
            return [Key("s", "one more"), Key("r", self._to_run()), Key("i", "say")]
        if session.paused:
            return [Key("space", "resume"), Key("s", "one round"), Key("i", "say")]
        return [Key("i", "say")]

    def tick(self, seconds: float) -> None:
        """The session has a clock of its own."""

    @property
    def pulse(self) -> object:
        """What the log has, and what is wanted."""
        controller = self.controller
        return (
            controller.environment.journal.synced_seq,
            controller.is_preparing,
            controller.until,
            controller.goal,
        )


_UNPRICED = "nobody knows what it would cost: give its model a price, or run it without usd"


def _can_be_raised(lack: Lack) -> bool:
    """Whether anybody knows the budget that would hold what comes next."""
    return lack.needed.usd < math.inf


def _some(names: list[str]) -> str:
    """The first names of a list, and whether there are more."""
    return ", ".join(names[:3]) + (" and others" if len(names) > 3 else "")


SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
"""How fast a replay can play."""

IDLE_LIMIT_S = 1.0
"""So one sees that the session waited, and does not wait oneself."""

_NOT_LIVE = "this is a replay: f forks it, and goes live here"


class Replay:
    """The controls of a saved session.

    Args:
        idle_limit: Seconds that a stretch in which nothing was under way lasts at most, at speed 1.
    """

    def __init__(self, source: ReplaySource, idle_limit: float = IDLE_LIMIT_S) -> None:
        self.source = source
        self._idle_limit = idle_limit
        self._speed = SPEEDS.index(1.0)
        self._is_playing = False

    def act(self, action: str) -> str | None:
        """Play, and go through rounds, turns and events."""
        source, before = self.source, self.source.position
        match action:
            case "step" | "run" | "stop" | "schedule":
                return _NOT_LIVE
            case "play":
                self._is_playing = not self._is_playing
                if self._is_playing and source.is_at_end:
                    source.seek(1)
                return None
            case "previous_event" | "next_event":
                source.seek(source.position + (1 if action == "next_event" else -1))
            case "previous_turn" | "next_turn":
                source.next_turn(1 if action == "next_turn" else -1)
            case "previous_round" | "next_round":
                source.next_round(1 if action == "next_round" else -1)
            case "home":
                source.seek(1)
            case "end":
                source.seek(source.length)
            case "slower" | "faster":
                step = 1 if action == "faster" else -1
                self._speed = max(0, min(len(SPEEDS) - 1, self._speed + step))
                return f"speed {SPEEDS[self._speed]:g}"
            case _:
                raise ValueError(action)
        self._is_playing = False
        if source.position != before:
            return None
        return "this is the end" if before == source.length else "this is the beginning"

    def standing(self, symbols: Symbols) -> Standing:
        """Where the replay stands."""
        source = self.source
        number = source.session.round.number if source.session.round else 0
        rounds = source.whole.round.number if source.whole.round else 0
        doing = f"round {number} of {rounds}" if number else "opening"
        extra = [
            ("event", f"{source.position:,} of {source.length:,}"),
            ("speed", f"{SPEEDS[self._speed]:g}{symbols.times}"),
        ]
        if source.is_cut_off and source.is_at_end:
            doing = f"nobody is writing it any more {symbols.dot} {doing}"
        if source.is_gone:
            extra.insert(0, ("its file", "gone"))
        if source.log.has_more and not source.is_followed:
            extra.insert(0, ("read", f"{source.log.share:.0%}"))
        return Standing(self._state(symbols), doing, "", extra, is_replay=True)

    def go(self, to: Destination) -> None:
        """Go there, and stay."""
        self.source.go(to)
        self._is_playing = False

    def _state(self, symbols: Symbols) -> str:
        source = self.source
        if self._is_playing:
            return f"{symbols.phases[Phase.SPEAKING]} playing"
        if not source.is_at_end:
            return f"{symbols.paused} paused"
        if source.is_followed:
            if source.is_cut_off:
                return f"{symbols.phases[Phase.CANCELLED]} cut off"
            if source.session.ended is None:
                return f"{symbols.phases[Phase.SPEAKING]} following"
            reason = REASONS.get(source.session.ended, source.session.ended)
            return f"{symbols.phases[Phase.DONE]} ended: {reason}"
        if source.log.has_more:
            return f"{symbols.phases[Phase.THINKING]} reading"
        return f"{symbols.paused} paused"

    def calls(self) -> list[Key]:
        """A replay waits for nothing."""
        return []

    def keys(self, symbols: Symbols) -> list[Key]:
        """The keys of a replay."""
        left = self.source.is_followed and not self.source.is_at_end
        return [
            Key("space", self._space()),
            *([Key("End", "follow")] if left else []),
            Key(", .", "event"),
            Key(symbols.left_right, "turn"),
            Key("[ ]", "round"),
            Key("g", "go to"),
            Key("- +", "speed"),
            Key("f", "fork"),
        ]

    def _space(self) -> str:
        if self._is_playing:
            return "pause"
        return "play from the start" if self.source.is_at_end else "play"

    def tick(self, seconds: float) -> None:
        """Play on, the stretches in which nothing was under way shortened."""
        source = self.source
        if not self._is_playing:
            source.pass_time(seconds)
            return
        at = source.now() + seconds * SPEEDS[self._speed]
        session = source.session
        is_idle = not session.is_under_way and at - session.t >= self._idle_limit
        if is_idle and not source.is_at_end:
            at = max(at, source.log.time(source.position))
        source.seek_time(at)
        if source.is_at_end:
            self._is_playing = False

    @property
    def pulse(self) -> object:
        """Where it is, how much there is, and how fast it goes."""
        source = self.source
        read = source.length, source.log.has_more, source.is_cut_off, source.is_gone
        return source.position, *read, self._speed, self._is_playing


def mentioned(text: str, names: list[str]) -> tuple[str, tuple[str, ...]]:
    """What the user typed, taken apart into its text and those it is addressed to.

    `@Bob what do you wait for?` is addressed to Bob; a name that nobody has stays text.
    """
    folded = {name.casefold(): name for name in names}
    to: list[str] = []
    words = text.split(" ")
    while words and words[0].startswith("@"):
        name = folded.get(words[0][1:].rstrip(",:").casefold())
        if name is None:
            break
        to.append(name)
        words.pop(0)
    return " ".join(words).strip(), tuple(dict.fromkeys(to))
