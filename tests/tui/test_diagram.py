"""The run diagram: what it shows, that it fits, and where its cursor goes."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.strip import Strip

from brainstorm_agents.session import Phase, Session, Turn
from brainstorm_tui.draw.diagram import (
    diagram,
    neighbour,
    panned_by,
    panned_to,
    turn_at,
    turns_in_order,
    view_of,
    zoomed,
)
from brainstorm_tui.draw.lanes import CLOSE_MS, scale
from brainstorm_tui.draw.timeline import MARGIN, Track
from brainstorm_tui.draw.turn_details import turn_details
from brainstorm_tui.look import Look

from .runs import DARK, PLAIN, at, cast, cells, live, run, scheduled, strange, trio


def picture(session: Session, width: int = 100, height: int = 20, **options: Any) -> list[str]:
    return [line.text for line in drawn(DARK, live(session, session.t), width, height, **options)]


def drawn(
    look: Look, track: Track, width: int, height: int, *, shows_path: bool = True, **options: Any
) -> list[Strip]:
    view = view_of(look, track, width, height, **{"chosen": None} | options)
    return diagram(view, height, shows_path=shows_path)


# ---------------------------------------------------------------------------------- the diagram


def test_the_critical_path_runs_under_its_turns_and_turns_at_the_barriers() -> None:
    lines = picture(at(trio()), height=17)
    down = [y for y, line in enumerate(lines) if "┓" in line]
    up = [y for y, line in enumerate(lines) if "┗" in line]
    assert (down, up) == ([5], [15]), "from under Alex to under Chalice"
    x = lines[5].index("┓")
    assert {line[x] for line in lines[6:15]} == {"┃"}
    assert lines[15].index("┗") == x
    assert lines[15].rstrip().endswith("━"), "the rest of the run is Chalice's"


def test_in_lanes_of_two_rows_the_path_has_ids_and_is_not_overwritten() -> None:
    lines = picture(at(trio()), width=160, height=8)
    line, x = lines[7], lines[7].index("┗")
    assert re.fullmatch(r"━*c1━+c2━+c3━+", line[x + 1 :].rstrip()), "the rest is Chalice's"
    assert [lines[y][x] for y in range(3, 8)] == ["┓", "┃", "┃", "┃", "┗"], "no label goes through"
    assert "b1 ← a0  1.0 s" in lines[5]


def test_in_lanes_of_one_row_the_turns_of_the_path_are_drawn_as_it_is() -> None:
    session = at(trio())
    _, _, alex, bob, chalice = picture(session, width=160, height=5)
    assert re.search(r"━a0━━+[▁-█]+┓", alex)
    assert re.search(r"┗c1━━+[▁-█]+━c2━+[▁-█]+━c3━+[▁-█]+ ", chalice)
    assert "━" not in bob
    plain = picture(session, width=160, height=5, shows_path=False)
    assert not re.search("[━┓┗]", "".join(plain))


def test_while_several_turns_run_the_path_stops_where_it_is_decided() -> None:
    early, late = at(trio(), 2.5), at(trio(), 3.5)
    assert not re.search("[┓┗]", "".join(picture(early))), "Bob and Chalice both run"
    assert re.search("[┓┗]", "".join(picture(late))), "Bob is done, so Chalice holds the round up"


def test_one_after_another_the_path_goes_from_turn_to_turn() -> None:
    lines = picture(at(scheduled("sequential")), width=160, height=17)
    under = [lines[y] for y in (5, 10, 15)]
    covered = {x for line in under for x, sign in enumerate(line) if sign in "━┓┗┏┛"}
    end = max(covered)
    assert covered >= set(range(MARGIN, end + 1)), "at any time somebody is waited for"
    assert sum(line.count("━") for line in under) < 160, "and only one at a time"


def test_eagerly_the_path_turns_within_the_round() -> None:
    own = {"Alex": {"latency": 2}, "Bob": {"latency": 1}, "Chalice": {"latency": 2}}
    session = at(run(cast("Alex", "Bob", "Chalice", own=own, schedule="eager"), 1))
    lines = picture(session, width=100, height=17)
    room = 100 - MARGIN - 1
    x = MARGIN + scale(session, session.t, room, steps_ms=CLOSE_MS).edge(3.0)
    assert "a1 ← b1" in lines[2], "which ended after three seconds"
    assert {lines[y][x] for y in (6, 8, 9)} == {"┃"}
    assert lines[10][x] == "┛"
    assert "round 1 eagerly" in lines[0]


def test_without_the_path_there_is_no_heavy_line() -> None:
    assert not re.search("[━┓┗┏┛┃]", "".join(picture(at(trio()), shows_path=False)))


def test_a_turn_says_what_it_saw_and_how_long_it_took() -> None:
    text = "\n".join(picture(at(trio()), width=160))
    assert "a0 ← user  2.0 s" in text
    assert "a1 ← b1 c1  2.0 s" in text


def test_choosing_a_turn_moves_nothing() -> None:
    session = at(trio())
    plain, chosen = (picture(session, chosen=id_) for id_ in (None, "c2"))
    for before, after in zip(plain, chosen, strict=True):
        assert before == after or re.sub("[▏┃]", " ", before) == re.sub("[▏┃]", " ", after)


def test_the_axis_counts_the_seconds_under_way() -> None:
    axis = picture(at(trio()), width=100)[1]
    assert axis[MARGIN:].startswith("0 s")
    assert axis.split()[2:] == sorted(axis.split()[2:], key=float)
    session = at(trio())
    two = axis.index(" 2 ") + 1
    assert two == MARGIN + scale(session, session.t, 100 - MARGIN - 1).edge(2.0)


@pytest.mark.parametrize(("height", "rows"), [(17, 5), (14, 4), (11, 3), (8, 2), (5, 1)])
def test_lanes_shrink_as_the_height_does(height: int, rows: int) -> None:
    lines = picture(at(trio()), height=height)
    names = [y for y, line in enumerate(lines) if line[1:5] in ("Alex", "Bob ", "Chal")]
    assert [later - y for y, later in pairwise(names)] == [rows, rows]


@pytest.mark.parametrize(("with_ids", "more"), [(None, 21), (True, 21), (False, 16)])
def test_with_more_roles_than_rows_the_chosen_turn_s_role_is_there(
    with_ids: bool | None, more: int
) -> None:
    session = at(strange()["queued"])
    for id_, turn in session.turns.items():
        lines = picture(session, height=12, chosen=id_, with_ids=with_ids)
        assert any(line[1:].startswith(turn.role) for line in lines[2:])
        assert f"{more} more roles" in lines[-1]
        assert f" {id_} " in "".join(lines[2:])


def test_the_lanes_turn_by_pages_and_stay_while_the_cursor_walks_among_them() -> None:
    session = at(strange()["queued"])
    pages = [
        [line[1:4] for line in picture(session, height=21, chosen=state.turns[0].id)[2:-1:2]]
        for state in session.roles.values()
    ]
    distinct = [page for page, before in zip(pages, [None, *pages], strict=False) if page != before]
    assert [(page[0], page[-1]) for page in distinct] == [
        ("Baa", "Coa"),
        ("Cua", "Gia"),
        ("Gea", "Kua"),
    ]


def test_a_label_takes_the_room_up_to_the_next_one_of_its_lane() -> None:
    session = at(run(cast("Alex", "Bob", own={"Alex": {"latency": 1}, "Bob": {"latency": 1}}), 8))
    text = "\n".join(picture(session, width=120, height=17))
    assert all(f"a{number} ← b{number}  1.0 s" in text for number in range(1, 4))


def test_in_lanes_of_one_row_the_id_stands_over_the_thinking() -> None:
    session = at(trio())
    roomy, bare = (picture(session, width=width, height=5)[4] for width in (160, 40))
    assert "c1━━" in roomy
    assert "c1" not in bare


def test_a_click_in_a_lane_finds_its_turn() -> None:
    session = at(trio())
    view = view_of(DARK, live(session, session.t), 100, 17, chosen=None)
    x = view.x(session.turns["b2"].started)
    found = [turn_at(view, at_x, 9) for at_x in (x, x + 3, x - 1, 3, 99)]
    assert [turn.id for turn in found if turn] == ["b2", "b2", "b1", "b1", "b3"]
    assert turn_at(view, x, 1) is None, "the axis"
    assert turn_at(view, x, 30) is None


def test_a_failure_is_a_chip_and_a_word() -> None:
    session = at(strange()["failing"])
    failed = [turn for turn in session.turns.values() if turn.phase is Phase.FAILED]
    text = "\n".join(picture(session, width=200, height=30))
    assert failed
    assert text.count("✗ failed") == len(failed)


def test_behind_a_failure_there_are_dots_up_to_the_barrier() -> None:
    session = at(strange()["failing"])
    early = [
        turn
        for turn in session.turns.values()
        if turn.phase is Phase.FAILED and (turn.round.ended or 0) - (turn.ended or 0) > 1
    ]
    assert early
    view = view_of(DARK, live(session, session.t), 200, 30, chosen=None)
    lines = diagram(view, 30)
    for turn in early:
        y = 2 + view.y(session.roles[turn.role].place) + view.shape.base
        between = lines[y].text[view.x(turn.ended or 0) : view.x(turn.round.ended or 0)]
        assert set(between) == {"┈"}


def test_a_turn_that_has_not_begun_in_a_replay_has_its_id_alone() -> None:
    whole = at(trio())
    text = "\n".join(line.text for line in drawn(DARK, Track(whole, 5.0, whole.t), 160, 17))
    assert "b1 ← a0  1.0 s" in text
    assert "c2" in text
    assert "c2 ←" not in text
    assert "0.0 s" not in text


def test_what_is_still_to_come_in_a_replay_is_faint() -> None:
    whole = at(trio())
    lines = drawn(DARK, Track(whole, 3.0, whole.t), 100, 17)
    base = lines[14]
    styles = {
        segment.style for segment in base if segment.style and set(segment.text) & set("▁▂▃▄▅▆▇█")
    }
    assert styles == {DARK.role(2), DARK.faint(2)}


def test_a_zoomed_diagram_shows_a_part_and_the_axis_tells_which() -> None:
    session = at(trio())
    lines = picture(session, width=60, cell_ms=100, first_cell=50)
    assert lines[1][MARGIN:].startswith("5 s")
    assert "a0" not in "".join(lines)
    assert "round 2" in lines[0]
    assert lines[0].startswith(" run      ▏")


def test_panning_goes_no_further_than_it_must() -> None:
    session = at(trio())
    track = live(session, session.t)
    c2 = session.turns["c2"]
    assert panned_to(track, c2, 60, 100, 50) == 50, "it can be seen already"
    assert panned_to(track, c2, 60, 100, 0) == 31, "its end is at the right edge"
    assert panned_to(track, c2, 60, 100, 80) == 50, "its start is at the left edge"


def test_panning_by_hand_moves_by_half_a_view_and_stops_at_both_ends() -> None:
    session = at(trio())
    track = live(session, session.t)
    assert panned_by(track, 61, 100, 10, 1) == 35
    assert panned_by(track, 61, 100, 10, -1) == 0
    assert panned_by(track, 61, 100, 50, 1) == 60, "eleven seconds are 110 cells"


def test_a_short_run_has_the_whole_width() -> None:
    own = {name: {"latency": 0.8} for name in ("Alex", "Bob")}
    session = at(run(cast("Alex", "Bob", own=own), 2))
    lane = picture(session, width=120, height=17)[4]
    assert len(lane.rstrip()) > 90


def test_zooming_steps_through_the_scales_and_stops_at_both_ends() -> None:
    cell_ms, seen = CLOSE_MS[-1], [CLOSE_MS[-1]]
    while (closer := zoomed(cell_ms, -1)) != cell_ms:
        cell_ms = closer
        seen.append(cell_ms)
    assert seen == sorted(CLOSE_MS, reverse=True)
    assert zoomed(CLOSE_MS[-1], 1) == CLOSE_MS[-1]


# ------------------------------------------------------------------------------------ the cursor


def walks(session: Session, turn: Turn) -> Iterator[Turn]:
    for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        found = neighbour(session, turn, dx, dy)
        if found is not None:
            yield found


@pytest.mark.parametrize("name", strange())
def test_the_cursor_reaches_every_turn_from_every_turn(name: str) -> None:
    session = at(strange()[name])
    turns = turns_in_order(session)
    for start in turns[:1] + turns[-1:]:
        reached, new = {start.id}, [start]
        while new:
            for turn in walks(session, new.pop()):
                if turn.id not in reached:
                    reached.add(turn.id)
                    new.append(turn)
        assert reached == session.turns.keys()


def test_the_cursor_keeps_to_the_lane_and_then_to_the_time() -> None:
    session = at(trio())

    def walk(id_: str, dx: int, dy: int) -> str | None:
        found = neighbour(session, session.turns[id_], dx, dy)
        return found.id if found else None

    assert walk("b1", 1, 0) == "b2", "the role's next"
    assert walk("b1", -1, 0) == "a0", "its first: the one before in time"
    assert walk("b2", 0, -1) == "a1", "the same round"
    assert walk("b1", 0, -1) == "a0", "nobody above spoke in this round: the nearest in time"
    assert walk("c2", 0, 1) is None
    assert walk("c3", 1, 0) is None


# --------------------------------------------------------------------------------- whatever size


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from(sorted(strange())),
    width=st.integers(1, 140),
    height=st.integers(0, 40),
    part=st.floats(0, 1),
    is_replay=st.booleans(),
    cell_ms=st.sampled_from((None, 100, 300, 2000)),
    first_cell=st.integers(0, 60),
    shows_path=st.booleans(),
    with_ids=st.sampled_from((None, True, False)),
    look=st.sampled_from((DARK, PLAIN)),
    data=st.data(),
)
def test_every_line_is_as_wide_as_it_should_be(
    name: str,
    width: int,
    height: int,
    part: float,
    is_replay: bool,
    cell_ms: int | None,
    first_cell: int,
    shows_path: bool,
    with_ids: bool | None,
    look: Look,
    data: st.DataObject,
) -> None:
    whole = at(strange()[name])
    now = whole.t * part
    session = at(strange()[name], now)
    chosen = data.draw(st.sampled_from([None, *session.turns]))
    track = Track(whole, now, whole.t) if is_replay else live(session, now)
    lines = drawn(
        look,
        track,
        width,
        height,
        chosen=chosen,
        cell_ms=cell_ms,
        first_cell=first_cell,
        shows_path=shows_path,
        with_ids=with_ids,
    )
    assert len(lines) == height
    assert {cells(line) for line in lines} <= {width}
    turn = session.turns[chosen] if chosen else None
    lines = turn_details(look, session, turn, now, width, height)
    assert len(lines) == height
    assert {cells(line) for line in lines} <= {width}
