"""Encoder–decoder networks unrolled in time: what an output can depend on, and what the decoder is fed.

The unrolled network is a networkx graph whose nodes are pairs (kind, time step): ``source``, ``encoder``,
``backward`` (the right-to-left encoder), ``input`` (the decoder's tokens), ``decoder``, ``output``.  An output sees a
source token if and only if the token is an ancestor of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from symderiv.errors import LimitError, ModelError, UnknownNameError

if TYPE_CHECKING:
    import networkx

    Edges = list[tuple[tuple[str, int], tuple[str, int]]]

MAX_LENGTH = 2_000


def _encoder(n: int) -> Edges:
    reads = [(("source", t), ("encoder", t)) for t in range(1, n + 1)]
    return reads + [(("encoder", t), ("encoder", t + 1)) for t in range(1, n)]


def _reversed_encoder(n: int) -> Edges:
    """The same encoder fed with the last word first."""
    reads = [(("source", n + 1 - t), ("encoder", t)) for t in range(1, n + 1)]
    return reads + [(("encoder", t), ("encoder", t + 1)) for t in range(1, n)]


def _two_way_encoder(n: int) -> Edges:
    reads = [(("source", t), ("backward", t)) for t in range(1, n + 1)]
    return _encoder(n) + reads + [(("backward", t + 1), ("backward", t)) for t in range(1, n)]


def _side_by_side(n: int, m: int) -> Edges:
    """The exam's design: the last state of the encoder starts the decoder."""
    return [*_encoder(n), (("encoder", n), ("decoder", 1))]


def _reversed_source(n: int, m: int) -> Edges:
    return [*_reversed_encoder(n), (("encoder", n), ("decoder", 1))]


def _stacked(n: int, m: int) -> Edges:
    """The state of the encoder at t is an input of the decoder at t."""
    return _encoder(n) + [(("encoder", t), ("decoder", t)) for t in range(1, min(n, m) + 1)]


def _stacked_two_way(n: int, m: int) -> Edges:
    both = [((kind, t), ("decoder", t)) for kind in ("encoder", "backward") for t in range(1, min(n, m) + 1)]
    return _two_way_encoder(n) + both


def _attention(n: int, m: int) -> Edges:
    """Every decoder step may look at every encoder state."""
    looks = [(("encoder", t), ("decoder", u)) for t in range(1, n + 1) for u in range(1, m + 1)]
    return [*_encoder(n), (("encoder", n), ("decoder", 1)), *looks]


def _two_way(n: int, m: int) -> Edges:
    return [*_two_way_encoder(n), (("encoder", n), ("decoder", 1)), (("backward", 1), ("decoder", 1))]


def _context_everywhere(n: int, m: int) -> Edges:
    """The last encoder state is an input of every decoder step."""
    return _encoder(n) + [(("encoder", n), ("decoder", u)) for u in range(1, m + 1)]


DESIGNS: dict[str, Callable[[int, int], Edges]] = {
    "encoder_decoder": _side_by_side,
    "reversed_source": _reversed_source,
    "stacked": _stacked,
    "stacked_bidirectional": _stacked_two_way,
    "attention": _attention,
    "bidirectional": _two_way,
    "context_everywhere": _context_everywhere,
}


def unrolled(design: str, source_length: int, target_length: int) -> networkx.DiGraph:
    """The unrolled network of a design; raises UnknownNameError for an unknown one, ModelError for a length below 1.

    >>> visible_sources(unrolled("stacked", 4, 4), 2)
    (1, 2)
    """
    import networkx

    if design not in DESIGNS:
        raise UnknownNameError("design", design, DESIGNS)
    for name, length in (("source", source_length), ("target", target_length)):
        if length < 1:
            raise ModelError(f"the {name} length is {length}; it must be at least 1")
        if length > MAX_LENGTH:
            raise LimitError(f"the {name} length is {length}; at most {MAX_LENGTH} time steps are unrolled")
    graph = networkx.DiGraph()
    graph.add_nodes_from(("source", t) for t in range(1, source_length + 1))
    steps = range(1, target_length + 1)
    graph.add_edges_from((("input", u), ("decoder", u)) for u in steps)
    graph.add_edges_from((("decoder", u), ("output", u)) for u in steps)
    graph.add_edges_from((("decoder", u), ("decoder", u + 1)) for u in range(1, target_length))
    graph.add_edges_from(DESIGNS[design](source_length, target_length))
    return graph


