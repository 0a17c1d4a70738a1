"""Upper bound of a program's stack from what gcc writes with ``-fcallgraph-info=su``.

gcc leaves one ``.ci`` file per source: a node per function with its frame size, an edge per
call. The bound is the largest sum of frames along any chain of calls from the start-up code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["StackBound", "stack_bound"]

_NODE = re.compile(r'^node: \{ title: "(?P<title>[^"]+)" label: "(?P<label>[^"]*)"')
_EDGE = re.compile(r'^edge: \{ sourcename: "(?P<caller>[^"]+)" targetname: "(?P<callee>[^"]+)"')
_FRAME = re.compile(r"\\n(?P<bytes>\d+) bytes \((?P<kind>[a-z,]+)\)")
_INDIRECT = "__indirect_call"


@dataclass(frozen=True)
class StackBound:
    """How deep the stack can get, counted from the start-up code.

    Parameters
    ----------
    stack_bytes : int or None
        Bytes along the deepest chain of calls; None if no bound exists.
    chain : tuple of str
        That chain, outermost first; or the chain that has no bound.
    reason : str
        Why there is no bound; empty if there is one.

    Notes
    -----
    Assembler functions and libgcc's arithmetic (multiplication and division that the processor
    lacks; up to about 32 bytes) are not in gcc's graph and count as zero. A call in tail position
    gives its frame back first, so the bound may exceed what a run measures.
    """

    stack_bytes: int | None
    chain: tuple[str, ...]
    reason: str = ""


@dataclass
class _CallGraph:
    """Frames in bytes and callees by function; functions whose frame is not constant."""

    frames: dict[str, int]
    callees: dict[str, set[str]]
    unbounded: set[str]


def stack_bound(call_graph_files: Iterable[Path], roots: Sequence[str]) -> StackBound:
    """Sum the frames along the deepest chain of calls.

    Parameters
    ----------
    call_graph_files : iterable of Path
        The ``.ci`` files of all sources of one program.
    roots : sequence of str
        Functions where the stack may begin; the first that gcc compiled counts (some targets
        begin in assembler).

    Returns
    -------
    StackBound
    """
    graph = _read(call_graph_files)
    begin = next((root for root in roots if root in graph.frames), None)
    if begin is None:
        return StackBound(None, (), f"none of {', '.join(roots)} was compiled")
    return _deepest(graph, begin, (), {})


def _read(call_graph_files: Iterable[Path]) -> _CallGraph:
    """Merge the graphs of all sources."""
    graph = _CallGraph({}, {}, set())
    for line in _lines(call_graph_files):
        if edge := _EDGE.match(line):
            graph.callees.setdefault(edge["caller"], set()).add(edge["callee"])
        elif (node := _NODE.match(line)) and (frame := _FRAME.search(node["label"])):
            graph.frames[node["title"]] = int(frame["bytes"])
            if frame["kind"] == "dynamic":
                graph.unbounded.add(node["title"])
    return graph


def _lines(paths: Iterable[Path]) -> Iterator[str]:
    """Yield the lines of all files."""
    for path in paths:
        yield from path.read_text(encoding="utf-8").splitlines()


def _deepest(
    graph: _CallGraph,
    function: str,
    callers: tuple[str, ...],
    known: dict[str, StackBound],
) -> StackBound:
    """Bound one function and everything it calls; ``callers`` are on the stack already."""
    if function in known:
        return known[function]
    chain = (*callers, function)
    if function in callers:
        return StackBound(None, chain, "recursion")
    if function == _INDIRECT:
        return StackBound(None, chain, "call through a function pointer")
    if function in graph.unbounded:
        return StackBound(None, chain, "frame of variable size")
    below = _worst(
        {
            callee: _deepest(graph, callee, chain, known)
            for callee in sorted(graph.callees.get(function, ()))
        }
    )
    if below.stack_bytes is None:
        return below
    own = graph.frames.get(function, 0)
    known[function] = StackBound(own + below.stack_bytes, (function, *below.chain))
    return known[function]


def _worst(bounds: Mapping[str, StackBound]) -> StackBound:
    """Pick the callee without a bound, else the deepest; an empty bound if nothing is called."""
    worst = StackBound(0, ())
    for bound in bounds.values():
        if bound.stack_bytes is None:
            return bound
        if worst.stack_bytes is None or bound.stack_bytes > worst.stack_bytes:
            worst = bound
    return worst
