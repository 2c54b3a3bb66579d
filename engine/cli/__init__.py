"""The command line without a window: predict, attack, list, download and teach, one JSON object a line."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from engine.catalogue.attacks import ATTACKS, Norm
from engine.cli.beside import add_others
from engine.cli.choices import UsageError, read_seed
from engine.cli.commands import attack_pictures, predict_pictures
from engine.cli.downloading import add_arguments as add_networks
from engine.cli.downloading import download_networks, text_of_downloaded
from engine.cli.listing import list_choices
from engine.cli.networks import add_options
from engine.cli.teaching import add_arguments, teach_network, text_of_taught
from engine.cli.texts import text_of_attack, text_of_choice, text_of_prediction

COMMANDS = ("predict", "attack", "list", "download", "teach")

SOME_FAILED, MAKES_NO_SENSE = 1, 2
INTERRUPTED, READER_GONE = 130, 141
"""What a shell says of a program that SIGINT or SIGPIPE ended."""


def main(arguments: Sequence[str]) -> int:
    """Runs one command.

    Returns:
        The exit status: 0, or 1 if any file failed, 2 if the command makes no sense, 130 if it was interrupted, 141
        if whoever read its output stopped reading.
    """
    chosen = _parser().parse_args(arguments)
    try:
        return _run(chosen)
    except UsageError as error:
        sys.stderr.write(f"foolscope: {error}\n")
        return MAKES_NO_SENSE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Python flushes standard output once more when it ends, and would complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_GONE


def _run(chosen: argparse.Namespace) -> int:
    status = 0
    for line in chosen.run(chosen):
        if "error" in line:
            status = SOME_FAILED
        _say(json.dumps(line) if chosen.json else chosen.text(line))  # ASCII, for names that are not UTF-8
    return status


def _say(text: str) -> None:
    """Prints a line at once; what the terminal's encoding cannot write is written as its number."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="foolscope", description="See what a small change of an image does.")
    commands = parser.add_subparsers(required=True)
    predict = commands.add_parser("predict", help="what a network sees in some pictures")
    predict.set_defaults(run=predict_pictures, text=text_of_prediction)
    attack = commands.add_parser("attack", help="what an attack makes a network see")
    attack.set_defaults(run=attack_pictures, text=text_of_attack)
    for each in (predict, attack):
        each.add_argument("images", nargs="+", metavar="IMAGE")
        add_options(each)
        each.add_argument("--device", default="auto", choices=("auto", "cuda", "mps", "cpu"))
        each.add_argument(
            "--move",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="move every picture first, as in right=-2 or permute=true; repeat (“foolscope list moves”)",
        )
    attack.add_argument("--attack", default="fgsm", choices=ATTACKS)
    attack.add_argument("--epsilon", default="2/255", help="8/255, 0.031 or 8 in L∞; pixel units in L2")
    attack.add_argument("--norm", default=Norm.LINF.value, choices=[each.value for each in Norm])
    attack.add_argument("--target", metavar="CLASS", help="name or number of the class that is wanted")
    attack.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="of the attack; repeat")
    attack.add_argument("--seed", type=read_seed, default=0, help="of every random choice, a whole number from 0 on")
    add_others(attack)
    attack.add_argument("--out", type=Path, metavar="FOLDER", help="save the pictures there and check the files")
    listing = commands.add_parser("list", help="what can be chosen")
    listing.set_defaults(run=list_choices, text=text_of_choice)
    listing.add_argument("what", choices=("models", "attacks", "moves"))
    fetch = commands.add_parser("download", help="put the weights of networks on this machine")
    fetch.set_defaults(run=download_networks, text=text_of_downloaded)
    add_networks(fetch)
    teach = commands.add_parser("teach", help="teach a network the classes of some folders of pictures")
    teach.set_defaults(run=teach_network, text=text_of_taught)
    add_arguments(teach)
    for each in (predict, attack, listing, fetch, teach):
        each.add_argument("--json", action="store_true", help="one JSON object a line")
    return parser
