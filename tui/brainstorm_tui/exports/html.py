"""One page that shows a session and replays it: no network, nothing active but its own script.

Without its script it is the whole transcript, so it prints, and reads well aloud.
"""

import base64
import hashlib
from collections.abc import Iterator
from html import escape
from importlib.resources import files

import brainstorm_themes
from brainstorm_agents.reader import Log
from brainstorm_agents.scenario import Role
from brainstorm_agents.session import USER, Message, Phase, Round, Session, Turn
from brainstorm_themes import ROLE_COLOURS, Theme
from brainstorm_tui.exports import facts
from brainstorm_tui.exports.html_text import rendered, words
from brainstorm_tui.exports.lanes import ZIGZAG, Lanes, Shape
from brainstorm_tui.exports.page_data import page_data
from brainstorm_tui.failure_words import fallback
from brainstorm_tui.money import cost
from brainstorm_tui.muting_words import mutings_before
from brainstorm_tui.plain import why
from brainstorm_tui.schedule_words import marked
from brainstorm_tui.text.safe import sanitise

TIMELINE_WIDTH = 1100
"""Pixels that the time has on a usual screen."""

ROUND_WIDTH = 90
"""Pixels that a round has in any case: a longer timeline scrolls."""

MOST_LANES = 8
"""With more roles than this the lanes lose their labels."""

LONGEST_TITLE = 120


def export(log: Log) -> Iterator[str]:
    """The page."""
    session = log.session()
    style = _style(session)
    script = files(__package__).joinpath("page.js").read_text("utf-8")
    yield _head(session, style, script)
    yield _bar(session)
    yield '<main id="panes" tabindex="0" aria-label="transcript">\n'
    yield from _names(session)
    said = 1
    for round_ in session.rounds:
        yield from _said_by_user(session, range(said, round_.horizon))
        said = max(said, round_.horizon)
        yield from _round(session, round_)
    yield from _said_by_user(session, range(said, len(session.published)))
    yield from _mutings(session, len(session.rounds))
    yield from _cast(session)
    yield "</main>\n"
    yield from _timeline(session)
    yield _controls(session)
    yield f'<script type="application/json" id="session">{page_data(log, session)}</script>\n'
    yield f"<script>{script}</script>\n</body>\n</html>\n"


