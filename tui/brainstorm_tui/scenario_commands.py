"""The commands about scenarios: list, show, check, new."""

from pathlib import Path

import click

from brainstorm_agents import fields, memory
from brainstorm_agents import scenario as scenarios
from brainstorm_agents.errors import InputError, ScenarioError
from brainstorm_tui.options import complete_scenario
from brainstorm_tui.text.safe import sanitise


@click.group("scenarios", invoke_without_command=True)
@click.pass_context
def group(context: click.Context) -> None:
    """List, show, check and write scenarios."""
    if context.invoked_subcommand is None:
        context.invoke(list_scenarios)


@group.command("list")
def list_scenarios() -> None:
    """List the scenarios that come with the program."""
    for name in scenarios.builtin_names():
        scenario = scenarios.load(name)
        click.echo(f"{name}\n    {len(scenario.roles)} roles. {scenario.description}".rstrip())


@group.command("show")
@click.argument("name", shell_complete=lambda *given: complete_scenario(given[2]))
def show_scenario(name: str) -> None:
    """Print the file of a built-in scenario, to read or to copy."""
    known = scenarios.builtin_names()
    if name not in known:
        remedy = fields.nearest(name, known, "built-in scenarios")
        raise InputError(f"no built-in scenario is called {name!r}; {remedy}")
    click.echo(scenarios.builtin_text(name), nl=False)


@group.command("check")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
def check_scenarios(files: tuple[str, ...]) -> int:
    """Say what is wrong with scenario files, where, and what would be right.

    The exit code is 2 if any of them is wrong.
    """
    code = 0
    for file in files:
        try:
            scenario = scenarios.load(file)
            memory.check(scenario)
        except ScenarioError as error:
            click.echo(sanitise(str(error)), err=True)
            code = 2
        except InputError as error:
            click.echo(sanitise(f"{file}: {error}"), err=True)
            code = 2
        else:
            names = ", ".join(role.name for role in scenario.roles[:8])
            more = ", …" if len(scenario.roles) > 8 else ""
            click.echo(f"{file}: fine: {len(scenario.roles)} roles ({names}{more})")
    return code


@group.command("new")
@click.argument("file", type=click.Path(path_type=Path))
def new_scenario(file: Path) -> None:
    """Write a scenario to start from, with comments. An existing file is left alone."""
    starter = Path(__file__).with_name("starter.yaml").read_text(encoding="utf-8")
    try:
        with file.open("x", encoding="utf-8") as target:
            target.write(starter)
    except FileExistsError:
        raise InputError(f"{file} exists already; choose another name") from None
    except OSError as error:
        raise InputError(f"{file} cannot be written: {error.strerror}") from None
    # A bare word would be taken for a built-in, or for a command.
    shown = file if file.suffix or file.parent.parts else f"./{file}"
    click.echo(f"{file} is written; watch it: brainstorm-tui {shown}", err=True)
