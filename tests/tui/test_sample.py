"""The interval around a mean: Student's, as the tables have it."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brainstorm_tui.sample import Sample, t_quantile

TIMES = st.lists(st.floats(0, 1e6), min_size=2, max_size=50)


@pytest.mark.parametrize(
    ("degrees", "t"),
    [
        (1, 12.706),
        (2, 4.303),
        (3, 3.182),
        (4, 2.776),
        (5, 2.571),
        (9, 2.262),
        (10, 2.228),
        (19, 2.093),
        (30, 2.042),
        (60, 2.000),
        (120, 1.980),
        (999, 1.962),
    ],
)
def test_the_quantiles_are_those_of_the_printed_tables(degrees: int, t: float) -> None:
    assert t_quantile(degrees) == pytest.approx(t, abs=0.0006)


def test_one_and_two_degrees_of_freedom_have_a_closed_form() -> None:
    assert t_quantile(1) == pytest.approx(math.tan(0.475 * math.pi), rel=1e-12)
    assert t_quantile(2) == pytest.approx(0.95 * math.sqrt(2 / (1 - 0.95**2)), rel=1e-12)


def test_a_worked_example() -> None:
    sample = Sample((4.0, 5.0, 6.0, 5.0, 5.0))
    # The standard deviation is the root of 1/2, so half the interval is 2.776 · √(1/2) / √5.
    assert sample.mean == 5.0
    assert sample.ci95 == pytest.approx(2.776445 * math.sqrt(0.5 / 5))
    assert (sample.least, sample.most) == (4.0, 6.0)


def test_one_time_alone_has_no_interval() -> None:
    assert Sample((4.0,)).ci95 is None


def test_times_that_are_all_the_same_are_certain() -> None:
    assert Sample((0.1,) * 7).ci95 == 0.0


@given(times=TIMES)
def test_the_mean_is_between_the_bounds_and_the_interval_no_less_than_nothing(
    times: list[float],
) -> None:
    sample = Sample(tuple(times))
    assert sample.least <= sample.mean * (1 + 1e-12)
    assert sample.mean <= sample.most * (1 + 1e-12)
    assert sample.ci95 is not None
    assert sample.ci95 >= 0


@given(degrees=st.integers(1, 300))
def test_the_more_times_the_narrower(degrees: int) -> None:
    assert t_quantile(degrees) > t_quantile(degrees + 1) > 1.959