def _head(session: Session, style: str, script: str) -> str:
    policy = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}';"
        " base-uri 'none'; form-action 'none'"
    )
    title = facts.shortened(session.topic or session.scenario.name, LONGEST_TITLE)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{words(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n"
    )


def _digest(content: str) -> str:
    digest = hashlib.sha256(content.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _style(session: Session) -> str:
    themes = brainstorm_themes.builtin()
    light, dark = _variables(themes["light"]), _variables(themes["dark"])
    least = max(1, len(session.rounds)) * ROUND_WIDTH
    sheet = files(__package__).joinpath("page.css").read_text("utf-8")
    return (
        f":root{{{light};--columns:{max(1, len(session.roles))};--least:{least}px}}\n"
        f"@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
        f":root[data-theme=light]{{{light}}}\n:root[data-theme=dark]{{{dark}}}\n"
        f"{''.join(_role_rules())}{sheet}"
    )


def _variables(theme: Theme) -> str:
    colours = {
        "ground": theme.ground,
        "card": theme.card,
        "bar": theme.bar,
        "hairline": theme.hairline,
        "text": theme.text,
        "older": theme.older,
        "dim": theme.dim,
        "good": theme.good,
        "failure-text": theme.failure_text,
        "failure-ground": theme.failure_ground,
        "inverse-text": theme.inverse_text,
        "inverse-ground": theme.inverse_ground,
    }
    for place in range(ROLE_COLOURS):
        colours[f"role-{place}"] = theme.role_colour(place)
        colours[f"tint-{place}"] = theme.title_ground(place, focused=False)
    scheme = "dark" if theme.dark else "light"
    return ";".join(
        [*(f"--{name}:{value}" for name, value in colours.items()), f"color-scheme:{scheme}"]
    )


def _role_rules() -> Iterator[str]:
    for place in range(ROLE_COLOURS):
        yield f".r{place}{{--own:var(--role-{place});--tint:var(--tint-{place})}}\n"


def _bar(session: Session) -> str:
    seed = session.header.seed if session.header else 0
    topic = escape(sanitise(session.topic).strip())
    return (
        '<header class="bar">\n'
        f'<span class="dim">{words(session.scenario.name)}</span>\n'
        f'<h1 id="user" dir="auto" tabindex="0">{topic}</h1>\n'
        f'<span class="dim">{words(facts.models(session))} · seed {seed}</span>\n'
        '<button id="theme" type="button" hidden>dark</button>\n</header>\n'
    )


def _names(session: Session) -> Iterator[str]:
    yield '<div class="row names" aria-hidden="true">\n'
    for state in session.roles.values():
        profile = words(session.scenario.role(state.name).profile)
        yield (
            f'<div class="name {_colour(state.place)}"><b>{words(state.name)}</b>'
            f' <span class="profile">{profile}</span><span class="state"></span></div>\n'
        )
    yield "</div>\n"


def _colour(place: int) -> str:
    return f"r{place % ROLE_COLOURS}"


def _said_by_user(session: Session, positions: range) -> Iterator[str]:
    for position in positions:
        message = session.published[position]
        if message.sender == USER:
            to = f" to {words(', '.join(message.to))}" if message.to else ""
            edited = " · edited" if message.edited else ""
            yield (
                f'<section class="said" id="p{position}" tabindex="0">'
                f'<h2><span class="own">{words(message.id)}</span> You{to}{edited}</h2>'
                f'<div class="text" dir="auto">{rendered(message.text)}</div></section>\n'
            )


def _mutings(session: Session, number: int) -> Iterator[str]:
    for text in mutings_before(session, number, number + 1):
        yield f'<p class="note">{words(text)}</p>\n'


def _round(session: Session, round_: Round) -> Iterator[str]:
    name = marked(f"round {round_.number}" if round_.number else "opening", round_)
    name += "" if round_.ended is not None else ", unfinished"
    notes = "".join(_mutings(session, round_.number))
    yield f'<section class="round">\n<h2>{name}</h2>\n{notes}<div class="row">\n'
    turns = {turn.role: turn for turn in round_.turns}
    for state in session.roles.values():
        turn = turns.get(state.name)
        rule = f'<div class="rule" aria-hidden="true">{name}</div>'
        if turn is None:
            yield f'<div class="cell idle" aria-hidden="true">{rule}<i>listens</i></div>\n'
        else:
            yield f'<div class="cell">{rule}{_turn(session, turn)}</div>\n'
    yield "</div>\n</section>\n"


def _turn(session: Session, turn: Turn) -> str:
    place = session.roles[turn.role].place
    messages, more = facts.heard(session, turn)
    heard = " ".join(_link(session, message) for message in messages)
    rest = f" <span>and {more} more</span>" if more else ""
    outcome = facts.outcome(turn)
    failure = f'<p class="failure"><b>✗</b> {words(outcome)}</p>' if outcome else ""
    return (
        f'<article class="turn {_colour(place)}" id="t{_place(session, turn)}" tabindex="0">'
        f'<h3><span class="own">{words(turn.id)}</span> <span class="from">← {heard}{rest}</span>'
        f'<span class="who">{words(turn.role)}</span>{_measures(session, turn)}</h3>'
        f'<div class="text" dir="auto">{rendered(turn.text)}</div>{failure}</article>'
    )


def _place(session: Session, turn: Turn) -> str:
    """The round and the place in the cast tell a turn, whatever its id is."""
    return f"{turn.round.number}-{session.roles[turn.role].place}"


def _link(session: Session, message: Message) -> str:
    turn = session.turns.get(message.id)
    state = session.roles.get(message.sender)
    if turn is None or state is None:
        return f'<a href="#user">{words(message.id)}</a>'
    own = _colour(state.place)
    return f'<a class="{own}" href="#t{_place(session, turn)}">{words(message.id)}</a>'


def _measures(session: Session, turn: Turn) -> str:
    took = facts.seconds(turn.spent(session.t))
    attempts = f" · attempt {turn.attempt}" if turn.attempt > 1 else ""
    edited = "edited · " if turn.edited else "by the user · " if turn.is_by_user else ""
    tokens = f" · {turn.tokens:,} tok" if turn.phase is Phase.DONE else ""
    paid = f" · {cost(turn.bill)}" if turn.bill.usd is not None else ""
    by = f" · by {words(model)}" if (model := fallback(session, turn)) else ""
    return f'<span class="took">{edited}{took}{tokens}{paid}{attempts}{by}</span>'


def _cast(session: Session) -> Iterator[str]:
    yield '<details class="cast"><summary>cast</summary><dl>\n'
    for role in session.scenario.roles:
        yield f"<dt>{words(role.name)}</dt><dd>{_about(role)}</dd>\n"
    yield "</dl></details>\n"


def _about(role: Role) -> str:
    told = [role.profile, role.persona, f"listens to {facts.listens_to(role)}", role.model]
    return " · ".join(words(part) for part in told if part)


def _timeline(session: Session) -> Iterator[str]:
    many = len(session.roles) > MOST_LANES
    shape = Shape(wave=16, label=0, width=_width(session))
    if not many:
        shape = Shape(wave=24, label=16, width=_width(session))
    lanes = Lanes(session, shape)
    height = shape.height * len(session.roles)
    size = "small" if many else "large"
    yield f'<section id="timeline" class="{size}" aria-label="timeline">\n'
    yield '<div class="labels" aria-hidden="true"><div class="corner">timeline</div>\n'
    for state in session.roles.values():
        yield f'<div class="label {_colour(state.place)}">{words(state.name)}</div>\n'
    yield '</div>\n<div class="track" id="track">\n'
    yield f'<svg class="heads" width="100%" height="24" aria-hidden="true">{ZIGZAG}'
    yield from lanes.barriers()
    yield from lanes.rounds(16)
    yield f'</svg>\n<svg class="lanes" width="100%" height="{height}" role="img"'
    yield ' aria-label="who thought, spoke and waited when">'
    yield from lanes.barriers()
    for state in session.roles.values():
        yield f'<svg y="{state.place * shape.height}" height="{shape.height}" overflow="visible">'
        yield from lanes.lane(state)
        yield "</svg>\n"
    yield '</svg>\n<div id="future"></div></div>\n</section>\n'


def _width(session: Session) -> int:
    return max(TIMELINE_WIDTH, len(session.rounds) * ROUND_WIDTH)


def _controls(session: Session) -> str:
    saved = facts.saved(session)
    gain = f'<span>saved <b class="good">{saved}</b></span> ' if saved else ""
    failed = f'<b class="chip failure">✗ {session.failed} failed</b> ' if session.failed else ""
    return (
        '<footer>\n<div id="controls" hidden>\n'
        '<button id="play" type="button">play</button>\n'
        '<input id="scrubber" type="range" min="0" value="0" step="1" aria-label="time">\n'
        '<output id="clock"></output>\n'
        '<button id="speed" type="button" aria-label="speed">1×</button>\n</div>\n'
        '<div class="bar status"><b class="chip" id="round" hidden></b> '
        f'<span id="doing" class="older">{words(why(session))}</span>'
        f'<span class="facts">{failed}{gain}<span><b>{facts.tokens(session)}</b> tok</span>'
        f" <span>cost {cost(session.bill)}</span></span></div>\n</footer>\n"
    )
