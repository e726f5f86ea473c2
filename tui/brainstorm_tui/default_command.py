"""A group of commands one of which needs no name: `tool THING` beside `tool list`."""

import difflib
import inspect
import os
from collections.abc import Callable, Sequence
from typing import Any

import click
from click.shell_completion import CompletionItem

DEFAULT = ""
"""The name under which the command without a name is registered."""


class DefaultGroup(click.Group):
    """A group whose default command is what it does when no command is named.

    The group's own options are flags and stand before anything else. Its help is the default
    command's as well.

    Args:
        things: The names that the default command knows for its first word. A word that is like a
            command's name, and is neither one of these nor a file, is taken for a slip.
    """

    def __init__(
        self, *arguments: Any, things: Callable[[], Sequence[str]] = tuple, **attributes: Any
    ) -> None:
        super().__init__(*arguments, **attributes)
        self._things = things

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default command's name where a command's name is missing."""
        flags = {name for option in self.get_params(ctx) for name in option.opts}
        start = next((at for at, word in enumerate(args) if word not in flags), len(args))
        # While a shell completes the first word, it may still become a command's name.
        is_open = ctx.resilient_parsing and start == len(args)
        if not is_open and (start == len(args) or args[start] not in self.commands):
            if start < len(args):
                self._refuse_slip(args[start], ctx)
            args = [*args[:start], DEFAULT, *args[start:]]
        return super().parse_args(ctx, args)

    def _refuse_slip(self, word: str, ctx: click.Context) -> None:
        names, things = self.list_commands(ctx), self._things()
        if word.startswith("-") or word in things or os.path.lexists(word):
            return
        meant = next(iter(difflib.get_close_matches(word, [*things, *names], n=1)), None)
        if meant in names:
            raise click.UsageError(f"there is no command {word!r}; did you mean {meant!r}?", ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands that have a name, in the order in which they were added."""
        return [name for name in self.commands if name != DEFAULT]

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Both ways to call it."""
        pieces = " ".join(self.commands[DEFAULT].collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, pieces)
        formatter.write_usage(ctx.command_path, "COMMAND [ARGS]...", prefix=" " * len("Usage: "))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The default command's options, the group's own, the commands."""
        default = self.commands[DEFAULT]
        with click.Context(default, parent=ctx, info_name=DEFAULT) as context:
            self._write(formatter, "Options", context, default.params)
        self._write(formatter, "Other options", ctx, self.get_params(ctx))
        self.format_commands(ctx, formatter)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Commands and options, those of the default command among them."""
        found = super().shell_complete(ctx, incomplete)
        default = self.commands[DEFAULT]
        with click.Context(default, parent=ctx, info_name=DEFAULT) as context:
            found += default.shell_complete(context, incomplete)
            for parameter in default.params:
                if not _is_option(parameter) and not incomplete.startswith("-"):
                    found += parameter.shell_complete(context, incomplete)
        return found

    @staticmethod
    def _write(
        formatter: click.HelpFormatter,
        heading: str,
        context: click.Context,
        parameters: list[click.Parameter],
    ) -> None:
        found = (item.get_help_record(context) for item in parameters if _is_option(item))
        records = [record for record in found if record]
        with formatter.section(heading):
            formatter.write_dl(records)


def _is_option(parameter: click.Parameter) -> bool:
    return isinstance(parameter, click.Option)


class DefaultCommand(click.Command):
    """The command without a name: its help is the group's."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**{**attributes, "name": DEFAULT})

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words; one too many may be a command's name in the wrong place."""
        group = ctx.parent.command if ctx.parent else None
        names = group.commands if isinstance(group, click.Group) else {}
        command = next((word for word in args if word in names), None)
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            if command is None:
                raise
            advice = f"a command comes first: {ctx.command_path.strip()} {command} …"
            raise click.UsageError(f"{error.format_message().rstrip('.')}; {advice}", ctx) from None

    def get_help(self, ctx: click.Context) -> str:
        """The help of the group that it belongs to."""
        return ctx.parent.get_help() if ctx.parent else inspect.cleandoc(self.help or "")
