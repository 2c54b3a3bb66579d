"""The command that downloads the weights of networks."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from engine.catalogue.models import NetworkCard, find_network, is_at_hand, weights_path
from engine.cli.progress import show
from engine.cli.texts import Line
from engine.errors import ExplainedError
from engine.models.errors import DownloadError
from engine.tasks import Progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What ``foolscope download`` takes."""
    parser.add_argument("networks", nargs="+", metavar="NAME", help="of “foolscope list models”, which tells the sizes")


def download_networks(chosen: argparse.Namespace) -> Iterator[Line]:
    """A line for every network; one that cannot be had has its ``error``, and the others still come.

    One that was interrupted goes on from where it was when the command is given again.
    """
    for name in chosen.networks:
        try:
            card = find_network(name)
            _fetch(card)
        except ExplainedError as error:
            yield {"name": name, "error": str(error)}
        else:
            yield {"name": name, "title": card.title, "megabytes": card.megabytes, "file": str(weights_path(card))}
        finally:
            show("")


def text_of_downloaded(line: Line) -> str:
    """Where the weights are, or why not."""
    if "error" in line:
        return f"{line['name']}: {line['error']}"
    return f"{line['name']}: {line['title']} is on this machine ({line['megabytes']:.1f} MB, {line['file']})"


def _fetch(card: NetworkCard) -> None:
    from engine.models.download import download  # torch-free, but not needed before

    if is_at_hand(card):
        return
    if not card.url:
        remedy = "Install Foolscope again, or open its file from where it is now."
        raise DownloadError(f"{card.title} could not be downloaded", "no address is known for its weights", remedy)
    for progress in download(card):
        show(_say(card, progress))


def _say(card: NetworkCard, progress: Progress) -> str:
    return f"{card.title}: {progress.detail or f'{progress.done / 1e6:.1f} of {card.megabytes:.1f} MB'}"
