"""A canvas on which a time can be dragged to."""

from typing import ClassVar

from textual import events
from textual.message import Message

from brainstorm_tui.widgets.canvas import Canvas


class Scrubber(Canvas):
    """Tells where the mouse is while its button is down, and which way the wheel turns."""

    ALLOW_SELECT: ClassVar[bool] = False

    class Dragged(Message):
        """The mouse is here, its button held; the place may lie outside."""

        def __init__(self, x: int, y: int) -> None:
            super().__init__()
            self.x = x
            self.y = y

    class Wheeled(Message):
        """The wheel was turned: -1 is up, 1 down."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    def on_mouse_down(self) -> None:
        """Hold on to the mouse, wherever it goes."""
        self.capture_mouse()

    def on_mouse_up(self) -> None:
        """Let go of it."""
        self.release_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Tell where it is dragged to."""
        if event.button and self.app.mouse_captured is self:
            self.post_message(self.Dragged(event.x, event.y))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Tell that the wheel was turned up."""
        event.stop()
        self.post_message(self.Wheeled(-1))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Tell that the wheel was turned down."""
        event.stop()
        self.post_message(self.Wheeled(1))
