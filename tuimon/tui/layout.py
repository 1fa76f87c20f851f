"""Which pane goes where: plans chosen by the size of the terminal, and the arithmetic that fills it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import NamedTuple

from textual.geometry import Region, Size

NOTHING: Mapping[str, int] = {}

MINIMUM = Size(40, 12)
"""Below this there is one message instead of panes."""


class Leaf(NamedTuple):
    """A pane; `least` is the cells it wants at least, along the direction of its box, and `weight` its share."""

    pane: str
    weight: int
    least: int = 3


class Box(NamedTuple):
    across: bool  # children side by side, else one above the other
    weight: int
    children: tuple[Node, ...]
    least: int = 3


Node = Leaf | Box


def beside(weight: int, *children: Node, least: int = 3) -> Box:
    return Box(True, weight, children, least)


def above(weight: int, *children: Node, least: int = 3) -> Box:
    return Box(False, weight, children, least)


TINY = above(1, Leaf("data", 5, 4), Leaf("findings", 2, 2), Leaf("metrics", 6, 3))

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


class Plan(NamedTuple):
    """`boxed` panes have a whole frame, else a rule above only."""

    tree: Box
    boxed: bool


def plan_for(size: Size) -> Plan:
    if size.width >= 180 and size.height >= 48:
        return Plan(LARGE, True)
    if size.width >= 110 and size.height >= 34:
        return Plan(MEDIUM, True)
    if size.width >= 70 and size.height >= 17:
        return Plan(SMALL, False)
    return Plan(TINY, False)


Wants = Mapping[str, int]
"""Rows that a pane needs now for what it has to show."""


def arrange(tree: Node, region: Region, shown: Container[str], wants: Wants = NOTHING) -> dict[str, Region]:
    """The region of each pane that is shown; those that are not leave their room to their neighbours."""
    if isinstance(tree, Leaf):
        return {tree.pane: region} if tree.pane in shown else {}
    children = [child for child in tree.children if any(pane in shown for pane in panes_of(child))]
    if tree.across:
        lengths = share(region.width, [(child.weight, child.least) for child in children])
    else:
        lengths = share(region.height, [(child.weight, max(child.least, rows_for(child, wants))) for child in children])
    regions: dict[str, Region] = {}
    at = region.x if tree.across else region.y
    for child, length in zip(children, lengths, strict=True):
        part = (
            Region(at, region.y, length, region.height) if tree.across else Region(region.x, at, region.width, length)
        )
        regions |= arrange(child, part, shown, wants)
        at += length
    return regions


def panes_of(node: Node) -> Iterable[str]:
    if isinstance(node, Leaf):
        return [node.pane]
    return [pane for child in node.children for pane in panes_of(child)]


def rows_for(node: Node, wants: Wants) -> int:
    """Rows that this part of the page needs to give each pane what it wants; 0 when none wants any."""
    if isinstance(node, Leaf):
        return wants.get(node.pane, 0)
    needs = [rows_for(child, wants) for child in node.children]
    if node.across or not any(needs):
        return max(needs, default=0)
    return sum(max(need, child.least) for need, child in zip(needs, node.children, strict=True))


def share(total: int, parts: Sequence[tuple[int, int]]) -> list[int]:
    """`total` cells by weight, none below its least as long as there is room; they add up to `total`."""
    if not parts:
        return []
    weights = sum(weight for weight, _ in parts)
    lengths = [total * weight // weights for weight, _ in parts]
    lengths[-1] += total - sum(lengths)
    for index, (_, least) in enumerate(parts):
        while lengths[index] < least:
            spare = [i for i, (_, other) in enumerate(parts) if lengths[i] > other]
            if not spare:
                break
            lengths[max(spare, key=lambda i: lengths[i] - parts[i][1])] -= 1
            lengths[index] += 1
    return lengths
