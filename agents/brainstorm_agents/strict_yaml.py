"""YAML without its traps, and with the place of every key and value.

Mappings, lists, text, numbers, `true`, `false` and `null`. What expands, what overrides silently
and what programs read differently is refused: anchors and aliases, merge keys, tags, duplicate
keys, a second document, and unquoted words such as `no`, `010` and `12:30`. The text is taken as a
stream of parse events, with limits on its size and depth, so nothing recurses into it.
"""

import math
import re
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import yaml

from brainstorm_agents.errors import ScenarioError

MAX_BYTES = 256 * 1024
MAX_DEPTH = 50
LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Whose parser is used: libyaml's where there is one, for its speed."""

Value: TypeAlias = "str | int | float | bool | tuple[Node, ...] | dict[str, Node] | None"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands; lines and columns count from 1."""

    source: str
    line: int | None = None
    column: int | None = None

    def error(self, problem: str, remedy: str = "") -> ScenarioError:
        """What is wrong here, and what would be right, as an error to raise."""
        return ScenarioError(
            problem, source=self.source, line=self.line, column=self.column, remedy=remedy
        )


@dataclass(frozen=True, slots=True)
class Node:
    """A value, and where it stands."""

    value: Value
    place: Place
    written: str = ""
    """A scalar as the file has it, without quotes."""
    key: Place | None = None
    """Where its key stands, if it belongs to a mapping."""

    @property
    def start(self) -> Place:
        """Where its key stands, or else the value: what to point at when the key is the fault."""
        return self.key or self.place

    @property
    def data(self) -> Any:
        """The value as plain data, without places."""
        if isinstance(self.value, dict):
            return {key: node.data for key, node in self.value.items()}
        if isinstance(self.value, tuple):
            return [node.data for node in self.value]
        return self.value

    def __str__(self) -> str:
        """What it is, for a message: `a list`, `the number 7`, `the text 'three'`."""
        match self.value:
            case dict():
                return "a mapping"
            case tuple():
                return "a list"
            case str():
                return f"the text {shown(self.value)}"
            case None:
                return "nothing"
            case bool():
                return "true" if self.value else "false"
        return f"the number {self.written}"


def read(text: str | bytes, source: str) -> Node:
    """The one document in `text`.

    Args:
        text: At most `MAX_BYTES` of UTF-8.
        source: What the errors call it.

    Raises:
        ScenarioError: It is not YAML, or it uses what is refused.
    """
    decoded = _decoded(text, source)
    building = _Building(source)
    try:
        for event in yaml.parse(decoded, Loader=LOADER):
            building.take(event)
    except yaml.MarkedYAMLError as error:
        raise _translated(error, source) from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise Place(source).error("not YAML: " + " ".join(str(error).split()), _CHECK) from None
    if building.root is None or building.root.value is None:
        raise Place(source, 1, 1).error("there is nothing in it", "write at least one 'key: value'")
    return building.root


def from_data(data: Any, source: str) -> Node:
    """Plain data from elsewhere, to put through the checks that a file goes through.

    Lone surrogates in text, which no log can hold, become U+FFFD.
    """
    place = Place(source)
    if isinstance(data, dict):
        entries = {_encodable(str(key)): from_data(value, source) for key, value in data.items()}
        return Node(entries, place)
    if isinstance(data, list | tuple):
        return Node(tuple(from_data(value, source) for value in data), place)
    if isinstance(data, str):
        data = _encodable(data)
    return Node(data, place, str(data))


def _encodable(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def shown(text: str) -> str:
    """`text` quoted for a message: short, and without anything that a terminal acts on."""
    return repr(text if len(text) <= 40 else text[:39] + "…")


def _decoded(text: str | bytes, source: str) -> str:
    """`text` as characters that YAML allows."""
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(raw) > MAX_BYTES:
        raise Place(source).error(
            f"it has more than {MAX_BYTES // 1024} KiB", "a scenario needs a few; shorten it"
        )
    try:
        decoded = raw.decode("utf-8") if isinstance(text, bytes) else text
    except UnicodeDecodeError as error:
        start = error.start
        raise _after(raw[:start].decode("utf-8"), source).error(
            f"not UTF-8: byte 0x{raw[start]:02x} at offset {start}", "save the file as UTF-8"
        ) from None
    decoded = decoded.removeprefix("\ufeff")
    if forbidden := _FORBIDDEN.search(decoded):
        raise _after(decoded[: forbidden.start()], source).error(
            f"the character U+{ord(forbidden[0]):04X} cannot be in YAML", "remove it"
        )
    return decoded


# All that YAML does not let a text hold.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _after(text: str, source: str) -> Place:
    """The place right after `text`."""
    return Place(source, text.count("\n") + 1, len(text) - text.rfind("\n"))


@dataclass(slots=True)
class _Open:
    """A mapping or a list whose end has not come yet."""

    place: Place
    is_mapping: bool
    key: tuple[str, Place] | None = None
    entries: dict[str, Node] = field(default_factory=dict)
    items: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class _Building:
    """The document as far as its events have come."""

    source: str
    root: Node | None = None
    documents: int = 0
    open: list[_Open] = field(default_factory=list)

    def take(self, event: yaml.Event) -> None:
        match event:
            case yaml.DocumentStartEvent():
                self.documents += 1
                if self.documents > 1:
                    raise self._place(event).error(
                        "a second document starts here", "keep one, and remove the '---'"
                    )
            case yaml.NodeEvent():
                self._take_node(event)
            case yaml.MappingEndEvent():
                ended = self.open.pop()
                self._add(Node(ended.entries, ended.place))
            case yaml.SequenceEndEvent():
                ended = self.open.pop()
                self._add(Node(tuple(ended.items), ended.place))

    def _take_node(self, event: yaml.NodeEvent) -> None:
        place = self._place(event)
        _refuse_indirection(event, place)
        parent = self.open[-1] if self.open else None
        is_key = parent is not None and parent.is_mapping and parent.key is None
        if isinstance(event, yaml.ScalarEvent):
            if parent is not None and is_key:
                parent.key = (_key(event, place, parent.entries), place)
            else:
                self._add(_scalar(event, place))
            return
        if is_key:
            raise place.error("a key is a list or a mapping here", "write a key as plain text")
        if len(self.open) == MAX_DEPTH:
            raise place.error(f"more than {MAX_DEPTH} levels, one in another", "nest less deeply")
        self.open.append(_Open(place, isinstance(event, yaml.MappingStartEvent)))

    def _add(self, node: Node) -> None:
        if not self.open:
            self.root = node
            return
        parent = self.open[-1]
        if parent.key is None:
            parent.items.append(node)
            return
        name, place = parent.key
        parent.entries[name] = replace(node, key=place)
        parent.key = None

    def _place(self, event: yaml.Event) -> Place:
        return _place(event.start_mark, self.source)


def _place(mark: Any, source: str) -> Place:
    return Place(source, mark.line + 1, mark.column + 1) if mark else Place(source)


def _refuse_indirection(event: yaml.NodeEvent, place: Place) -> None:
    if isinstance(event, yaml.AliasEvent):
        raise place.error(
            f"aliases are not read: {shown(f'*{event.anchor}')}",
            "write the value out, or quote text that starts with '*'",
        )
    if event.anchor is not None:
        raise place.error(
            f"anchors are not read: {shown(f'&{event.anchor}')}",
            "remove it, or quote text that starts with '&'",
        )
    if event.tag is not None:  # type: ignore[attr-defined]
        raise place.error(
            "tags are not read",
            "remove the word that starts with '!', or quote text that starts with it",
        )


def _key(event: yaml.ScalarEvent, place: Place, earlier: dict[str, Node]) -> str:
    """The text of a mapping's next key."""
    if event.implicit[0] and event.value == "<<":
        raise place.error("merge keys are not read: '<<'", "write the keys out")
    node = _scalar(event, place)
    if not isinstance(node.value, str):
        raise place.error(f"a key is {node} here", f'quote it: "{node.written}"')
    if node.value in earlier:
        first = earlier[node.value].start.line
        raise place.error(
            f"the key {shown(node.value)} is there a second time",
            f"remove one; the first is on line {first}",
        )
    return node.value


