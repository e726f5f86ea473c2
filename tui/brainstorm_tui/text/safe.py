"""Text from a model, a log or a scenario, made safe for a terminal.

Every character that a person could not see, or that a terminal would obey, becomes a visible
mark. What people write stays as it is: emoji families, flags, Persian, Indic scripts, accents.
The text is not normalised.
"""

import re
import unicodedata
from functools import cache

MOST_MARKS = 8
"""Combining marks that may sit on one character; further ones are cut and counted."""


def sanitise(text: str) -> str:
    """Replace what is invisible or dangerous by visible marks.

    Only ``\\n`` remains of the control characters: tabs are expanded to stops of four, ``\\r\\n``
    and ``\\r`` become ``\\n``. Sanitising twice changes nothing more, and text without such
    characters is returned as it came, at the price of one search.
    """
    if not _SUSPICIOUS.search(text) and (text.isascii() or not _LONG_RUN.search(text)):
        return text
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\t" in text:
        text = text.expandtabs(4)
    text = _LONG_RUN.sub(_cut_marks, text)
    return _kept_or_hidden().sub(_show, text)


def one_line(text: str) -> str:
    """Sanitise for a title, a list or a trace: every run of white space becomes one space."""
    return " ".join(sanitise(text).split())


_HIDDEN = (
    "\\x00-\\x09\\x0b-\\x1f\\x7f-\\x9f"  # control characters but the line feed
    "\\xad\\u200b-\\u200d\\u2060-\\u2064\\ufeff\\u034f\\u180e"  # no width
    "\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2065-\\u206f"  # direction, deprecated formats
    "\\u2028\\u2029"  # line and paragraph separators
    "\\u115f\\u1160\\u3164\\uffa0\\u17b4\\u17b5"  # fillers that draw nothing
    "\\ufe00-\\ufe0f\\u180b-\\u180d\\u180f"  # variation selectors
    "\\ufff0-\\ufffb\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a"
    "\\U0001f3fb-\\U0001f3ff"  # skin tones: nothing without an emoji before them
    "\\U000e0000-\\U000e0fff"  # tags and further variation selectors
    "\\ud800-\\udfff\\ufdd0-\\ufdef\\ufffe\\uffff"  # not characters
)
_SUSPICIOUS = re.compile(f"[{_HIDDEN}]")

# Neither letters nor white space nor Latin: where a pile of combining marks would be. The first
# item stands alone because the search is only fast for a pattern that starts with a plain set.
_LONG_RUN = re.compile(rf"[^\w\s\x00-\u02ff][^\w\s\x00-\u02ff]{{{MOST_MARKS},}}")

_PICTURE = (
    "[\\xa9\\xae\\u203c\\u2049\\u2122\\u2139\\u2190-\\u21ff\\u2300-\\u23ff\\u2460-\\u24ff"
    "\\u25a0-\\u27bf\\u2900-\\u297f\\u2b00-\\u2bff\\u3030\\u303d\\u3297\\u3299"
    "\\U0001f000-\\U0001f3fa\\U0001f400-\\U0001faff][\\ufe0e\\ufe0f]?[\\U0001f3fb-\\U0001f3ff]?"
)
_JOINING = (  # scripts whose letters change shape at a joiner: Arabic to Sinhala, and further east
    "[\\u0620-\\u08ff\\u0900-\\u0dff\\u0f00-\\u109f\\u1780-\\u17b3\\u17b6-\\u17ff\\u1820-\\u18af"
    "\\u1900-\\u1aff\\u1b00-\\u1c4f\\ua800-\\ua8ff\\ua930-\\uaaff\\uabc0-\\uabff"
    "\\ufb50-\\ufdcf\\ufdf0-\\ufdff\\ufe70-\\ufefc\\U00010a00-\\U00010a5f\\U00011000-\\U00011fff]"
)
_TAG_FLAGS = "|".join(
    "".join(chr(0xE0000 + ord(letter)) for letter in region)
    for region in ("gbeng", "gbsct", "gbwls")
)
_KEPT_OR_HIDDEN = (
    f"(?P<kept>\\U0001f3f4(?:{_TAG_FLAGS})\\U000e007f"
    # The longest emoji that exists joins four pictures. A terminal would draw a longer chain
    # over its neighbours, because the chain is measured as one picture.
    f"|{_PICTURE}(?:\\u200d{_PICTURE}){{0,6}}"
    "|[#*0-9]\\ufe0f\\u20e3"
    f"|(?<={_JOINING})\\u200c|(?<={_JOINING})\\u200d(?={_JOINING})"
    "|(?<=[\\u3400-\\u9fff\\uf900-\\ufaff\\U00020000-\\U0003ffff])[\\U000e0100-\\U000e01ef]"
    "|(?<=[\\u1820-\\u18aa])[\\u180b-\\u180d\\u180f]"
    f"|(?<=[\\xa1-\\U0010ffff])(?<![\\s{_HIDDEN}])[\\ufe00-\\ufe0f])"
    f"|[{_HIDDEN}]+"
)


@cache
def _kept_or_hidden() -> re.Pattern[str]:
    # Compiled when it is first needed: it takes longer than the rest of this module's import.
    return re.compile(_KEPT_OR_HIDDEN)


_MOST_NAMED = 4
"""Hidden characters named one by one in a run; the rest of the run is only counted."""


def _show(match: re.Match[str]) -> str:
    if match["kept"]:
        return match[0]
    pictures, named, unnamed = [], 0, 0
    for character in match[0]:
        code = ord(character)
        if code < 0x20:
            pictures.append(chr(0x2400 + code))
        elif code == 0x7F:
            pictures.append("␡")
        elif named < _MOST_NAMED:
            named += 1
            pictures.append(f"‹U+{code:04X}›")
        else:
            unnamed += 1
    if unnamed:
        pictures.append(f"‹+{unnamed}›")
    return "".join(pictures)


def _cut_marks(match: re.Match[str]) -> str:
    """Keep the first marks of each pile and say how many more there were."""
    kept: list[str] = []
    height = 0
    for character in f"{match[0]}\n":
        if unicodedata.category(character).startswith("M"):
            height += 1
            if height <= MOST_MARKS:
                kept.append(character)
            continue
        if height > MOST_MARKS:
            kept.append(f"‹+{height - MOST_MARKS}›")
        height = 0
        kept.append(character)
    return "".join(kept[:-1])