def visible_sources(graph: networkx.DiGraph, output: int) -> tuple[int, ...]:
    """The source tokens an output depends on, as 1-based positions."""
    return _ancestors(graph, output, "source")


def visible_inputs(graph: networkx.DiGraph, output: int) -> tuple[int, ...]:
    """The decoder inputs an output depends on, as 1-based positions."""
    return _ancestors(graph, output, "input")


def path_length(graph: networkx.DiGraph, source: int, output: int) -> int | None:
    """The fewest edges from a source token to an output, None where there is no path."""
    import networkx

    try:
        return int(networkx.shortest_path_length(graph, ("source", source), ("output", output)))
    except networkx.NetworkXNoPath:
        return None


def needs_equal_lengths(design: str) -> bool:
    """Whether decoder steps beyond the source get nothing new from the encoder (source 2, target 3 shows it)."""
    graph = unrolled(design, 2, 3)
    fed = [any(kind in ("encoder", "backward") for kind, _ in graph.predecessors(("decoder", u))) for u in (1, 2, 3)]
    return fed == [True, True, False]


def decoder_inputs(
    tokens: Sequence[str], length: int | None = None, sos: str = "<sos>", eos: str = "<eos>", pad: str = "<pad>"
) -> tuple[str, ...]:
    """The tokens fed to the decoder: ``sos``, then the tokens one place later, cut or padded to ``length``.

    In training the tokens are the reference (teacher forcing), in generation what was emitted.

    >>> decoder_inputs(["I", "see"], 3)
    ('<sos>', 'I', 'see')
    """
    return _sequence([sos, *tokens], _length(tokens, length), eos, pad)


def targets(
    reference: Sequence[str], length: int | None = None, eos: str = "<eos>", pad: str = "<pad>"
) -> tuple[str, ...]:
    """The tokens the decoder is trained to emit: the reference and ``eos``, cut or padded to ``length``.

    >>> targets(["I", "see"])
    ('I', 'see', '<eos>')
    """
    return _sequence(list(reference), _length(reference, length), eos, pad)


def scheduled_inputs(
    reference: Sequence[str], sampled: Sequence[str], use_reference: Sequence[bool], sos: str = "<sos>"
) -> tuple[str, ...]:
    """Scheduled sampling: after ``sos``, place t+1 is fed the reference's or the model's token t.

    >>> scheduled_inputs(["I", "see"], ["I", "saw"], [True, False])
    ('<sos>', 'I', 'saw')
    """
    count = len(use_reference)
    if count > min(len(reference), len(sampled)):
        raise ModelError(f"{count} choices for {len(reference)} reference and {len(sampled)} sampled tokens")
    chosen = zip(use_reference, reference, sampled, strict=False)
    return (sos, *(truth if teacher else own for teacher, truth, own in chosen))


def _ancestors(graph: networkx.DiGraph, output: int, kind: str) -> tuple[int, ...]:
    import networkx

    node = ("output", output)
    if node not in graph:
        raise ModelError(f"there is no output {output}; the graph has {sum(k == 'output' for k, _ in graph)}")
    return tuple(sorted(t for k, t in networkx.ancestors(graph, node) if k == kind))


def _length(tokens: Sequence[str], length: int | None) -> int:
    if length is not None and length < 1:
        raise ModelError(f"the decoder has {length} time steps; it needs at least 1")
    return len(tokens) + 1 if length is None else length


def _sequence(tokens: list[str], length: int, eos: str, pad: str) -> tuple[str, ...]:
    whole = [*tokens, eos, *[pad] * length]
    return tuple(whole[:length])
