"""What the colours of the built-in themes promise, measured.

Contrast is that of WCAG 2.1, distance is CIEDE2000. How people see who lack a kind of cone is
simulated after Machado and others (2009) at full severity: by that method the floors below hold.
For tritan sight it is only an approximation. After Brettel and others (1997) the fifth and the
eighth role of `light` are 2.8 apart: there the id tells who speaks.
"""

from collections.abc import Iterable
from itertools import combinations

import pytest
from coloraide import Color
from textual.color import Color as ScreenColor

from brainstorm_themes import Theme, builtin

SIGHTS = (None, "protan", "deutan", "tritan")
THE_ID_TELLS = {"light": ("#380771", "#25303E")}

DARK, LIGHT, ANSI = builtin()["dark"], builtin()["light"], builtin()["ansi"]
BOTH = pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)

# What common terminals make of their sixteen colours unless told otherwise, in the usual order.
TERMINALS = {
    "xterm": "000000 CD0000 00CD00 CDCD00 0000EE CD00CD 00CDCD E5E5E5 "
    "7F7F7F FF0000 00FF00 FFFF00 5C5CFF FF00FF 00FFFF FFFFFF",
    "console": "000000 AA0000 00AA00 AA5500 0000AA AA00AA 00AAAA AAAAAA "
    "555555 FF5555 55FF55 FFFF55 5555FF FF55FF 55FFFF FFFFFF",
    "campbell": "0C0C0C C50F1F 13A10E C19C00 0037DA 881798 3A96DD CCCCCC "
    "767676 E74856 16C60C F9F1A5 3B78FF B4009E 61D6D6 F2F2F2",
    "tango": "2E3436 CC0000 4E9A06 C4A000 3465A4 75507B 06989A D3D7CF "
    "555753 EF2929 8AE234 FCE94F 729FCF AD7FA8 34E2E2 EEEEEC",
}
HUES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")


def contrast(colour: str, ground: str) -> float:
    return Color(colour).contrast(ground, method="wcag21")


def seen(colour: str, sight: str | None, method: str) -> Color:
    return Color(colour) if sight is None else Color(colour).filter(sight, method=method)


def smallest_distance(
    colours: Iterable[str],
    sights: Iterable[str | None] = SIGHTS,
    method: str = "machado",
) -> float:
    return min(
        seen(one, sight, method).delta_e(seen(other, sight, method), method="2000")
        for one, other in combinations(tuple(colours), 2)
        for sight in sights
    )


def grey(colour: str) -> str:
    return ScreenColor.parse(colour).monochrome.hex


def lightness(colour: str) -> float:
    return float(Color(colour).convert("lab-d65")["lightness"])


def titles(theme: Theme, *, focused: bool) -> list[str]:
    return [theme.title_ground(index, focused=focused) for index in range(len(theme.roles))]


# Measured: dark 5.36, light 4.72.
@pytest.mark.parametrize(("theme", "floor"), [(DARK, 5.35), (LIGHT, 4.7)])
def test_every_role_colour_reads_on_the_card(theme: Theme, floor: float) -> None:
    assert min(contrast(role, theme.card) for role in theme.roles) >= floor


# Measured: dark 21.71, light 15.56.
@pytest.mark.parametrize(("theme", "floor"), [(DARK, 21.65), (LIGHT, 15.3)])
def test_the_first_three_roles_differ_for_every_kind_of_sight(theme: Theme, floor: float) -> None:
    assert smallest_distance(theme.roles[:3]) >= floor


# Measured: dark 10.87, light 9.18.
@pytest.mark.parametrize(("theme", "floor"), [(DARK, 10.85), (LIGHT, 9.15)])
def test_all_eight_roles_differ_for_every_kind_of_sight(theme: Theme, floor: float) -> None:
    assert smallest_distance(theme.roles) >= floor


# Measured: dark 9.32, light 11.55 without the pair, whose distance is 2.83.
@BOTH
def test_by_the_stricter_tritan_method_one_pair_alone_needs_its_id(theme: Theme) -> None:
    excepted = THE_ID_TELLS.get(theme.name)
    pairs = [pair for pair in combinations(theme.roles, 2) if pair != excepted]
    assert min(smallest_distance(pair, ["tritan"], "brettel") for pair in pairs) >= 9.3


# Measured: text 14.7 and 15.7, older 8.4 and 8.5, dim 5.1 and 6.5, good 14.2 and 8.5.
@BOTH
def test_text_reads_on_the_card(theme: Theme) -> None:
    assert contrast(theme.text, theme.card) >= 7
    assert contrast(theme.older, theme.card) >= 7
    assert contrast(theme.dim, theme.card) >= 4.5
    assert contrast(theme.good, theme.card) >= 7


# Measured: dim 4.56 and 4.93 on the bar, 5.47 and 5.51 on the ground; good 12.7 and 6.4.
@BOTH
def test_text_reads_on_the_bar_and_on_the_ground(theme: Theme) -> None:
    for place in (theme.bar, theme.ground):
        assert contrast(theme.text, place) >= 7
        assert contrast(theme.dim, place) >= 4.5
        assert contrast(theme.good, place) >= 4.5


