"""Themes from the package, from text, from files and from a folder of the user's."""

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

from brainstorm_themes.document import LIMIT, place_in, read_entries
from brainstorm_themes.error import ThemeError
from brainstorm_themes.fields import build_theme
from brainstorm_themes.theme import Theme

BUILTIN_NAMES: Final = ("dark", "light", "ansi")
_SUFFIXES = (".yaml", ".yml")


def builtin() -> dict[str, Theme]:
    """The themes of the package by name, the default first."""
    return dict(_builtin())


def parse(text: str, source: str) -> Theme:
    """A theme from the text of its file.

    Keys that it leaves out come from the built-in theme that it `extends`: by default `ansi` if
    it says `ansi: true`, `light` if `dark: false`, else `dark`. Only `name` has to be there.

    Args:
        text: YAML.
        source: Where it came from, for errors.

    Raises:
        ThemeError: It is not a theme; says where and what would be right.
    """
    return build_theme(read_entries(text, source), source, _builtin())


def load(path: Path | str) -> Theme:
    """A theme from a file, UTF-8, 64 KiB at most.

    Raises:
        ThemeError: The file cannot be read, or is not a theme.
    """
    source = str(path)
    return parse(_decode(_read(Path(path)), source), source)


def load_folder(path: Path | str) -> tuple[dict[str, Theme], list[ThemeError]]:
    """All themes of a folder (`*.yaml`, `*.yml`) by name, and what is wrong with the others.

    A theme may have the name of a built-in one, to take its place. Of two files with one name the
    first in the order of file names counts. No folder means no themes.
    """
    themes: dict[str, Theme] = {}
    origins: dict[str, str] = {}
    errors: list[ThemeError] = []
    try:
        files = _theme_files(Path(path))
    except OSError as error:
        return {}, [_unreadable(error, str(path))]
    for file in files:
        try:
            theme = load(file)
        except ThemeError as error:
            errors.append(error)
            continue
        if theme.name in themes:
            problem = f"`{theme.name}` is the name of {origins[theme.name]} too; choose another"
            errors.append(ThemeError(problem, source=str(file)))
            continue
        themes[theme.name] = theme
        origins[theme.name] = file.name
    return themes, errors


def fingerprint(folder: Path | str) -> tuple[tuple[str, int, int], ...]:
    """What changes when a theme of the folder does: names, times (ns) and sizes (bytes).

    Cheap enough to ask every second: it opens no file.
    """
    try:
        files = _theme_files(Path(folder))
    except OSError:
        return ()
    return tuple(_trace(file) for file in files)


def _trace(file: Path) -> tuple[str, int, int]:
    try:
        stat = file.stat()
    except OSError:
        return file.name, -1, -1
    return file.name, stat.st_mtime_ns, stat.st_size


@cache
def _builtin() -> dict[str, Theme]:
    themes = {}
    for name in BUILTIN_NAMES:
        file = resources.files(__package__).joinpath(f"{name}.yaml")
        entries = read_entries(file.read_text("utf-8"), file.name)
        themes[name] = build_theme(entries, file.name, bases={})
    return themes


def _theme_files(folder: Path) -> list[Path]:
    """What is a theme by its name, hidden files (an editor's, mostly) left out."""
    try:
        found = sorted(folder.iterdir())
    except FileNotFoundError:
        return []
    return [
        file
        for file in found
        if file.suffix.lower() in _SUFFIXES and not file.name.startswith(".") and not file.is_dir()
    ]


def _read(path: Path) -> bytes:
    source = str(path)
    try:
        # A pipe would be waited for without end.
        if path.exists() and not path.is_file():
            raise ThemeError("not a file; give the path of a YAML file", source=source)
        with path.open("rb") as file:
            return file.read(LIMIT + 1)
    except OSError as error:
        raise _unreadable(error, source) from error
    except ValueError as error:
        raise ThemeError("no path of a file; remove its null character", source=source) from error


def _unreadable(error: OSError, source: str) -> ThemeError:
    reason = error.strerror or type(error).__name__
    return ThemeError(f"cannot be read ({reason}); check the path and its rights", source=source)


def _decode(content: bytes, source: str) -> str:
    if len(content) > LIMIT:
        raise ThemeError(f"too long; a theme has {LIMIT // 1024} KiB at most", source=source)
    try:
        return content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        readable = content[: error.start].decode("utf-8")
        line, column = place_in(readable, len(readable))
        problem = f"byte 0x{content[error.start]:02X} is not UTF-8; save the file as UTF-8"
        raise ThemeError(problem, source=source, line=line, column=column) from error
