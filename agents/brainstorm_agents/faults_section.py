"""The `faults` section of a scenario's file: what goes wrong, and with which turn."""

from collections.abc import Collection

from brainstorm_agents import casting, fields
from brainstorm_agents.fault import KINDS, Fault, FaultKind
from brainstorm_agents.strict_yaml import Node, shown

MOST_FAULTS = 10_000
MOST_TURN = 100_000
MOST_SECONDS = 86_400.0

TAKES_SECONDS = ("slow", "rate_limited")
"""The kinds for which it can be said how long they take."""

_EXAMPLE = "faults: [{role: Bob, turn: 2, kind: stalls}]"


def faults(node: Node, cast: Collection[str], rounds: int) -> tuple[Fault, ...]:
    """The value of `faults`.

    Args:
        node: The section.
        cast: The names of the roles.
        rounds: How many there are after the opening.

    Raises:
        ScenarioError: The first thing that is wrong, where, and what would be right.
    """
    items = fields.items(node, "faults", example=_EXAMPLE)
    if len(items) > MOST_FAULTS:
        raise items[MOST_FAULTS].place.error(
            f"there are {len(items):,} faults", f"{MOST_FAULTS:,} is the most"
        )
    found: dict[tuple[str, int | None], Fault] = {}
    for item in items:
        fault = _fault(item, cast, rounds)
        if (fault.role, fault.turn) in found:
            which = "next turn" if fault.turn is None else f"turn {fault.turn}"
            raise item.start.error(f"a second fault for {fault.role}'s {which}", "remove one")
        found[fault.role, fault.turn] = fault
    return tuple(found.values())


def _fault(node: Node, cast: Collection[str], rounds: int) -> Fault:
    values = fields.mapping(node, "a fault", example=_EXAMPLE, known=Fault.__struct_fields__)
    role = fields.required(values, "role", node, "a fault", "role: Bob")
    kind = _kind(fields.required(values, "kind", node, "a fault", "kind: stalls"))
    if "seconds" in values and kind not in TAKES_SECONDS:
        raise values["seconds"].start.error(
            f"seconds does not go with {kind}", f"remove it; it goes with {_or(TAKES_SECONDS)}"
        )
    return Fault(
        role=casting.known_name(role, "role", cast, "role: Bob"),
        kind=kind,
        turn=_turn(values["turn"], rounds) if "turn" in values else None,
        seconds=_seconds(values["seconds"]) if "seconds" in values else None,
    )


def _kind(node: Node) -> FaultKind:
    for kind in KINDS:
        if node.value == kind:
            return kind
    written = node.value if isinstance(node.value, str) else str(node)
    raise node.place.error(f"kind is {node}", fields.nearest(written, KINDS, "kinds"))


def _turn(node: Node, rounds: int) -> int | None:
    if node.value == "next":
        return None
    if isinstance(node.value, str):
        raise node.place.error(
            f"turn is {shown(node.value)}", "write the turn's number, such as 2, or next"
        )
    turn = fields.whole(node, "turn", least=0, most=MOST_TURN, example="2, or next")
    if turn > rounds:
        raise node.place.error(
            f"turn is {turn}, and the last round is {rounds}",
            "write an earlier one, or give the scenario more rounds",
        )
    return turn


def _seconds(node: Node) -> float:
    return fields.number(node, "seconds", most=MOST_SECONDS, example="20")


def _or(words: tuple[str, ...]) -> str:
    return " or ".join(words)
