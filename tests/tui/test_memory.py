"""What a prompt left out to fit is said where one looks at it."""

from msgspec.structs import replace

from brainstorm_agents.cast import Memory

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
