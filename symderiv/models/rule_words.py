"""Update rules written for people, turned into the rule language.

Two spellings are read: formulas with a running index (``s_i + W1*sum_j tanh(W2*m_j)``, ``max(s, m_1, ..., m_n)``) and a
small table of phrases (``componentwise product of W_j*m_j with W1=I, W2=[[0,1],[1,0]]``).  The result is text of
``rule_language``; a rule that fits neither is refused, never guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import sympy as sp

from symderiv.errors import ModelError, ReadingError, shorten
from symderiv.models.rule_functions import Value
from symderiv.models.rule_language import evaluate_rule, parse_rule

INDEX = "j_"


@dataclass(frozen=True)
class Program:
    """A rule as text of the rule language, and the constants it defines."""

    text: str
    constants: dict[str, Value]


# phrase -> program around {body}; the first that fits wins
AGGREGATES: tuple[tuple[str, str], ...] = (
    (r"(?:det|determinant) of (?:the )?(?:matrix )?product of", "det(prod([{body}]))"),
    (r"(?:trace|tr) of (?:the )?(?:matrix )?product of", "trace(prod([{body}]))"),
    (r"(?:det|determinant) of (?:the )?sum of", "det(sum([{body}]))"),
    (r"(?:component|element|entry)-?\s?wise (?:product|multiplication) of|hadamard product of", "hadamard([{body}])"),
    (r"(?:(?:component|element|entry)-?\s?wise )?max(?:imum)? (?:of|over)", "max([{body}])"),
    (r"(?:(?:component|element|entry)-?\s?wise )?min(?:imum)? (?:of|over)", "min([{body}])"),
    (r"(?:ordered |matrix )?product (?:of|over)", "prod([{body}])"),
    (r"alternating sum (?:of|over)", "sum([(-1)**j_*({one}) for j_ in range(len(m))])"),
    (r"(?:mean|average) (?:of|over)", "sum([{body}])/len(m)"),
    (r"median (?:of|over)", "median([{body}])"),
    (r"variance (?:of|over)", "var([{body}])"),
    (r"(?:sum|total) (?:of|over)", "sum([{body}])"),
    (r"concatenat(?:e|ion|ing)(?: of)?|concat(?: of)?|stack(?:ing)? of", "concat([{body}])"),
    (r"first (?:neighbou?r|message)(?:'s message)?", "m[0]"),
    (r"last (?:neighbou?r|message)(?:'s message)?", "m[len(m)-1]"),
)  # fmt: skip
RECURRENT = re.compile(r"\b(lstm|gru|rnn|recurrent|fold|scan|sequential(?:ly)?)\b", re.I)
SYMBOL = r"[A-Za-z](?:\d|_\{?\w+\}?)?(?:\^T|\.T)?"
ADJACENT = re.compile(
    rf"(?<![A-Za-z_])({SYMBOL}|\)|\]|\d)\s+"
    rf"(?={SYMBOL}(?![A-Za-z_(])|(?:sum|prod|max|min|mean|softmax)_|tanh\(|exp\()"
)
RUNNING = re.compile(
    r"\b(sum|prod|max|min|mean|median|hadamard|concat)_\{?j"
    r"(?:\s*(?:=\s*1|in\s*\w+(?:\(i\))?))?\}?(?:\^\{?n_?i?\}?)?"
)
FILLERS = "of|over|in|the|all|its|order|neighbou?rs?|messages?|states?|node|i|as|matrices|scalars|vectors"
MESSAGES = re.compile(
    r"^(?:the |all |its |scalar |matrix |sorted )*(?:neighbou?r(?:ing|s)?(?:'s?)? ?)?"
    rf"(?:messages?|states?|neighbou?rs?|m_j|m)?(?:,? (?:{FILLERS}))*(?: ?\(.*\))?$",
    re.I,
)


def read_words(text: str, degree: int) -> Program:
    """The program of a rule in words or in a formula with a running index; ModelError if it is neither.

    >>> read_words("s + sum_j w_j*m_j", 3).text
    's + sum([w[j_]*m[j_] for j_ in range(len(m))])'
    """
    body, constants = _definitions(text)
    body = re.sub(r"^\s*s(?:_i)?(?:\^\w+)?\s*(?:=|<-)\s*", "", body).strip()
    bare = re.sub(r"^(?:(?!sum|prod|max|min|mean|tanh|exp|trace|det|relu)[A-Za-z]{3,}[ :]+)+", "", body)
    spoken = re.sub(r"^(?:(?!sum|max|min|mean|tanh|exp|trace|det|relu)[A-Za-z]{3,}[ :]+)+", "", body)
    for candidate, words in ((_formula, body), (_phrase, body), (_formula, bare), (_formula, spoken)):
        program = candidate(words, degree)
        if program is not None:
            return Program(program, constants)
    raise ModelError(f"the rule {shorten(text)!r} cannot be read; give it as rule_py, for example 's + sum(m)'")


def _definitions(text: str) -> tuple[str, dict[str, Value]]:
    """Split off ``with W1=I, W2=[[0,1],[1,0]]``; numbered names become the list W."""
    constants: dict[str, Value] = {}
    numbered: dict[str, dict[int, Value]] = {}
    found = list(re.finditer(r"\b([A-Za-z]+)_?(\d*)\s*=\s*(I\b|\[\[.*?\]\]|\[[^\[\]]*\]|-?\d+(?:/\d+)?)", text))
    for match in found:
        name, number, value = match[1], match[2], match[3]
        matrix: Value = "I" if value == "I" else evaluate_rule(value, {})
        if isinstance(matrix, list):
            matrix = sp.Matrix(matrix)
        if number:
            numbered.setdefault(name, {})[int(number)] = matrix
        else:
            constants[name] = matrix
    for name, entries in numbered.items():
        constants[name] = [entries[k] for k in sorted(entries)]
    if found:
        text = re.split(r"\s*\b(?:with|where|for)\b\s", text[: found[0].start()])[0].rstrip(" ,;(:")
    return text, constants


def _formula(text: str, degree: int) -> str | None:
    """A formula with sum_j …, m_1, …, m_n and an ellipsis."""
    text = re.sub(r"\s{2,}\(.*\)\s*$|\s\([^()]*[a-z]{4,}[^()]*\)\s*$", "", text).strip()
    text = _softmax(ADJACENT.sub(r"\1*", text).replace("^T", ".T").replace("^", "**"))
    text = _ellipsis(text)
    while True:
        found = RUNNING.search(text)
        if found is None:
            break
        stop = _operand_end(text, found.end())
        operand = text[found.end() : stop].strip()
        inner = _running(operand)
        call = f"{found[1]}([{inner} for {INDEX} in range(len(m))])"
        text = text[: found.start()] + call + text[stop:]
    text = re.sub(r"\bs_i\b", "s", text)
    text = re.sub(r"\bn_i\b", "len(m)", text)
    text = re.sub(r"\b[mM]_(\d+)\b", lambda k: f"m[{int(k[1]) - 1}]", text)
    text = re.sub(r"\b[mM]_n(?:_i)?\b", "m[len(m)-1]", text)
    text = re.sub(r"\b([WwA])_(\d+)\b", lambda k: f"{k[1]}[{int(k[2]) - 1}]", text)
    try:
        parse_rule(text)
    except ReadingError:
        return None
    mentions_messages = re.search(r"\bm\b", text) is not None
    return text if mentions_messages or re.fullmatch(r"[\w\s+*/().-]*\bs\b[\w\s+*/().-]*", text) else None


def _phrase(text: str, degree: int) -> str | None:
    """The first phrase of the table, with what follows it as the body."""
    lowered = text.strip().rstrip(".")
    if RECURRENT.search(lowered):
        state = "0"
        for j in range(degree):
            state = f"tanh(m[{j}] + 2*({state}))"
        return state
    for pattern, program in AGGREGATES:
        found = re.search(rf"\b(?:{pattern})", lowered, re.I)
        if found is None:
            continue
        before, after = lowered[: found.start()], lowered[found.end() :]
        one = _body(after)
        if one is None:
            continue
        made = program.format(body=f"{one} for {INDEX} in range(len(m))", one=one)
        return _prefixed(before, made)
    return None


def _body(text: str) -> str | None:
    """The running term of a phrase: ``W_j*m_j``, ``W m_j`` or the bare messages."""
    text = re.sub(r"^\s*(?:the|all)\s+", "", text.strip(" :,"))
    if not text or MESSAGES.match(text):
        return f"m[{INDEX}]"
    text = re.split(r"\s{2,}|\s+(?:over|for|of|where|in)\s", text)[0]
    candidate = _running(re.sub(r"\b([WwA]\w*)\s+(m_j)", r"\1*\2", text))
    try:
        parse_rule(candidate)
    except ReadingError:
        return None
    return candidate if "m[" in candidate else None


def _prefixed(before: str, made: str) -> str:
    """Keep an arithmetic prefix such as ``s + `` or ``s * ``."""
    before = re.sub(r"\b(?:the|a|plus)\s*$", "", before).strip()
    before = re.sub(r"\bs_i\b", "s", before)
    found = re.search(r"((?:[\w.]+\s*\*\s*)*\bs\s*[+*-])\s*$", before)
    return f"{found[1]} {made}" if found else made


def _running(text: str) -> str:
    """``W_j`` as W[j_], ``j`` as the position counted from 1."""
    text = re.sub(r"\b([A-Za-z]+)_\{?(?:i,)?j\}?", rf"\1[{INDEX}]", text)
    text = re.sub(r"\b[sM]\[j_\]", f"m[{INDEX}]", text)
    return re.sub(r"(?<![\w.])j(?!\w)", f"({INDEX}+1)", text)


def _softmax(text: str) -> str:
    """``softmax_j(e_j)`` as exp(e_j) over the sum of exp(e_k)."""
    while found := re.search(r"\bsoftmax_\{?j\}?\s*\(", text):
        stop = _closing(text, found.end())
        score = text[found.end() : stop]
        other = _running(score).replace(INDEX, "k_")
        weight = f"(exp({score})/sum([exp({other}) for k_ in range(len(m))]))"
        text = text[: found.start()] + weight + text[stop + 1 :]
    return text


def _ellipsis(text: str) -> str:
    """``w*m_1, w*m_2, ..., w*m_n`` as one starred comprehension."""
    found = re.search(r"([^,(]*?m_1[^,]*),(?:[^,]*,)*?\s*(?:\.\.\.|…)\s*,\s*([^,()]*m_n(?:_i)?[^,()]*)", text)
    if found is None:
        return text
    term = _running(re.sub(r"_1\b", "_j", found[1].strip()))
    return text[: found.start()] + f" *[{term} for {INDEX} in range(len(m))]" + text[found.end() :]


def _closing(text: str, start: int) -> int:
    """The bracket that closes the one just before ``start``."""
    depth = 1
    for place in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return place
    return len(text)


def _operand_end(text: str, start: int) -> int:
    """Where the operand of sum_j ends: at + or - or a comma or a bracket on its own level."""
    depth, seen = 0, False
    for place in range(start, len(text)):
        letter = text[place]
        if letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth -= 1
            if depth < 0:
                return place
        elif depth == 0 and (letter == "," or letter in "+-" and seen and text[place - 1] not in "*e("):
            return place
        seen = seen or not letter.isspace()
    return len(text)


