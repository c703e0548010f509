"""Replace symbols by forms inside a form, rebuilding every atom on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from symderiv.kernel import atoms
from symderiv.kernel.arithmetic import add, assemble, chain, multiply, place
from symderiv.kernel.determinants import det, logdet
from symderiv.kernel.forms import Form, number_form, payload_form, spell
from symderiv.kernel.matrices import inverse
from symderiv.kernel.networks import ONE, Factor, Head, Index
from symderiv.symbols import Symbol


def substitute(form: Form, images: Mapping[Symbol, Form]) -> Form:
    """The form with each symbol replaced by its image (a form over the symbol's slots)."""
    if not form.symbols & images.keys():
        return form
    result = Form({}, form.dims)
    for mono, c in form.terms.items():
        factors, _ = spell(mono)
        kept = [f for f in factors if not f[0].symbols & images.keys()]
        # the symbols themselves come first: where one becomes 0, so does the term (x·step(x) at x = 0)
        changed = sorted((f for f in factors if f[0].symbols & images.keys()), key=lambda f: f[0].payload not in images)
        bound = sorted({i for _, idx, _ in factors for i in idx if i[1] >= 0 and i != ONE}, key=lambda i: i[1])
        # bound indices become further slots while the factors are rebuilt one by one, and are summed at the end
        moves = {i: (i[0], -1 - len(form.dims) - k) for k, i in enumerate(bound)}
        dims = form.dims + tuple(i[0] for i in bound)
        total = assemble([(c, [_moved(f, moves) for f in kept])], dims)
        for f in changed:
            if total.is_zero:
                break
            h, idx, e = _moved(f, moves)
            total = multiply(total, place(_rebuilt(h, e, images), idx, dims), dims)
        back: list[Index] = [(d, -1 - k) if d != 1 else ONE for k, d in enumerate(form.dims)]
        summed = chain(total, number_form(1), [*back, *((i[0], k) for k, i in enumerate(bound))], [], form.dims)
        result = add(result, summed)
    return result


def _moved(f: Factor, moves: Mapping[Index, Index]) -> Factor:
    return (f[0], tuple(moves.get(i, i) for i in f[1]), f[2])


def _rebuilt(h: Head, e: int | Fraction, images: Mapping[Symbol, Form]) -> Form:
    """One factor with its symbols replaced, over its own slots."""
    if isinstance(h.payload, Symbol):
        return atoms.power(images[h.payload], e)
    make = MAKERS.get(h.kind)
    assert make is not None, h.kind
    inner = substitute(payload_form(h), images)
    return atoms.power(make(inner), e)


MAKERS: dict[str, Callable[[Form], Form]] = {
    "power": lambda u: u,
    "exp": atoms.exp,
    "log": atoms.log,
    "step": atoms.step,
    "sin": atoms.sine,
    "cos": atoms.cosine,
    "erf": atoms.erf,
    "inv": inverse,
    "logdet": logdet,
    "det": det,
}
