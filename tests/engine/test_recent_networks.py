"""The networks used last stay loaded, within bounds."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from engine.models import recent
from engine.models.recent import RecentNetworks


def network(parameters: int = 1) -> Any:
    return SimpleNamespace(parameters_count=parameters)


def refuse() -> Any:
    raise AssertionError("it is loaded already")


def test_to_go_back_to_a_network_does_not_load_it_again() -> None:
    networks = RecentNetworks()
    first = networks.get("a", network)
    networks.get("b", network)
    assert networks.get("a", refuse) is first


def test_the_least_recently_used_network_is_forgotten_first() -> None:
    networks = RecentNetworks()
    kept = {name: networks.get(name, network) for name in "abcd"}
    networks.get("a", refuse)
    networks.get("e", network)
    assert all(networks.get(name, refuse) is kept[name] for name in "acd")
    assert networks.get("b", network) is not kept["b"]


def test_large_networks_are_not_kept_beside_each_other() -> None:
    networks = RecentNetworks()
    small = networks.get("small", network)
    large = networks.get("large", lambda: network(recent.MOST_PARAMETERS))
    assert networks.get("large", refuse) is large
    assert networks.get("small", network) is not small
