"""What is remembered from one start to the next, and what happens when its file is spoilt."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from gui.settings import MAX_RECENT, Settings, Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "settings.json"


def write(path: Path, text: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


def test_the_first_start_has_the_defaults_and_writes_nothing(path: Path) -> None:
    assert Store.load(path).settings == Settings()
    assert not path.parent.exists()


def test_a_change_is_found_again_at_the_next_start(path: Path) -> None:
    Store.load(path).update(scheme="dark", device="cpu", folder="/pictures of Zoë", window="AAEC", docks="/w==")
    assert Store.load(path).settings == Settings("dark", "cpu", (), "/pictures of Zoë", "AAEC", "/w==")


def test_recent_pictures_are_listed_newest_first_each_once_and_not_too_many(path: Path) -> None:
    store = Store.load(path)
    for number in range(MAX_RECENT + 3):
        store.remember(f"{number}.png")
    store.remember("5.png")
    recent = Store.load(path).settings.recent
    assert recent[:3] == ("5.png", "12.png", "11.png")
    assert len(recent) == MAX_RECENT
    assert len(set(recent)) == MAX_RECENT


def test_the_users_own_file_is_the_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("gui.settings.user_config_dir", lambda *_, **__: str(tmp_path / "foolscope"))
    Store.load().update(scheme="light")
    assert json.loads((tmp_path / "foolscope" / "settings.json").read_text())["scheme"] == "light"


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "3", '"light"', b"\xff\xfe\x00", b"\x00" * 100, "[" * 100_000],
    ids=["empty", "cut", "list", "null", "number", "text", "no text", "zeros", "deep"],
)
def test_a_spoilt_file_gives_the_defaults_and_is_kept_aside(path: Path, text: str | bytes) -> None:
    write(path, text)
    store = Store.load(path)
    assert store.settings == Settings()
    aside = path.with_name("settings.json.broken").read_bytes()
    assert aside == (text if isinstance(text, bytes) else text.encode())
    store.update(scheme="dark")
    assert Store.load(path).settings.scheme == "dark"


def test_keys_of_another_version_are_passed_over(path: Path) -> None:
    write(path, json.dumps({"scheme": "light", "telepathy": True}))
    assert Store.load(path).settings == Settings(scheme="light")


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("scheme", 3),
        ("scheme", "pink"),
        ("scheme", ["light"]),
        ("device", "abacus"),
        ("device", None),
        ("recent", "a.png"),
        ("recent", [1, 2]),
        ("recent", {"a": "b"}),
        ("folder", 7),
        ("window", []),
        ("docks", {}),
    ],
)
def test_a_wrong_value_gets_its_default_and_the_others_stay(path: Path, key: str, wrong: object) -> None:
    good = {"scheme": "dark", "device": "cpu", "recent": ["a.png"], "folder": "/f", "window": "AA==", "docks": "AB=="}
    write(path, json.dumps(good | {key: wrong}))
    settings = Store.load(path).settings
    assert getattr(settings, key) == getattr(Settings(), key)
    assert all(getattr(settings, each) for each in good if each not in {key, "recent"})
    assert settings.recent == (() if key == "recent" else ("a.png",))


def test_a_folder_in_place_of_the_file_gives_the_defaults(path: Path) -> None:
    path.mkdir(parents=True)
    store = Store.load(path)
    store.update(scheme="dark")
    assert store.settings == Settings(scheme="dark")


def test_a_home_that_cannot_be_written_costs_the_memory_not_the_session(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(path.parent, "a file where the folder should be")
    store = Store.load(path)
    with caplog.at_level(logging.WARNING):
        store.update(scheme="dark")
    assert store.settings.scheme == "dark"
    assert "could not be written" in caplog.text


def test_a_crash_while_writing_leaves_the_old_file_and_nothing_else(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store.load(path)
    store.update(scheme="dark")
    monkeypatch.setattr("gui.settings.json.dump", _disk_full)
    store.update(scheme="light")
    assert [each.name for each in path.parent.iterdir()] == ["settings.json"]
    monkeypatch.undo()
    assert Store.load(path).settings.scheme == "dark"


def _disk_full(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")


def test_an_unknown_setting_is_a_mistake_of_the_programmer(path: Path) -> None:
    with pytest.raises(TypeError):
        Store.load(path).update(colour="blue")
