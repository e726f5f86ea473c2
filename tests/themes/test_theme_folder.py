"""Themes from files and from a folder."""

import os
from pathlib import Path

import pytest

from brainstorm_themes import ThemeError, fingerprint, load, load_folder


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_a_file_is_loaded_with_or_without_a_byte_order_mark(tmp_path: Path) -> None:
    plain = write(tmp_path, "a.yaml", "name: mine")
    marked = write(tmp_path, "b.yaml", b"\xef\xbb\xbfname: mine\r\n")
    assert load(plain) == load(str(marked))


def test_a_file_that_is_not_utf_8_is_refused_at_its_first_wrong_byte(tmp_path: Path) -> None:
    path = write(tmp_path, "a.yaml", "name: x\n# für ".encode() + b"\xfc")
    with pytest.raises(ThemeError, match=r":2:7: byte 0xFC is not UTF-8; save"):
        load(path)


def test_a_file_over_64_kib_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ThemeError, match="64 KiB at most"):
        load(write(tmp_path, "a.yaml", b"#" * 70_000))


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.yaml", "a\0b"):
        with pytest.raises(ThemeError, match=":1:1: "):
            load(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in the file system here")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(ThemeError, match="not a file"):
        load(tmp_path / "pipe.yaml")


def test_a_wrong_file_is_reported_and_the_others_load(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", "name: first")
    write(tmp_path, "b.yaml", "name: x\nbar: red")
    write(tmp_path, "c.yml", "name: third")
    themes, errors = load_folder(tmp_path)
    assert list(themes) == ["first", "third"]
    assert [(Path(error.source).name, error.line, error.column) for error in errors] == [
        ("b.yaml", 2, 6)
    ]


def test_of_two_files_with_one_name_the_second_is_reported(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", 'name: mine\nbar: "#111111"')
    write(tmp_path, "b.yaml", 'name: mine\nbar: "#222222"')
    themes, errors = load_folder(tmp_path)
    assert themes["mine"].bar == "#111111"
    assert [error.problem for error in errors] == [
        "`mine` is the name of a.yaml too; choose another"
    ]


def test_only_theme_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "old.yaml").mkdir()
    for name in ("notes.txt", ".draft.yaml", "a.yaml~"):
        write(tmp_path, name, "][")
    assert load_folder(tmp_path) == ({}, [])


def test_no_folder_means_no_themes(tmp_path: Path) -> None:
    assert load_folder(tmp_path / "missing") == ({}, [])
    assert fingerprint(tmp_path / "missing") == ()


def test_a_file_in_place_of_the_folder_is_reported(tmp_path: Path) -> None:
    themes, errors = load_folder(write(tmp_path, "themes", ""))
    assert themes == {}
    assert len(errors) == 1


def test_the_fingerprint_changes_with_the_files_and_only_then(tmp_path: Path) -> None:
    path = write(tmp_path, "a.yaml", "name: a")
    os.utime(path, ns=(0, 0))
    before = fingerprint(tmp_path)
    assert fingerprint(str(tmp_path)) == before
    os.utime(path, ns=(0, 1_000))
    touched = fingerprint(tmp_path)
    write(tmp_path, "b.yaml", "name: b")
    added = fingerprint(tmp_path)
    path.rename(tmp_path / "c.yaml")
    assert len({before, touched, added, fingerprint(tmp_path)}) == 4


def test_a_link_to_nowhere_is_reported_and_has_a_fingerprint(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to(tmp_path / "gone")
    assert len(load_folder(tmp_path)[1]) == 1
    assert fingerprint(tmp_path) == (("a.yaml", -1, -1),)
