"""Downloads a network's weights into torch's own cache, with progress; free of torch.

A download that was cut short is taken up where it ended. The file gets its name only once its hash is right, so that
whatever goes wrong, nothing that was there before has changed.
"""

from __future__ import annotations

import errno
import hashlib
import http.client
import re
import shutil
import socket
import ssl
import sys
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any, BinaryIO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from engine.catalogue.downloads import partial
from engine.catalogue.models import NetworkCard, cache_folder
from engine.models.errors import DownloadError
from engine.tasks import Progress

CHUNK = 1 << 18
"""Bytes between two marks of progress."""

TIMEOUT = 20.0
"""Seconds without a byte after which the connection counts as lost."""

ROOM = 1.1
"""How much larger than the card says a file may be."""

_FULL = {errno.ENOSPC, errno.EDQUOT}
_LOCAL = {"localhost", "127.0.0.1", "::1"}
_AGAIN = "Try again; what has arrived is kept."
_ROOM = "Make room and try again."
_TAKEN = "another program is downloading the same file", "Choose the network again when it has arrived."


def download(card: NetworkCard, folder: Path | None = None) -> Iterator[Progress]:
    """Downloads the weights of ``card``; every ``Progress`` counts bytes. Closing the generator cancels.

    What has arrived is kept as ``FILE.part``, unless the disk is full, and the next try goes on from there.

    Args:
        card: of a network whose weights have an address.
        folder: where to; None is torch's cache.

    Raises:
        DownloadError: offline, refused, cut short, no space left, or another file than was published.
    """
    path = (folder or cache_folder()) / card.file
    part = partial(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        way = _SafeRedirects()
        yield from _fetch(card, part, way)
        yield from _check(card, part, card.sha or way.sha)
        part.replace(path)
    except (OSError, http.client.HTTPException) as error:
        if isinstance(error, HTTPError):
            error.close()
        if getattr(error, "errno", None) in _FULL:
            part.unlink(missing_ok=True)
        raise _explained(card, error) from error


def _fetch(card: NetworkCard, part: Path, way: _SafeRedirects) -> Iterator[Progress]:
    """Appends to ``part`` what is missing of the file."""
    limit = int(card.megabytes * 1e6 * ROOM)
    have = part.stat().st_size if part.exists() else 0
    if have > limit:
        part.unlink()
        have = 0
    try:
        response = _open(card.url, have, way)
    except HTTPError as error:
        if error.code != HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise
        error.close()
        return  # the server has nothing to add: the whole file is here
    with response:
        if response.status != HTTPStatus.PARTIAL_CONTENT:
            have = 0
        length = response.headers.get("Content-Length")
        total = have + int(length) if length else None
        if total is not None and total > limit:
            raise _failed(
                card, f"the server offers {total / 1e6:.0f} MB instead of {card.megabytes:.0f}", _by_hand(card)
            )
        _see_to_room(card, part.parent, (card.megabytes * 1e6 if total is None else total) - have)
        with part.open("ab") as file:
            _claim(card, file)
            if response.status != HTTPStatus.PARTIAL_CONTENT:
                file.truncate(0)
            elif file.tell() != have:
                raise _failed(card, *_TAKEN)
            yield from _copy(card, response, file, Progress(have, total), limit)


def _claim(card: NetworkCard, file: BinaryIO) -> None:
    """Lets no other process write into the same file, until it is closed.

    Windows needs none of this: what one program writes there, no other can give its final name.
    """
    if sys.platform != "win32":
        import fcntl

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _failed(card, *_TAKEN) from None
        except OSError:  # a file system that knows no such claims
            return


def _see_to_room(card: NetworkCard, folder: Path, needed: float) -> None:
    """Says that the disk is too full before it is filled, so that what has arrived can stay."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        why = f"{needed / 1e6:.0f} MB are to come, and only {free / 1e6:.0f} MB are free in {folder}"
        raise _failed(card, why, _ROOM)


def _copy(
    card: NetworkCard, response: http.client.HTTPResponse, file: BinaryIO, progress: Progress, limit: int
) -> Iterator[Progress]:
    done, total = progress.done, progress.total
    yield progress
    while chunk := response.read(CHUNK):
        done += len(chunk)
        if done > limit:
            raise _failed(card, f"the server sends more than the {card.megabytes:.0f} MB of the file", _by_hand(card))
        file.write(chunk)
        yield Progress(done, total)
    if total is not None and done < total:
        raise http.client.IncompleteRead(b"", int(total - done))


def _check(card: NetworkCard, part: Path, sha: str) -> Iterator[Progress]:
    """Compares the file's hash; one that is wrong is deleted, for no more bytes can mend it."""
    digest, size, done = hashlib.sha256(), part.stat().st_size, 0
    with part.open("rb") as file:
        while chunk := file.read(CHUNK * 16):
            digest.update(chunk)
            done += len(chunk)
            yield Progress(done, size, "checking")
    if not digest.hexdigest().startswith(sha):
        part.unlink()
        raise _failed(card, "what arrived is not the file that was published (its SHA-256 differs)", _by_hand(card))


class _SafeRedirects(HTTPRedirectHandler):
    """Follows a redirection only to an address that is as safe.

    Attributes:
        sha: the file's SHA-256 in hexadecimal digits, where the Hugging Face hub told it on the way; else empty.
    """

    sha = ""

    def redirect_request(self, req: Request, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Request | None:
        """A request for ``newurl``."""
        try:
            _refuse_unsafe(newurl)
        except URLError:
            fp.close()
            raise
        told = str(headers.get("X-Linked-Etag", "")).strip('"')
        if re.fullmatch("[0-9a-f]{64}", told):
            self.sha = told
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _open(url: str, have: int, way: _SafeRedirects) -> http.client.HTTPResponse:
    """The server's answer, without the first ``have`` bytes if it can leave them out."""
    _refuse_unsafe(url)
    headers = {"User-Agent": "foolscope", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    request = Request(url, headers=headers)  # noqa: S310 - the address has just been checked
    response: http.client.HTTPResponse = build_opener(way).open(request, timeout=TIMEOUT)
    return response


def _refuse_unsafe(url: str) -> None:
    """HTTPS only; plain HTTP from this machine itself."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOCAL):
        raise URLError(f"{url} is not an https address")


def _failed(card: NetworkCard, why: str, remedy: str) -> DownloadError:
    return DownloadError(f"{card.title} could not be downloaded", why, remedy)


def _by_hand(card: NetworkCard) -> str:
    return f"Try again; if it stays so, get the file {card.file} another way and put it into {cache_folder()}."


def _explained(card: NetworkCard, error: Exception) -> DownloadError:
    """What the user is told of an error below."""
    cause = error.reason if isinstance(error, URLError) and not isinstance(error, HTTPError) else error
    remedy = f"Put the file {card.file} into {cache_folder()} by hand, or try again when this machine is online."
    match cause:
        case HTTPError(code=HTTPStatus.NOT_FOUND):
            why, remedy = "the file is no longer at its address (404)", _by_hand(card)
        case HTTPError():
            why, remedy = f"the server answered {cause.code} ({cause.reason})", "Try again later."
        case socket.gaierror():
            why = f"{urlsplit(card.url).hostname} was not found: this machine seems to be offline"
        case ssl.SSLError():
            why = f"the connection is not safe ({cause.reason})"
        case TimeoutError():
            why, remedy = "the server fell silent", _AGAIN
        case http.client.HTTPException() | ConnectionResetError() | BrokenPipeError() | ConnectionAbortedError():
            why, remedy = "the connection was lost", _AGAIN
        case OSError(errno=number) if number in _FULL:
            why, remedy = f"there is no space left for {card.megabytes:.0f} MB", _ROOM
        case OSError(filename=str() as place):
            why, remedy = f"{place} cannot be written ({cause.strerror})", "Set TORCH_HOME to a folder of your own."
        case _:
            why = str(cause)
    return _failed(card, why, remedy)
