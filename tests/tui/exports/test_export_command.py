"""The command, and the files that it writes."""

import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from brainstorm_agents.errors import InputError
from brainstorm_agents.reader import Log
from brainstorm_tui.cli import main
from brainstorm_tui.exports import FORMATS, exporter
from brainstorm_tui.exports.file import write


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own for each test, also as the working directory."""
    monkeypatch.setenv("BRAINSTORM_TUI_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


@pytest.fixture
def path(logs: Callable[[str], Log]) -> str:
    return str(logs("ordinary").path)


@pytest.mark.parametrize("name", list(FORMATS))
def test_standard_output_gets_what_a_file_would(
    name: str, path: str, logs: Callable[[str], Log], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["export", path, "--to", name]) == 0
    printed = capfdbinary.readouterr().out
    assert printed.decode() == "".join(exporter(name)(logs("ordinary")))
    assert main(["export", path, "--to", name, "--output", "out"]) == 0
    assert Path("out").read_bytes() == printed
    assert stat.S_IMODE(Path("out").stat().st_mode) == 0o600
    assert list(Path().iterdir()) == [Path("out")]


def test_a_log_is_found_by_its_name_among_the_logs(
    home: Path, path: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    (home / "logs").mkdir(parents=True)
    (home / "logs" / "a.jsonl").write_bytes(Path(path).read_bytes())
    assert main(["export", "a.jsonl", "--to", "mermaid"]) == 0
    assert capfdbinary.readouterr().out.startswith(b"sequenceDiagram\n")


def test_a_format_that_is_not_there_is_answered_with_a_list(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", path, "--to", "pdf"]) == 2
    said = capsys.readouterr().err
    assert all(name in said for name in FORMATS)


def test_no_file_is_overwritten_unless_it_is_asked_for(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("out").write_text("mine")
    words = ["export", path, "--to", "svg", "--output", "out"]
    assert main(words) == 2
    assert "exists already" in capsys.readouterr().err
    assert Path("out").read_text() == "mine"
    assert main([*words, "--force"]) == 0
    assert Path("out").read_text().startswith("<svg")


@pytest.mark.parametrize("force", [[], ["--force"]])
def test_the_log_itself_is_never_replaced(force: list[str], path: str) -> None:
    before = Path(path).read_bytes()
    assert main(["export", path, "--to", "svg", "--output", path, *force]) == 2
    assert Path(path).read_bytes() == before


def test_a_link_is_replaced_not_followed(path: str) -> None:
    Path("mine").write_text("mine")
    Path("out").symlink_to("mine")
    words = ["export", path, "--to", "svg", "--output", "out"]
    assert main(words) == 2
    assert main([*words, "--force"]) == 0
    assert Path("mine").read_text() == "mine"
    assert not Path("out").is_symlink()


@pytest.mark.parametrize(
    "words",
    [["--to", "svg", "-o", "no/such"], ["--to", "svg", "-o", "."], ["--to", "svg", "--force"]],
)
def test_what_cannot_be_is_refused(
    words: list[str], path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", path, "--to", "svg", *words]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_torn_tail_is_told_and_left_out(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("torn.jsonl").write_bytes(Path(path).read_bytes() + b'{"type":')
    assert main(["export", "torn.jsonl", "--to", "json", "-o", "out"]) == 0
    assert "8 bytes of it are left out" in capsys.readouterr().err


def test_an_error_leaves_no_file() -> None:
    def broken() -> Iterator[str]:
        yield "half"
        raise InputError("the rest is missing")

    with pytest.raises(InputError):
        write(broken(), Path("out"))
    assert list(Path().iterdir()) == []


def test_a_file_that_somebody_makes_meanwhile_is_kept() -> None:
    def slow() -> Iterator[str]:
        yield "ours"
        Path("out").write_text("theirs")

    with pytest.raises(InputError, match="exists already"):
        write(slow(), Path("out"))
    assert Path("out").read_text() == "theirs"
    assert list(Path().iterdir()) == [Path("out")]


def test_nobody_else_may_read_an_export(path: str) -> None:
    Path("out").write_text("mine")
    Path("out").chmod(0o644)
    assert main(["export", path, "--to", "json", "-o", "out", "--force"]) == 0
    assert stat.S_IMODE(Path("out").stat().st_mode) == 0o600
