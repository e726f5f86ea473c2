"""The command `bench`: what concurrency saves, measured."""

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Any

import click

from brainstorm_agents.clock import VirtualLoop
from brainstorm_tui import options
from brainstorm_tui.launch import Launch
from brainstorm_tui.text.safe import one_line

if TYPE_CHECKING:
    from brainstorm_tui.bench import Bench
    from brainstorm_tui.call_estimate import Calls

MOST_RUNS = 1000
DONE, FAILED, INTERRUPTED = 0, 1, 130
"""Exit codes."""


@click.command("bench")
@options.scenario_argument
@click.option(
    "--repeat",
    type=click.IntRange(1, MOST_RUNS),
    default=5,
    metavar="N",
    help="Runs each way.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.option("--yes", is_flag=True, help="Ask real models without asking you first.")
@options.session_options
def command(scenario: str | None, repeat: int, as_json: bool, yes: bool, **chosen: Any) -> int:
    """Measure what concurrency saves.

    The same session runs concurrently and one after another (one call at a time), alternately,
    --repeat times each. Told are the mean times with their 95 % confidence interval, the speed-up,
    what the textbook and the sum of the turns would have said, and how close it comes to the
    longest chain of turns, which no concurrency makes shorter. The transcripts are held against
    each other: they are the same. No log is kept.

    With --speed 0 the mock waits for nothing, and the times are exact. A real model is asked only
    after you have seen how many calls that makes, and their price where litellm knows it. After
    Ctrl+C, what has been measured so far is told.

    \b
    Examples:
      brainstorm-tui bench classroom --rounds 3 --repeat 10 -p latency=1
      brainstorm-tui bench stock-prices --speed 0 --json | jq .speedup
      brainstorm-tui bench --model ollama_chat/llama3.2 --rounds 1 --repeat 3
    """
    launch = options.make_launch(scenario, **chosen)
    options.need_topic(launch.scenario)
    from brainstorm_tui.bench import Bench

    _agree(launch, repeat, is_agreed=yes)
    bench = Bench(launch, repeat)
    is_interrupted = _measure(bench)
    code = _tell(bench, as_json=as_json)
    return INTERRUPTED if is_interrupted else code


def _agree(launch: Launch, repeat: int, *, is_agreed: bool) -> None:
    """Have the user agree to what real models will be asked.

    Raises:
        click.UsageError: There is nobody to ask.
        click.Abort: The user does not agree.
    """
    from brainstorm_tui.call_estimate import estimate

    asked = estimate(launch)
    if not asked:
        return
    runs = 2 * repeat
    number = runs * sum(calls.number for calls in asked)
    if not is_agreed and not sys.stdin.isatty():
        raise click.UsageError(
            f"this makes {number} calls to real models, and nobody is there to agree; --yes does"
        )
    _say("looking up the price; litellm takes some seconds to load")
    _say(f"{runs} runs make {number} calls, and more where one has to be repeated:")
    for calls in asked:
        cost = _price(launch, calls, runs)
        _say(
            f"  {one_line(launch.scenario.label(calls.model))}  {runs * calls.number} calls  {cost}"
        )
    if not is_agreed:
        click.confirm("Ask them?", abort=True, err=True)


def _price(launch: Launch, calls: "Calls", runs: int) -> str:
    from brainstorm_agents.models.keys import access
    from brainstorm_agents.models.prices import price

    model = launch.scenario.model(calls.model)
    address = access(model, model.params, launch.api_base).address
    cost = price(model, calls.prompt, calls.completion, address)
    if cost is None:
        return "price –: not known"
    return "price 0" if cost == 0 else f"about ${runs * cost:.4f}, if replies have 80 words"


def _measure(bench: "Bench") -> bool:
    """Do all runs; whether the user has interrupted them."""
    from brainstorm_tui.bench_progress import BenchProgress
    from brainstorm_tui.headless import marks_for
    from brainstorm_tui.progress_line import ProgressLine

    line = ProgressLine(sys.stderr)
    progress = BenchProgress(bench, line, marks_for(sys.stderr))
    loop_factory = VirtualLoop if bench.launch.speed == 0 else None
    try:
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            while not bench.is_complete and not bench.is_hopeless:
                runner.run(progress.next())
    except KeyboardInterrupt:
        return True
    finally:
        line.clear()
    return False


def _tell(bench: "Bench", *, as_json: bool) -> int:
    """Print what there is; the exit code."""
    from brainstorm_tui.bench import figures
    from brainstorm_tui.bench_report import document, report
    from brainstorm_tui.call_estimate import real_models
    from brainstorm_tui.headless import marks_for, spell_out

    launch, runs = bench.launch, len(bench.runs)
    if bench.is_hopeless:
        _say(f"no turn finished: {one_line(bench.runs[0].reason or 'nobody was asked')}")
        return FAILED
    if not bench.is_complete:
        _say(f"interrupted after {runs} of {2 * bench.repeat} runs")
    found = figures(bench)
    if found is None:
        return DONE
    if as_json:
        told = document(launch, found, is_complete=bench.is_complete)
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        spell_out(sys.stdout)
        for line in report(launch, found, marks_for(sys.stdout)):
            click.echo(line)
    if found.partings and not real_models(launch.scenario):
        _say(
            f"the mock's transcripts are not identical: {found.partings[0]}, with --seed"
            f" {launch.seed}. This is a fault of the program."
        )
        return FAILED
    return DONE


def _say(text: str) -> None:
    click.echo(text, err=True)
