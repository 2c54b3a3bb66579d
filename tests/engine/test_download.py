"""Downloading weights from a server on this machine that behaves as servers do, well and badly."""

from __future__ import annotations

import errno
import hashlib
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from engine.catalogue.models import NetworkCard, find_network
from engine.models import download as module
from engine.models.download import download
from engine.models.errors import DownloadError

CONTENT = bytes(range(256)) * 8192  # two megabytes
FILE = "resnet18-f37072fd.pth"


@dataclass
class Server:
    """How the server behaves, and what it was asked."""

    address: str = ""
    status: int = 200
    content: bytes = CONTENT
    ranges: bool = True
    cut_after: int | None = None
    tells_length: bool = True
    redirect: str = ""
    asked: list[str | None] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    stalls: bool = False


class Handler(BaseHTTPRequestHandler):
    """Answers as ``behaviour`` says."""

    protocol_version = "HTTP/1.1"
    behaviour: Server

    def do_GET(self) -> None:
        of, asked = self.behaviour, self.headers.get("Range")
        of.asked.append(asked)
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and of.ranges else 0
        if self.path.startswith("/hub/"):
            self.send_response(302)
            self.send_header("Location", f"/{FILE}")
            self.send_header("X-Linked-Etag", f'"{hashlib.sha256(CONTENT).hexdigest()}"')
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif of.redirect or of.status != 200:
            self.refuse(302 if of.redirect else of.status)
        elif start and start >= len(of.content):
            self.refuse(416)
        else:
            self.send(of.content[start:], 206 if start else 200)

    def refuse(self, status: int) -> None:
        self.send_response(status)
        if self.behaviour.redirect:
            self.send_header("Location", self.behaviour.redirect)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def send(self, content: bytes, status: int) -> None:
        self.send_response(status)
        if self.behaviour.tells_length:
            self.send_header("Content-Length", str(len(content)))
        else:
            self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        with suppress(OSError):  # the client may have gone
            self.wfile.write(content[: self.behaviour.cut_after])
            if self.behaviour.stalls:
                self.wfile.flush()
                self.behaviour.released.wait(10)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    behaviour = Server()
    listening = ThreadingHTTPServer(("127.0.0.1", 0), type("Here", (Handler,), {"behaviour": behaviour}))
    listening.daemon_threads = False
    behaviour.address = f"http://127.0.0.1:{listening.server_port}/{FILE}"
    thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
    thread.start()
    yield behaviour
    behaviour.released.set()
    listening.shutdown()
    listening.server_close()
    thread.join()


@pytest.fixture
def card(server: Server) -> NetworkCard:
    """ResNet-18's card with this server's address, size and hash."""
    sha = hashlib.sha256(CONTENT).hexdigest()[:8]
    return replace(find_network("resnet18"), url=server.address, sha=sha, megabytes=len(CONTENT) / 1e6)


def failure_of(card: NetworkCard, folder: Path) -> str:
    """The sentence that a failed download ends with."""
    with pytest.raises(DownloadError) as raised:
        list(download(card, folder))
    failure = raised.value.failure()
    assert (failure.field, failure.what) == ("model", "ResNet-18 could not be downloaded")
    assert failure.remedy.endswith(".")
    assert not (folder / FILE).exists()
    return failure.why


# Well


def test_a_file_arrives_with_progress_and_under_its_own_name(card: NetworkCard, tmp_path: Path) -> None:
    folder = tmp_path / "hub" / "checkpoints"
    steps = list(download(card, folder))
    assert (folder / FILE).read_bytes() == CONTENT
    assert [each.name for each in folder.iterdir()] == [FILE]
    arriving = [each for each in steps if not each.detail]
    assert [each.done for each in arriving] == sorted(each.done for each in arriving)
    assert (arriving[0].done, arriving[-1].done) == (0, len(CONTENT))
    assert {each.total for each in steps} == {len(CONTENT)}


