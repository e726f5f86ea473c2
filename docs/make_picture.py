"""Draw docs/screen.svg: the app's own picture of the classroom while round 2 streams.

    make picture

The session is the mock's, its seed is fixed and its clock is moved by hand, so that the same
program draws the same picture.
"""

import asyncio
import html
import re
import tempfile
from pathlib import Path
from unittest.mock import patch

from rich.cells import cell_len

from brainstorm_agents import scenario
from brainstorm_agents.clock import ManualClock
from brainstorm_agents.session import Phase, Session
from brainstorm_tui.app import BrainstormApp
from brainstorm_tui.launch import Launch

PICTURE = Path(__file__).with_name("screen.svg")
COLUMNS, ROWS = 120, 34
SEED = 7
MOMENT_S = 9.4
"""Seconds of session time: some way into round 2."""

CELL = 12.2
"""The width of a cell in the picture, as Textual draws it."""

_SPACE = "&#160;"
_FONTS = "Fira Code, monospace", "Fira Code, DejaVu Sans Mono, Menlo, Consolas, monospace"
_number = re.compile(r"terminal-\d+")
_web_fonts = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
_text = re.compile(
    r'x="(?P<x>[\d.]+)" y="(?P<y>[\d.]+)" textLength="[\d.]+"(?P<rest>[^>]*)>(?P<text>[^<]*)<'
)


async def main() -> None:
    """Run the session to the moment, and keep what the screen shows."""
    clock = ManualClock()
    with tempfile.TemporaryDirectory() as folder, patch("brainstorm_tui.launch.LoopClock") as made:
        made.return_value = clock
        launch = Launch(
            scenario=scenario.load("classroom"),
            seed=SEED,
            log=Path(folder) / "session.jsonl",
            run_at_once=True,
        )
        app = BrainstormApp([launch])
        async with app.run_test(size=(COLUMNS, ROWS)) as pilot:
            assert app.controller is not None, "a session is under way"
            session = app.controller.session
            while clock.now() < MOMENT_S:
                # Before and after a round the session waits for the disk, which has its own time.
                while not _is_speaking(session):  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
                await clock.advance(0.05)
            await pilot.pause(0.5)
            assert session.open_round is not None, "the moment is in a round"
            assert session.open_round.number == 2, f"it is in round {session.open_round.number}"
            picture = app.export_screenshot(title="brainstorm-tui")
            await app.action_leave()
    # The reader's own monospace will do; nothing is to be fetched to look at a picture.
    picture = _web_fonts.sub("", picture).replace(*_FONTS)
    assert "url(http" not in picture.replace('"', ""), "it fetches something"
    picture = _number.sub("screen", picture)
    PICTURE.write_text(_text.sub(_trimmed, picture), encoding="utf-8")


def _is_speaking(session: Session) -> bool:
    """Whether a model is asked, so that the clock is what the session waits for."""
    return any(turn.phase in (Phase.THINKING, Phase.SPEAKING) for turn in session.turns.values())


def _trimmed(found: re.Match[str]) -> str:
    """A text without the spaces around it, which some programs drop without moving the rest."""
    x, text = float(found["x"]), found["text"]
    bare = text.removeprefix(_SPACE)
    while bare != text:
        x, text, bare = x + CELL, bare, bare.removeprefix(_SPACE)
    while text.endswith(_SPACE):
        text = text.removesuffix(_SPACE)
    cells = cell_len(html.unescape(text))
    return f'x="{x:g}" y="{found["y"]}" textLength="{cells * CELL:g}"{found["rest"]}>{text}<'


if __name__ == "__main__":
    asyncio.run(main())