# Measured: failure 6.7 in both, inverse 15.8 and 13.3.
@BOTH
def test_chips_read_and_stand_out(theme: Theme) -> None:
    assert contrast(theme.failure_text, theme.failure_ground) >= 4.5
    assert contrast(theme.inverse_text, theme.inverse_ground) >= 7
    assert contrast(theme.failure_ground, theme.bar) >= 2
    assert contrast(theme.inverse_ground, theme.bar) >= 7


# Measured, without and with the focus: role 4.88, 4.21 (dark) and 4.18, 3.46 (light);
# dim 4.22, 3.09 and 5.35, 3.92; older 6.93, 5.06 and 6.94, 5.09.
@BOTH
@pytest.mark.parametrize("focused", [False, True])
def test_names_and_profiles_read_on_their_tinted_titles(theme: Theme, focused: bool) -> None:
    for role, ground in zip(theme.roles, titles(theme, focused=focused), strict=True):
        assert contrast(role, ground) >= 3
        assert contrast(theme.dim, ground) >= 3
        assert contrast(theme.older, ground) >= 4.5
        assert contrast(theme.text, ground) >= 7


# Measured, the smallest of eight: 4.5 and 5.8; the titles without the focus from the card 4.2, 3.8.
@BOTH
def test_a_focused_title_is_clearly_stronger(theme: Theme) -> None:
    rest, focused = titles(theme, focused=False), titles(theme, focused=True)
    for quiet, strong in zip(rest, focused, strict=True):
        assert smallest_distance([quiet, strong], [None]) >= 4.4
        assert smallest_distance([quiet, theme.card], [None]) >= 3.7
        assert smallest_distance([strong, theme.card], [None]) >= 8


# Measured, the smallest step of L* among the three greys: 12.0 (dark), 6.1 (light).
@pytest.mark.parametrize(("theme", "floor"), [(DARK, 12), (LIGHT, 6)])
def test_without_colour_the_first_three_roles_differ_in_lightness(
    theme: Theme, floor: float
) -> None:
    greys = [lightness(grey(role)) for role in theme.roles[:3]]
    assert min(abs(one - other) for one, other in combinations(greys, 2)) >= floor


# Measured, the smallest of eight: contrast 4.50 and 4.96, step of L* 4.9 and 7.1.
@BOTH
def test_without_colour_roles_still_read_and_the_focus_still_shows(theme: Theme) -> None:
    assert min(contrast(grey(role), grey(theme.card)) for role in theme.roles) >= 4.45
    for quiet, strong in zip(
        titles(theme, focused=False), titles(theme, focused=True), strict=True
    ):
        assert abs(lightness(grey(quiet)) - lightness(grey(strong))) >= 4.8


def rendered(name: str, terminal: str) -> str:
    hue = name.removeprefix("ansi_").removeprefix("bright_")
    place = HUES.index(hue) + (8 if "bright_" in name else 0)
    return f"#{TERMINALS[terminal].split()[place]}"


def worst(name: str) -> float:
    """The smallest contrast of a terminal's colour with black and with white."""
    shown = [rendered(name, terminal) for terminal in TERMINALS]
    return min(contrast(colour, ground) for colour in shown for ground in ("#000", "#FFF"))


def test_in_the_terminals_own_colours_running_text_is_the_terminals_text() -> None:
    assert {ANSI.text, ANSI.older, ANSI.ground, ANSI.card, ANSI.bar} == {"ansi_default"}


# Measured: dim 2.8; the first three 2.6, all eight 1.7 (yellow on white in xterm). No hue does
# better on both grounds: the best of the sixteen, bright red, reaches 3.1.
def test_in_the_terminals_own_colours_what_is_coloured_shows_on_black_and_on_white() -> None:
    assert worst(ANSI.dim) >= 2.8
    assert worst(ANSI.good) >= 2.1
    assert min(worst(role) for role in ANSI.roles[:3]) >= 2.6
    assert min(worst(role) for role in ANSI.roles) >= 1.7


# Measured: failure 5.1, inverse 8.7.
@pytest.mark.parametrize("terminal", TERMINALS)
def test_in_the_terminals_own_colours_chips_read(terminal: str) -> None:
    failure = [rendered(name, terminal) for name in (ANSI.failure_text, ANSI.failure_ground)]
    inverse = [rendered(name, terminal) for name in (ANSI.inverse_text, ANSI.inverse_ground)]
    assert contrast(*failure) >= 4.5
    assert contrast(*inverse) >= 7


def test_in_the_terminals_own_colours_a_title_has_no_tint() -> None:
    assert titles(ANSI, focused=True) == [ANSI.bar] * 8


def test_past_the_last_role_the_colours_repeat() -> None:
    assert [DARK.role_colour(index) for index in (0, 8, 17)] == [
        DARK.roles[0],
        DARK.roles[0],
        DARK.roles[1],
    ]
