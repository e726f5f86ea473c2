"""The transcript as Markdown that reads well where code is hosted."""

from collections.abc import Iterator

from brainstorm_agents.reader import Log
from brainstorm_agents.session import USER, Message, Phase, Round, Session, Turn
from brainstorm_tui.exports import facts
from brainstorm_tui.exports.markdown_text import cell, escaped, harmless
from brainstorm_tui.failure_words import fallback
from brainstorm_tui.money import cost, dearest, is_paid
from brainstorm_tui.muting_words import mutings_before
from brainstorm_tui.plain import why
from brainstorm_tui.schedule_words import marked
from brainstorm_tui.text.safe import one_line

LONGEST_TITLE = 100


def export(log: Log) -> Iterator[str]:
    """The topic, the cast, each round with its replies, and how it ended."""
    session = log.session()
    yield from _head(log, session)
    said = 0
    for round_ in session.rounds:
        yield from _said_by_user(session.published[said : round_.horizon], is_first=not said)
        said = round_.horizon
        yield from _mutings(session, round_.number)
        yield from _round(session, round_)
    yield from _said_by_user(session.published[said:], is_first=not said)
    yield from _mutings(session, len(session.rounds))
    yield from _ideas(session)
    yield from _end(session)


def _head(log: Log, session: Session) -> Iterator[str]:
    header, scenario = log.header, session.scenario
    title = facts.shortened(session.topic or scenario.name, LONGEST_TITLE)
    yield f"# {escaped(title)}\n\n"
    known = (scenario.name, facts.when(header), facts.models(session), f"seed {header.seed}")
    yield " · ".join(escaped(fact) for fact in known if fact) + "\n\n"
    yield "| role | profile | persona | listens to | model |\n"
    yield "| --- | --- | --- | --- | --- |\n"
    for role in scenario.roles:
        told = (role.profile, role.persona, facts.listens_to(role), role.model)
        yield f"| **{cell(role.name)}** | {' | '.join(cell(fact) for fact in told)} |\n"


def _said_by_user(messages: list[Message], *, is_first: bool) -> Iterator[str]:
    for message in messages:
        if message.sender != USER:
            continue
        # A topic that is whole in the title is not said twice.
        if is_first and one_line(message.text) == facts.shortened(message.text, LONGEST_TITLE):
            is_first = False
            continue
        is_first = False
        to = f" to {', '.join(map(escaped, message.to))}" if message.to else ""
        edited = " · edited" if message.edited else ""
        yield f"\n## {escaped(message.id)} · You{to}{edited}\n\n{harmless(message.text)}\n"


def _mutings(session: Session, number: int) -> Iterator[str]:
    for text in mutings_before(session, number, number + 1):
        yield f"\n*{escaped(text)}*\n"


def _round(session: Session, round_: Round) -> Iterator[str]:
    name = marked(f"Round {round_.number}" if round_.number else "Opening", round_)
    if round_.ended is None:
        yield f"\n## {name}, unfinished\n"
    else:
        took = session.elapsed(round_.ended) - session.elapsed(round_.started)
        paid = f" · {escaped(cost(round_.bill))}" if is_paid(round_.bill) else ""
        yield f"\n## {name} · {facts.seconds(took)}{paid}\n"
    for turn in round_.in_order:
        yield from _turn(session, turn)


def _turn(session: Session, turn: Turn) -> Iterator[str]:
    messages, more = facts.heard(session, turn)
    ids = [escaped(message.id) for message in messages] + ([f"and {more} more"] if more else [])
    yield f"\n### {escaped(turn.id)} ← {' '.join(ids)} · {escaped(turn.role)}\n\n"
    if turn.phase is not Phase.DONE:
        yield f"**✗ {escaped(facts.outcome(turn))}**\n"
        # What had come of it by then: no reply, and nobody has heard it.
        if turn.text:
            yield f"\n{harmless(turn.text)}\n"
        return
    yield f"{harmless(turn.text) or '*nothing*'}\n\n"
    took = facts.seconds(turn.spent(session.t))
    retries = f" · attempt {turn.attempt}" if turn.attempt > 1 else ""
    edited = "edited · " if turn.edited else "by the user · " if turn.is_by_user else ""
    paid = f" · {escaped(cost(turn.bill))}" if is_paid(turn.bill) else ""
    model = fallback(session, turn)
    by = f" · by {escaped(model)}" if model else ""
    yield f"*{edited}{took} · {turn.tokens:,} tokens{paid}{retries}{by}*\n"


def _ideas(session: Session) -> Iterator[str]:
    """What the person has kept, in that order."""
    kept = [session.turns[id_] for id_ in session.ideas if session.turns[id_].text]
    if kept:
        yield "\n## Ideas kept\n"
    for turn in kept:
        yield f"\n### {escaped(turn.id)} · {escaped(turn.role)}\n\n{harmless(turn.text)}\n"


def _end(session: Session) -> Iterator[str]:
    replies = sum(turn.phase is Phase.DONE for turn in session.turns.values())
    saved = facts.saved(session)
    rows = {
        "why it stopped": why(session),
        "rounds": f"{max(session.finished_round, 0)} after the opening",
        "replies": f"{replies}, {session.failed} failed" if session.failed else f"{replies}",
        "time": facts.seconds(session.elapsed(session.t)),
        "one after another": f"≈{facts.seconds(session.busy(session.t))}",
        **({"saved": saved} if saved else {}),
        "tokens": facts.tokens(session),
        **({"sent and said": f"{session.bill.tokens:,} tokens"} if session.bill.prompt else {}),
        "cost": cost(session.bill),
    }
    for name, bill in dearest(session):
        rows[f"cost of {name}"] = cost(bill)
    yield "\n## How it ended\n\n|  |  |\n| --- | --- |\n"
    for name, value in rows.items():
        yield f"| {cell(name)} | {cell(value)} |\n"
