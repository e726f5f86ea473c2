"""Two sessions side by side, on the screen: what is in view, and what the keys do."""

from pathlib import Path

import pytest

from brainstorm_tui.comparison import Comparison, compare
from brainstorm_tui.look import ASCII

from .stage import Stage, cast, record, staged

Pair = tuple[Comparison, tuple[str, str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("logs")


@pytest.fixture(scope="module")
def failing(folder: Path) -> Pair:
    """The classroom, and the same with failures from round 2 on."""
    return pair(folder, "failing", fail=0.25)


@pytest.fixture(scope="module")
def longer(folder: Path) -> Pair:
    """Three rounds, and the same with nine more."""
    a = record(cast(), folder / "short.jsonl")
    b = record(cast(rounds=12), folder / "long.jsonl")
    return compare(a.session(), b.session()), ("short.jsonl", "long.jsonl")


def pair(folder: Path, name: str, **params: float) -> Pair:
    a = record(cast(), folder / f"{name}-a.jsonl")
    b = record(cast(**params), folder / f"{name}-b.jsonl")
    return compare(a.session(), b.session()), ("a.jsonl", "b.jsonl")


def chip(stage: Stage) -> str:
    """What the status line says of where one is."""
    return stage.lines[-2]


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_both_are_seen_at_once_with_the_place_where_they_part(
    failing: Pair, size: tuple[int, int]
) -> None:
    async with staged(compare=failing, size=size) as stage:
        assert "they part in round 2: b2" in chip(stage)
        x, y = stage.place("b2 Bob")
        line = stage.lines[y]
        assert line.count("b2 Bob") == 2
        assert "≠" in line[x : line.rindex("b2 Bob")]
        assert "they part" in "".join(stage.lines[:-2])
        for text in ("a.jsonl", "b.jsonl", "seed 7", "cost –", "fail 0.25", "✗ failed"):
            assert text in stage.text


async def test_a_late_parting_is_in_view_from_the_start(longer: Pair) -> None:
    async with staged(compare=longer, size=(80, 24)) as stage:
        assert "they part in round 4: a3" in chip(stage)
        stage.place("round 4 · they part")
        stage.place("no round 4")
        await stage.press("home")
        assert "opening" in stage.text


async def test_n_walks_through_the_differences_and_round(failing: Pair) -> None:
    async with staged(compare=failing) as stage:
        places = []
        for _ in range(6):
            places.append(chip(stage).partition("difference ")[2][:6])
            await stage.press("n")
        assert places == ["1 of 5", "2 of 5", "3 of 5", "4 of 5", "5 of 5", "1 of 5"]
        await stage.press("N", "N")
        assert "5 of 5" in chip(stage)
        assert "from the end again" in stage.lines[-1]


async def test_n_goes_on_from_what_is_in_view(longer: Pair) -> None:
    async with staged(compare=longer, size=(80, 24)) as stage:
        await stage.press("end", "N")
        assert "difference 1 of" not in chip(stage)
        await stage.press("home", "n")
        assert "difference 1 of" in chip(stage)


async def test_equals_shows_what_is_the_same_and_folds_it_again(failing: Pair) -> None:
    async with staged(compare=failing, size=(120, 60)) as stage:
        folded = stage.lines[:-1]
        await stage.press("=")
        assert stage.text.count("one thing you waited for today") == 2
        await stage.press("=")
        assert stage.lines[:-1] == folded


async def test_both_columns_scroll_together(longer: Pair) -> None:
    async with staged(compare=longer, size=(100, 30)) as stage:
        await stage.press("home")
        before = stage.lines[5:-2]
        await stage.press("down")
        assert stage.lines[5:-3] == before[1:]
        await stage.press("end")
        assert stage.lines[-3].split("   ")[0].strip() == "all rounds are done"
        await stage.press("pageup", "pagedown", "down")
        assert stage.lines[-3].split("   ")[0].strip() == "all rounds are done"


async def test_brackets_go_from_round_to_round(longer: Pair) -> None:
    async with staged(compare=longer, size=(80, 24)) as stage:
        await stage.press("home", "]", "]")
        assert stage.place("round 2")[1] <= 5
        await stage.press("[")
        assert stage.place("round 1")[1] <= 5


async def test_what_is_searched_for_is_found_on_either_side(failing: Pair) -> None:
    async with staged(compare=failing) as stage:
        await stage.press("/", *"carrots", "enter")
        assert "found 1 of 1" in chip(stage)
        stage.place("carrots")
        await stage.press("escape")
        assert "found" not in chip(stage)
        await stage.press("/", *"zzz", "enter")
        assert "found nowhere" in stage.lines[-1]


async def test_a_found_message_is_unfolded(failing: Pair) -> None:
    async with staged(compare=failing) as stage:
        await stage.press("/", *"whole subject", "enter")
        assert stage.text.count("whole subject") == 2


async def test_two_that_are_the_same_say_so(failing: Pair) -> None:
    comparison, names = failing
    same = compare(comparison.a, comparison.a), names
    async with staged(compare=same) as stage:
        assert "= the same throughout" in chip(stage)
        await stage.press("n")
        assert "there is no difference" in stage.lines[-1]


async def test_a_click_chooses_a_difference(failing: Pair) -> None:
    async with staged(compare=failing) as stage:
        x, y = stage.place("c2 Chalice")
        await stage.pilot.click(offset=(x, y))
        await stage.rest()
        assert "difference 2 of 5" in chip(stage)


async def test_the_help_has_the_keys_of_the_comparison(failing: Pair) -> None:
    async with staged(compare=failing) as stage:
        await stage.press("?")
        assert "next difference, difference before" in stage.text
        await stage.press("escape", "f5")
        assert "that key does nothing here" in stage.lines[-1]


async def test_another_theme_is_drawn_at_once(failing: Pair) -> None:
    async with staged(compare=failing) as stage:
        before = stage.app.look.theme.card
        stage.app.theme = "light"
        await stage.rest()
        assert stage.app.look.theme.card != before
        grounds = {
            segment.style.bgcolor.name
            for line in stage.app.screen._compositor.render_strips(stage.app.size)
            for segment in line
            if segment.style and segment.style.bgcolor
        }
        assert stage.app.look.theme.card.lower() in grounds
        assert before.lower() not in grounds


async def test_it_is_drawn_in_ascii(failing: Pair) -> None:
    async with staged(compare=failing, symbols=ASCII) as stage:
        assert "# differs" in stage.text
        assert "< only A" in stage.text
        assert "≠" not in stage.text


async def test_it_fits_any_size(failing: Pair) -> None:
    async with staged(compare=failing, size=(120, 40)) as stage:
        for size in ((60, 20), (20, 8), (250, 70), (80, 24)):
            await stage.pilot.resize_terminal(*size)
            await stage.rest()
        assert "they part in round 2: b2" in chip(stage)
        stage.place("b2 Bob")


async def test_q_leaves(failing: Pair) -> None:
    async with staged(compare=failing) as stage:
        await stage.press("q")
        assert stage.app.return_code == 0
