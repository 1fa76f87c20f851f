"""Which pane goes where: three plans, chosen by the size of the terminal, and the arithmetic that fills it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass

from textual.geometry import Region, Size

HEADER = 2
MINIMUM = Size(40, 12)
"""Below this there is one message instead of panes."""


@dataclass(frozen=True)
class Leaf:
    """A pane; `least` is the cells it wants at least, along the direction of its box, and `weight` its share."""

    pane: str
    weight: int
    least: int = 3


@dataclass(frozen=True)
class Box:
    across: bool  # children side by side, else one above the other
    weight: int
    children: tuple[Node, ...]
    least: int = 3


Node = Leaf | Box


def beside(weight: int, *children: Node, least: int = 3) -> Box:
    return Box(True, weight, children, least)


def above(weight: int, *children: Node, least: int = 3) -> Box:
    return Box(False, weight, children, least)


SMALL = above(
    1,
    beside(8, Leaf("data", 46, 30), Leaf("time", 34, 24), least=7),
    beside(8, Leaf("metrics", 46, 30), above(34, Leaf("findings", 4), Leaf("devices", 3), Leaf("host", 4), least=24)),
    Leaf("output", 5),
)

MEDIUM = above(
    1,
    beside(10, Leaf("data", 64, 30), Leaf("time", 56, 24), least=10),
    beside(15, Leaf("metrics", 72, 30), above(48, Leaf("findings", 8, 5), Leaf("devices", 5, 4), Leaf("host", 6, 5))),
    Leaf("output", 10, 4),
)

LARGE = above(
    1,
    beside(
        46,
        above(8, Leaf("data", 13, 11), Leaf("time", 12, 10), Leaf("findings", 14, 6)),
        above(13, Leaf("metrics", 1)),
        above(8, Leaf("devices", 14, 5), Leaf("host", 11, 8)),
    ),
    Leaf("output", 20, 6),
)


@dataclass(frozen=True)
class Plan:
    """`boxed` panes have a whole frame, else a rule above only."""

    tree: Box
    boxed: bool


def plan_for(size: Size) -> Plan:
    if size.width >= 180 and size.height >= 48:
        return Plan(LARGE, True)
    if size.width >= 110 and size.height >= 34:
        return Plan(MEDIUM, True)
    return Plan(SMALL, False)


def arrange(tree: Node, region: Region, shown: Container[str]) -> dict[str, Region]:
    """The region of each pane that is shown; those that are not leave their room to their neighbours."""
    if isinstance(tree, Leaf):
        return {tree.pane: region} if tree.pane in shown else {}
    children = [child for child in tree.children if any(pane in shown for pane in panes_of(child))]
    lengths = share(region.width if tree.across else region.height, children)
    regions: dict[str, Region] = {}
    at = region.x if tree.across else region.y
    for child, length in zip(children, lengths, strict=True):
        part = (
            Region(at, region.y, length, region.height) if tree.across else Region(region.x, at, region.width, length)
        )
        regions |= arrange(child, part, shown)
        at += length
    return regions


def panes_of(node: Node) -> Iterable[str]:
    if isinstance(node, Leaf):
        return [node.pane]
    return [pane for child in node.children for pane in panes_of(child)]


def share(total: int, nodes: Sequence[Node]) -> list[int]:
    """`total` cells by weight, none below its `least` as long as there is room; they add up to `total`."""
    if not nodes:
        return []
    weight = sum(node.weight for node in nodes)
    lengths = [total * node.weight // weight for node in nodes]
    lengths[-1] += total - sum(lengths)
    for index, node in enumerate(nodes):
        while lengths[index] < node.least:
            spare = [i for i, other in enumerate(nodes) if lengths[i] > other.least]
            if not spare:
                break
            lengths[max(spare, key=lambda i: lengths[i] - nodes[i].least)] -= 1
            lengths[index] += 1
    return lengths