def _scalar(event: yaml.ScalarEvent, place: Place) -> Node:
    written = event.value
    if _SURROGATE.search(written):
        raise place.error("it has half a character (a lone surrogate)", "remove the \\u escape")
    if not event.implicit[0] or len(written) > _LONGEST_WORD:
        return Node(written, place, written)
    if choice := _CHOICES.get(written.lower()):
        raise place.error(
            f"{written} without quotes is {choice} to some programs and text to others",
            f'write {choice}, or if it is text quote it: "{written}"',
        )
    if _AMBIGUOUS.fullmatch(written):
        raise place.error(
            f"{written} without quotes is a number to some programs and text to others",
            f'quote it: "{written}", or write the number in plain decimals',
        )
    if written in _WORDS:
        return Node(_WORDS[written], place, written)
    number: float | None = None
    if _INTEGER.fullmatch(written):
        number = int(written)
    elif _FLOAT.fullmatch(written):
        number = float(written)
    elif _NOT_FINITE.fullmatch(written):
        number = math.inf
    if number is None:
        return Node(written, place, written)
    if not math.isfinite(number) or (isinstance(number, int) and abs(number) >= _LARGEST):
        raise place.error(
            f"{written} is not a number of a size to count with",
            f'quote it if it is text: "{written}"',
        )
    return Node(number, place, written)


# The words and numbers of YAML 1.2, minus what YAML 1.1 takes for something else.
_WORDS: dict[str, bool | None] = (
    dict.fromkeys(("", "~", "null", "Null", "NULL"))
    | dict.fromkeys(("true", "True", "TRUE"), True)
    | dict.fromkeys(("false", "False", "FALSE"), False)
)
_CHOICES = {"yes": "true", "on": "true", "no": "false", "off": "false"}
_INTEGER = re.compile(r"[-+]?[0-9]+", re.ASCII)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_AMBIGUOUS = re.compile(
    r"[-+]?(?:0[0-9_]+|0[box][0-9a-fA-F_]+|[0-9_]*[0-9]_[0-9_]*(?:\.[0-9_]*)?)"
    r"|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?",
    re.ASCII,
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_LARGEST = 2**63
_LONGEST_WORD = 64
_CHECK = "check the indentation, the quotes and the brackets"


def _translated(error: yaml.MarkedYAMLError, source: str) -> ScenarioError:
    """A parser's complaint, at the place to look at and with what to do."""
    problem, context = error.problem or "", error.context or ""
    mark = error.problem_mark or error.context_mark
    remedy = _CHECK
    if "mapping values are not allowed" in problem:
        remedy = "quote text that has a colon and a space in it, or check the indentation"
    elif "cannot start any token" in problem:
        remedy = "indent with spaces instead of tabs, and quote text that starts with %, @ or `"
    elif "alphabetic or numeric" in problem:
        remedy = "quote text that starts with * or &"
    elif "quoted scalar" in context and "end of" in problem:
        problem, remedy, mark = "this quote is never closed", "close it", error.context_mark
    elif "flow sequence" in context or "flow mapping" in context:
        problem, mark = "this bracket is not closed, or lacks a comma", error.context_mark
        remedy = "close it, and put commas between what is in it"
    return _place(mark, source).error(f"not YAML: {problem}", remedy)
