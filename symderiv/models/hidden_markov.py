"""Hidden Markov models for the same searches: hidden tokens by a sequence model, each emitting an observed symbol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from symderiv.errors import ModelError
from symderiv.models.decoding import Prefix, SequenceModel, Steps, distribution


def observed(model: SequenceModel, emission: Mapping[str, Steps], seen: Sequence[str]) -> SequenceModel:
    """A hidden Markov model: token number k also emits ``seen[k]``; scores are joint probabilities (Rabiner 1989).

    Raises ModelError for log-probabilities, a token without a row of emissions, or an observation it cannot know.
    """
    if model.logarithmic:
        raise ModelError("hidden Markov model: give probabilities, not log-probabilities")
    rows = {token: distribution(row, f"emitted by {token!r}") for token, row in emission.items()}
    alphabet = {symbol for row in rows.values() for symbol in row}
    for symbol in seen:
        if symbol not in alphabet:
            raise ModelError(f"hidden Markov model: {symbol!r} is observed, but emitted are only {sorted(alphabet)}")

    def steps(prefix: Prefix) -> Steps:
        following = model.steps(prefix)
        missing = [token for token in following if token not in rows]
        if missing:
            raise ModelError(f"hidden Markov model: no emissions of {missing[0]!r}; add its row")
        return {t: p * rows[t].get(seen[len(prefix)], Fraction(0)) for t, p in following.items()}

    return SequenceModel(steps, len(seen), False, model.memory)
