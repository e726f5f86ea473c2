"""What a prompt left out to fit is said where one looks at it."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from brainstorm_agents.cast import Memory
from brainstorm_tui.cli import main

from .stage import cast, staged


async def test_p_and_w_say_what_was_left_out_and_show_what_was_sent() -> None:
    scenario = cast(latency=2)
    roles = tuple(replace(role, memory=Memory(tokens=430)) for role in scenario.roles)
    async with staged(replace(scenario, roles=roles)) as stage:
        await stage.advance(10)
        for _ in range(3):
            await stage.play("s")
        turn = stage.session.roles["Bob"].turns[-1]
        assert turn.left_out.turns >= 1
        await stage.press("2", "w")
        assert "cut   its " in stage.text
        await stage.press("p")
        assert "Left out, to fit 430 tokens: its " in stage.text
        first, *_ = stage.session.roles["Bob"].turns
        assert f"assistant {first.id}" not in stage.text


@pytest.mark.parametrize("command", [["run", "--speed", "0", "--no-log"], ["scenarios", "check"]])
def test_a_memory_that_does_not_hold_the_role_itself_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(
        "name: small\ntopic: Tea?\nroles: [{name: Ann, memory: {tokens: 100}}]\n", encoding="utf-8"
    )
    assert main([*command, str(path)]) == 2
    assert (
        "the memory of Ann has 100 tokens, and what it is told about itself and the topic takes"
        in capsys.readouterr().err
    )
