"""The palette's commands that let something go wrong with a role's next turn."""

from collections.abc import Callable, Iterator
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider

from brainstorm_agents.fault import KINDS, FaultKind
from brainstorm_tui.screens.frame import Frame
from brainstorm_tui.text.safe import one_line
from brainstorm_tui.transport import Live

WORDS: dict[FaultKind | None, str] = {
    "slow": "is slow",
    "fails": "fails",
    "stalls": "stalls",
    "rate_limited": "is rate limited",
    "cut_off": "is cut off",
    None: "goes as usual",
}
"""What becomes of a turn."""

_ABOUT = "failure lab: see what a failure looks like"


class FaultCommands(Provider):
    """`Bob's next turn: fails`, for each role of a live session and each fault."""

    async def search(self, query: str) -> Hits:
        """The commands that fit what is typed."""
        matcher = self.matcher(query)
        for text, command in self._commands():
            score = matcher.match(text)
            if score > 0:
                yield Hit(score, matcher.highlight(text), command, help=_ABOUT)

    async def discover(self) -> Hits:
        """The commands of the first role, so that one sees that there are any."""
        for number, (text, command) in enumerate(self._commands()):
            if number == len(KINDS):
                break
            yield DiscoveryHit(text, command, help=_ABOUT)

    def _commands(self) -> Iterator[tuple[str, Callable[[], None]]]:
        screen = self.screen
        if not isinstance(screen, Frame) or not isinstance(screen.transport, Live):
            return
        faults = screen.transport.controller.session.faults
        for role in screen.transport.controller.session.roles:
            for kind in (*KINDS, None) if role in faults else KINDS:
                text = f"{one_line(role)}'s next turn: {WORDS[kind]}"
                yield text, partial(_set, screen, screen.transport, role, kind)


def _set(screen: Frame, transport: Live, role: str, kind: FaultKind | None) -> None:
    transport.controller.set_fault(role, kind)
    screen.hint(f"{role}'s next turn {WORDS[kind]}")
