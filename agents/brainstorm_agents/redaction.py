"""Keys kept out of what is told: of messages, and of what a provider echoes in a reply."""

import json
import os
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

REDACTED = "[redacted]"
"""What stands in place of a key."""

_secret_name = re.compile(
    r"(^|[_-])(API_?KEY|KEY|KEY_ID|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?|AUTH|AUTHORIZATION)$",
    re.IGNORECASE,
)
_SECRET_LENGTH = 8  # Anything shorter is a word that a message may need, and no key.

_PREFIXES = r"\b(?:sk-|gsk_|hf_|xai-|pplx-|nvapi-|tgp_|r8_|gh[opsu]_|AIza|AKIA|eyJ)"

# Keys by their look: servers echo ones that come from no variable, and parts of them, masked.
_secret_look = re.compile(_PREFIXES + r"[\w.*…-]{4,}|(?<=Bearer )\S+|(?<=://)[^\s/@]+(?=@)")
_key_look = re.compile(_PREFIXES + r"[\w.-]{12,}|\bBearer \S|://[^\s/@]+@")


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without the secrets in the environment, without `secrets`, and without what looks
    like a key."""
    known = _known(secrets)
    if known:
        text = _pattern(known).sub(REDACTED, text)
    return _secret_look.sub(REDACTED, text)


def is_secret(name: str) -> bool:
    """Whether a variable or a parameter of that name holds what must not be shown."""
    return bool(_secret_name.search(name))


def looks_like_a_key(text: str) -> bool:
    """Whether somebody has written a key, or an address with a password, into a text."""
    return bool(_key_look.search(text))


class StreamRedactor:
    """Takes secrets out of a text that comes in pieces, wherever the pieces part.

    Only secrets that are known are looked for: words that merely look like a key are the model's
    own. What may be the beginning of a secret is held back until the next piece tells.

    Args:
        secrets: What must not be told, beside the secrets in the environment.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._known = _known(secrets)
        self._pattern = _pattern(self._known) if self._known else None
        self._initials = {secret[0] for secret in self._known}
        self._longest = max(map(len, self._known), default=0)
        self._held = ""

    def take(self, piece: str) -> str:
        """What can be told of the text so far, and has not been yet."""
        if self._pattern is None:
            return piece
        text = self._held + piece
        end = self._undecided(text)
        for found in self._pattern.finditer(text):
            if found.start() < end < found.end():
                # A longer secret may begin as this one does: neither is told in part.
                end = found.start()
        self._held = text[end:]
        return self._pattern.sub(REDACTED, text[:end])

    def rest(self) -> str:
        """What was held back, now that no more comes."""
        held, self._held = self._held, ""
        return self._pattern.sub(REDACTED, held) if self._pattern else held

    def _undecided(self, text: str) -> int:
        """Where the tail begins that may become a secret."""
        for start in range(max(0, len(text) - self._longest + 1), len(text)):
            if text[start] in self._initials:
                tail = text[start:]
                if any(len(tail) < len(s) and s.startswith(tail) for s in self._known):
                    return start
        return len(text)


def _known(secrets: Iterable[str]) -> list[str]:
    """All secrets in the forms in which they are echoed, the longest first."""
    values = {value for name, value in os.environ.items() if is_secret(name)} | set(secrets)
    forms = {form for value in values for form in _forms(value) if len(form) >= _SECRET_LENGTH}
    return sorted(forms, key=lambda form: (-len(form), form))


def _forms(secret: str) -> Iterator[str]:
    """A secret as it is, in an address, and in JSON."""
    yield secret
    yield quote(secret, safe="", errors="replace")
    yield json.dumps(secret)[1:-1]


def _pattern(known: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, known)))
