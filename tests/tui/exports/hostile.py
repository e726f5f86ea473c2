"""A session in which every field that can hold text holds what should not get out."""

from itertools import count

from brainstorm_agents.events import (
    Event,
    RoundFinished,
    RoundStarted,
    SessionEnded,
    SessionPaused,
    SessionResumed,
    SessionStarted,
    TurnAsked,
    TurnCancelled,
    TurnFailed,
    TurnFinished,
    TurnQueued,
    TurnRetried,
    TurnStarted,
    TurnStreamed,
    TurnSwitched,
    Usage,
    UserSpoke,
)
from brainstorm_agents.parent import Changes, Parent
from brainstorm_agents.scenario import Role, Scenario

EVIL = (
    "\x1b[31mred\x1b]8;;https://evil.example\x07link\x1b]8;;\x07\x1b]52;c;ZXZpbA==\x07"
    "\x00\x9b1m\x7f\u202egpj.exe\u2066\u200b\ufeff\ufffd\U000e0041"
    "</script><script>alert(1)</script><img src=x onerror=alert(2)>]]><!-- x --></title></style>"
    "</svg></text>&amp;&#x202e;&lt;b&gt;\"' [@click=app.quit]x[/] ![i](https://evil.example/i.png)"
    " [j](javascript:alert(3)) %%{init: {}}%% end; A->>B: #59; $$x$$ | ` ~ \\ {{ }} ${7*7}"
    "\r\nsequenceDiagram\n# heading\n===\n\n<details>\n\n- item\n\n```open\n<b>\t\u2028\u2029"
)
"""Escapes, OSC 8 and 52, NUL, C1, DEL, bidi, zero width, tags; HTML, Markdown, Mermaid."""

ROLES = (f"A{EVIL}", f"B{EVIL}", "Cy")


def hostile() -> list[Event]:
    """The events; its times run backwards and off every scale."""
    one, two, three = ROLES
    roles = (
        Role(name=one, profile=EVIL, persona=EVIL, watch=(two,), model=EVIL, params={EVIL: [EVIL]}),
        Role(name=two, profile=EVIL, persona=EVIL, model=EVIL),
        Role(name=three),
    )
    scenario = Scenario(name=EVIL, topic=EVIL, opener=one, roles=roles, description=EVIL)
    changes = Changes(edited=EVIL, muted=(EVIL,), model=EVIL, params={EVIL: [EVIL]})
    seq, usage = count(1), Usage(1, 2)
    ids = [f"{number}{EVIL}" for number in range(4)]
    return [
        SessionStarted(
            0,
            0.0,
            format=1,
            version=EVIL,
            scenario=scenario,
            seed=7,
            started_at=EVIL,
            parent=Parent(log=EVIL, header=EVIL, seq=1, round=0, changes=changes),
        ),
        UserSpoke(next(seq), 0.0, id=f"user{EVIL}", text=EVIL, to=(one,)),
        RoundStarted(next(seq), 5.0, round=0, schedule=EVIL),
        TurnStarted(next(seq), 5.0, id=ids[0], role=one, round=0, observed=((0, 1),)),
        TurnAsked(next(seq), 6.0, id=ids[0], role=one, attempt=1, model=EVIL),
        TurnStreamed(next(seq), 7.0, id=ids[0], role=one, text=EVIL, reasoning=EVIL),
        TurnRetried(next(seq), 2.0, id=ids[0], role=one, attempt=1, reason=EVIL, wait_s=1e308),
        TurnQueued(next(seq), 2.0, id=ids[0], role=one),
        TurnSwitched(next(seq), 2.0, id=ids[0], role=one, model=EVIL, reason=EVIL),
        TurnAsked(next(seq), 1.0, id=ids[0], role=one, attempt=2, model=EVIL),
        TurnStreamed(next(seq), 9.0, id=ids[0], role=one, text=EVIL),
        TurnFinished(next(seq), 1e300, ids[0], one, EVIL, usage, 0.0, 1.0, 1.0),
        RoundFinished(next(seq), -1e300, round=0, schedule=EVIL, published=(ids[0],)),
        UserSpoke(next(seq), 10.0, id=f"second{EVIL}", text=EVIL),
        RoundStarted(next(seq), 11.0, round=1, schedule=EVIL),
        TurnStarted(next(seq), 11.0, id=ids[1], role=two, round=1, observed=((0, 3),)),
        TurnStarted(next(seq), 11.0, id=ids[2], role=three, round=1, observed=((1, 2),)),
        TurnAsked(next(seq), 11.0, id=ids[1], role=two, attempt=1, model=EVIL),
        TurnFailed(next(seq), 12.0, id=ids[1], role=two, reason=EVIL),
        TurnCancelled(next(seq), 12.0, id=ids[2], role=three, reason=EVIL),
        SessionPaused(next(seq), 12.0, reason=EVIL),
        SessionResumed(next(seq), 13.0, reason=EVIL),
        SessionEnded(next(seq), 14.0, reason=EVIL),
    ]