def test_it_goes_to_torchs_own_cache(card: NetworkCard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    list(download(card))
    assert (tmp_path / "hub" / "checkpoints" / FILE).is_file()


def test_cancelling_keeps_what_has_arrived_and_the_next_try_goes_on_from_there(
    card: NetworkCard, server: Server, tmp_path: Path
) -> None:
    under_way = download(card, tmp_path)
    for step in under_way:
        if step.done >= len(CONTENT) // 2:
            break
    under_way.close()  # type: ignore[attr-defined]
    assert [each.name for each in tmp_path.iterdir()] == [f"{FILE}.part"]
    first = next(iter(download(card, tmp_path)))
    assert first.done == step.done
    list(download(card, tmp_path))
    assert server.asked == [None, f"bytes={step.done:.0f}-", f"bytes={step.done:.0f}-"]
    assert (tmp_path / FILE).read_bytes() == CONTENT


def test_a_file_that_had_arrived_whole_is_only_checked(card: NetworkCard, tmp_path: Path) -> None:
    (tmp_path / f"{FILE}.part").write_bytes(CONTENT)
    assert {each.detail for each in download(card, tmp_path)} == {"checking"}
    assert (tmp_path / FILE).read_bytes() == CONTENT


def test_a_server_that_cannot_go_on_sends_all_of_it_again(card: NetworkCard, server: Server, tmp_path: Path) -> None:
    (tmp_path / f"{FILE}.part").write_bytes(CONTENT[:1000])
    server.ranges = False
    assert next(iter(download(card, tmp_path))).done == 0
    list(download(card, tmp_path))
    assert (tmp_path / FILE).read_bytes() == CONTENT


def test_a_server_that_does_not_tell_the_length_is_read_to_its_end(
    card: NetworkCard, server: Server, tmp_path: Path
) -> None:
    server.tells_length = False
    assert next(iter(download(card, tmp_path))).total is None
    list(download(card, tmp_path))
    assert (tmp_path / FILE).read_bytes() == CONTENT


# Badly


def test_another_file_than_was_published_is_thrown_away(card: NetworkCard, server: Server, tmp_path: Path) -> None:
    server.content = CONTENT[::-1]
    assert "not the file that was published" in failure_of(card, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_was_here_before_stays_when_a_download_fails(
    card: NetworkCard, server: Server, tmp_path: Path
) -> None:
    (tmp_path / FILE).write_bytes(b"as it was")
    server.content = CONTENT[::-1]
    with pytest.raises(DownloadError):
        list(download(card, tmp_path))
    assert (tmp_path / FILE).read_bytes() == b"as it was"


@pytest.mark.parametrize(
    ("status", "why"),
    [(404, "no longer at its address"), (403, "the server answered 403"), (503, "the server answered 503")],
)
def test_a_server_that_refuses_is_quoted(
    card: NetworkCard, server: Server, tmp_path: Path, status: int, why: str
) -> None:
    server.status = status
    assert why in failure_of(card, tmp_path)


def test_a_connection_that_drops_can_be_taken_up_again(card: NetworkCard, server: Server, tmp_path: Path) -> None:
    server.cut_after = 1_500_000
    assert failure_of(card, tmp_path) == "the connection was lost"
    server.cut_after = None
    list(download(card, tmp_path))
    assert (tmp_path / FILE).read_bytes() == CONTENT
    assert server.asked[1] is not None


def test_a_server_that_falls_silent_is_not_waited_for_for_ever(
    card: NetworkCard, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TIMEOUT", 0.2)
    server.cut_after, server.stalls = 1000, True
    assert failure_of(card, tmp_path) == "the server fell silent"


def test_without_a_network_the_address_is_not_found(
    card: NetworkCard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def offline(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", offline)
    published = replace(card, url=find_network("resnet18").url)
    assert failure_of(published, tmp_path) == "download.pytorch.org was not found: this machine seems to be offline"


def test_a_server_that_is_not_there_is_told(card: NetworkCard, server: Server, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert "refused" in failure_of(replace(card, url=f"http://127.0.0.1:{port}/{FILE}"), tmp_path)


def test_a_full_disk_is_told_and_not_left_full(
    card: NetworkCard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")
        yield

    (tmp_path / f"{FILE}.part").write_bytes(CONTENT[:1000])
    monkeypatch.setattr(module, "_copy", full)
    assert failure_of(card, tmp_path) == "there is no space left for 2 MB"
    assert list(tmp_path.iterdir()) == []


def test_two_programs_that_download_the_same_file_do_not_spoil_it(card: NetworkCard, tmp_path: Path) -> None:
    first = download(card, tmp_path)
    next(first)
    next(first)
    assert failure_of(card, tmp_path) == "another program is downloading the same file"
    list(first)
    assert (tmp_path / FILE).read_bytes() == CONTENT


def test_a_disk_that_is_too_full_is_told_before_it_is_filled(
    card: NetworkCard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / f"{FILE}.part").write_bytes(CONTENT[:1_000_000])
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1_000_000))
    assert failure_of(card, tmp_path) == f"1 MB are to come, and only 1 MB are free in {tmp_path}"
    assert (tmp_path / f"{FILE}.part").read_bytes() == CONTENT[:1_000_000]
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1_200_000))
    list(download(card, tmp_path))
    assert (tmp_path / FILE).read_bytes() == CONTENT


def test_a_cache_that_cannot_be_made_is_named(card: NetworkCard, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file stands where the folder should be")
    why = failure_of(card, tmp_path / "taken")
    assert str(tmp_path / "taken") in why


def test_more_than_the_card_promises_is_not_taken(card: NetworkCard, server: Server, tmp_path: Path) -> None:
    small = replace(card, megabytes=1.0)
    assert failure_of(small, tmp_path) == "the server offers 2 MB instead of 1"
    server.tells_length = False
    assert failure_of(small, tmp_path) == "the server sends more than the 1 MB of the file"


@pytest.mark.parametrize("unsafe", ["http://example.org/weights.pth", "file:///etc/hostname", "ftp://example.org/x"])
def test_only_safe_addresses_are_opened_even_behind_a_redirection(
    card: NetworkCard, server: Server, tmp_path: Path, unsafe: str
) -> None:
    assert "is not an https address" in failure_of(replace(card, url=unsafe), tmp_path)
    server.redirect = unsafe
    why = failure_of(card, tmp_path)
    assert "is not an https address" in why or "is not allowed" in why


def test_a_hub_that_tells_the_hash_on_the_way_is_held_to_it(card: NetworkCard, server: Server, tmp_path: Path) -> None:
    card = replace(card, sha="", url=server.address.replace(FILE, f"hub/{FILE}"))
    list(download(card, tmp_path))
    assert (tmp_path / card.file).read_bytes() == CONTENT
    (tmp_path / card.file).unlink()
    server.content = CONTENT[::-1]
    assert "its SHA-256 differs" in failure_of(card, tmp_path)
    assert list(tmp_path.iterdir()) == []
