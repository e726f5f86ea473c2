"""Clocks: a virtual second takes no time, a fast one is short, a manual one stands still."""

import asyncio
import time

import pytest

from brainstorm_agents.clock import LoopClock, ManualClock, VirtualLoop
from brainstorm_agents.controller import Controller, Reason

from .casts import Kept, environment, trio, virtual

# ------------------------------------------------------------------------------------ virtual time


def test_three_hundred_virtual_seconds_take_no_time() -> None:
    began = time.perf_counter()

    @virtual
    async def sleep() -> float:
        started = asyncio.get_running_loop().time()
        await asyncio.gather(*(asyncio.sleep(300) for _ in range(50)))
        return asyncio.get_running_loop().time() - started

    assert sleep() == 300
    assert time.perf_counter() - began < 1


@virtual
async def test_timeouts_are_virtual_too() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(30):
            await asyncio.Event().wait()
    assert asyncio.get_running_loop().time() == 30


@virtual
async def test_virtual_sleepers_wake_in_the_order_of_their_times_and_then_of_their_coming() -> None:
    woken = []

    async def sleeper(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        woken.append(name)

    delays = {"a": 3.0, "b": 1.0, "c": 2.0, "d": 1.0, "e": 0.0, "f": 3.0}
    await asyncio.gather(*(sleeper(name, seconds) for name, seconds in delays.items()))
    assert "".join(woken) == "ebdcaf"


@virtual
async def test_what_is_ready_runs_before_virtual_time_moves() -> None:
    loop = asyncio.get_running_loop()
    times: list[float] = []

    def come_round(more: int) -> None:
        times.append(loop.time())
        if more:
            loop.call_soon(come_round, more - 1)

    timer = loop.call_later(1, times.append, -1.0)
    come_round(20)
    await asyncio.sleep(0.5)
    timer.cancel()
    assert times == [0.0] * 21


def test_each_virtual_loop_begins_at_zero() -> None:
    for _ in range(2):
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            assert runner.get_loop().time() == 0
            runner.run(asyncio.sleep(5))


def test_two_runs_on_the_virtual_clock_give_the_same_log_to_the_byte() -> None:
    @virtual
    async def log() -> list[bytes]:
        kept = Kept()
        scenario = trio({"Alex": {"latency": 0.7}, "Bob": {"fail": 0.5}}, max_concurrency=2)
        controller = Controller(environment(scenario, journal=kept), 6)
        running = asyncio.create_task(controller.run_to_end())
        await asyncio.sleep(0.8)
        controller.say("And wasps?")
        await running
        await controller.close(Reason.QUIT)
        return kept.lines()

    first = log()
    assert first == log()
    assert len(first) > 20


# --------------------------------------------------------------------------------------- LoopClock


@virtual
async def test_a_clock_at_speed_four_waits_a_quarter() -> None:
    clock, loop = LoopClock(4), asyncio.get_running_loop()
    start = clock.now()
    await clock.sleep(10)
    assert loop.time() == 2.5
    assert clock.now() - start == 10


@virtual
async def test_a_fast_clock_calls_earlier_and_can_be_called_off() -> None:
    clock, loop = LoopClock(2), asyncio.get_running_loop()
    called: list[float] = []
    clock.call_later(4, lambda: called.append(loop.time()))
    clock.call_later(5, lambda: called.append(-1)).cancel()
    await asyncio.sleep(10)
    assert called == [2.0]


@pytest.mark.parametrize("seconds", [0, -1])
@virtual
async def test_a_sleep_of_no_length_lets_the_others_run(seconds: float) -> None:
    seen: list[str] = []
    asyncio.get_running_loop().call_soon(seen.append, "other")
    await LoopClock().sleep(seconds)
    assert seen == ["other"]


@pytest.mark.parametrize("speed", [0, -1, float("nan")])
def test_a_speed_that_is_not_above_zero_is_refused(speed: float) -> None:
    with pytest.raises(ValueError, match="virtual loop"):
        LoopClock(speed)


@virtual
async def test_session_time_is_the_scenarios_whatever_the_speed() -> None:
    env = environment(trio(latency=1.0), clock=LoopClock(8))
    await env.step()
    await env.step()
    assert env.session.t == 2.0
    assert asyncio.get_running_loop().time() == 0.25


# ------------------------------------------------------------------------------------- ManualClock


async def test_a_manual_clock_stands_until_it_is_moved() -> None:
    clock = ManualClock()
    sleeper = asyncio.create_task(clock.sleep(2))
    await asyncio.sleep(0)
    await clock.advance(1.9)
    assert not sleeper.done()
    await clock.advance(0.1)
    assert sleeper.done()
    assert clock.now() == pytest.approx(2)


async def test_all_that_is_due_on_the_way_runs_at_its_own_time() -> None:
    clock = ManualClock()
    times: list[float] = []

    async def twice() -> None:
        for _ in range(2):
            await clock.sleep(1)
            times.append(clock.now())

    task = asyncio.create_task(twice())
    clock.call_later(1.5, lambda: times.append(clock.now()))
    clock.call_later(1.7, lambda: times.append(-1)).cancel()
    await clock.advance(10)
    assert times == [1, 1.5, 2]
    assert task.done()


async def test_a_whole_session_runs_on_a_manual_clock() -> None:
    clock = ManualClock()
    controller = Controller(environment(trio(latency=1.0), clock=clock), 2)
    running = asyncio.create_task(controller.run_to_end())
    await clock.advance(2.5)
    assert controller.session.finished_round == 1
    await clock.advance(0.5)
    await running
    assert (controller.session.t, controller.session.ended) == (3.0, "rounds")


async def test_a_sleeper_on_a_manual_clock_can_be_cancelled() -> None:
    clock = ManualClock()
    sleeper = asyncio.create_task(clock.sleep(1))
    await asyncio.sleep(0)
    sleeper.cancel()
    await clock.advance(2)
    assert sleeper.cancelled()
