"""Update rules written for people, turned into the rule language.

Two spellings are read: formulas with a running index (``s_i + W1*sum_j tanh(W2*s_j)``, ``max(s, m_1, ..., m_n)``, also
in LaTeX) and the phrases of ``rule_phrases`` (``componentwise product of W_j*m_j with W1=I, W2=[[0,1],[1,0]]``).  The
result is text of ``rule_language``; a rule that fits neither is refused, never guessed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass

from symderiv.errors import LimitError, ModelError, ReadingError, shorten
from symderiv.models.rule_definitions import agree, definitions
from symderiv.models.rule_functions import Value
from symderiv.models.rule_language import parse_rule
from symderiv.models.rule_phrases import read_phrase
from symderiv.models.rule_remarks import candidates, without_lead
from symderiv.models.rule_spelling import plain

INDEX = "j_"
MAX_WORDS = 1_000


@dataclass(frozen=True)
class Program:
    """A rule as text of the rule language, and the constants it defines."""

    text: str
    constants: dict[str, Value]


RECURRENT = re.compile(
    r"(?:an? |the )?(?:(?:output|final state|last (?:hidden )?state) of (?:an? |the )?)?(?:lstm|gru|rnn|recurrent net)"
    r"(?:work)?(?: (?:cell|network|applied|run|fed))?(?: (?:over|to|on|through|with|along))? (?:the |all )?"
    r"(?P<sorted>sorted )?"
    r"(?:neighbou?r(?:s|ing)?(?:'s?)? ?)?(?:messages?|states?)?(?: (?:of|over) the neighbou?rs)?"
    r"(?:,? (?:in|one after the other|sequentially|the|given|listed|some|their|order))*",
    re.I,
)
ELLIPSES = (
    (re.compile(r"([^,(\[]*?m_1[^,]*),(?:[^,]*,)*?\s*\.\.\.\s*,\s*([^,()\[\]]*m_n(?:_i)?[^,()\[\]]*)"), " *{}"),
    (re.compile(r"([^-+,()\[\]]*m_1)\s*\+(?:[^-+,()]*\+)*\s*\.\.\.\s*\+\s*([^-+,()\[\]]*m_n(?:_i)?)(?!\w|\s*[*/.])"),
     " sum({})"),
    (re.compile(r"((?:\w+\*)?m_1)\*(?:[\w*]+\*)?\s*\.\.\.\s*\*((?:\w+\*)?m_n(?:_i)?)(?!\w|\*\*|\.)"), " prod({})"),
    (re.compile(r"(m_1)\*(?:[\w*]+\*)?\s*\.\.\.\s*\*(m_n(?:_i)?)(?!\w|\*\*|\.)"), " prod({})"),
)  # fmt: skip
# what is made of every order of the messages
ALL_ORDERS = re.compile(
    r"(?:the )?(?P<kind>sum|mean|average) (?:over|of) all (?:the )?(?:n! |\d+! )?(?:orders|orderings|permutations)"
    r"(?: (?:p|pi|π))?(?: of (?:the )?(?:neighbou?rs|messages))?,? of (?:the )?(?P<rest>.+)",
    re.I,
)
TWICE = re.compile(r"\s*[,:=]\s*|\s+(?=(?:sum|prod|max|min|mean)_)")
SYMBOL = r"[A-Za-z](?:\d|_\{?\w+\}?)?(?:\^T|\.T)?"
ADJACENT = re.compile(
    rf"((?<![A-Za-z_.])(?:{SYMBOL}|(?:deg|edge|alpha|beta)_j|\d)|\)|\])\s+"
    rf"(?=\(|{SYMBOL}(?![A-Za-z_(])|(?:sum|prod|max|min|mean|softmax|deg|edge|alpha|beta)_|(?:degree|tanh|exp|relu|sigmoid|sqrt|sum|max|min)\()"
)
AGGREGATES = r"sum|prod|max|min|mean|median|hadamard|concat|var|std|list|logsumexp"
RUNNING = re.compile(
    rf"\b({AGGREGATES})_(?:(?:\{{\s*)?\(?(?P<one>[ijk])\s*(?P<relation><|!=|,)\s*(?P<other>[jkn])\)?(?:\s*\}})?"
    r"|(?P<index>[jk])(?!\w))"
)
# aggregates that stand alone are words of a phrase, not names of a formula
UNREAD = re.compile(r"\b(?:mean|average|sum|max|min|median|range|std|variance|product)\b(?!\s*\()")
ALL_PAIRS = re.compile(
    r"\b(sum|product|max|min|mean) (?:over|of) (?:all )?(?:the )?(?:ordered |unordered )?(?:pairs )?"
    r"\(?([ijk])\s*(<|!=)\s*([jk])\)?(?: of|:)? "
)
PAIRS_BEHIND = re.compile(
    r"\bsum of (?:all |the )?(?:ordered |unordered )?(?:pairwise )?(?:products? |terms? )?(\S.*) (?:over|for) "
    r"(?:all )?(?:the )?(?:ordered |unordered )?(?:pairs )?([ij])\s*(<|!=)\s*([jk])$"
)


def read_words(text: str, degree: int) -> Program:
    """The program of a rule in words or in a formula with a running index; ModelError if it is neither.

    >>> read_words("s + sum_j w_j*m_j", 3).text
    's + sum([w[j_]*m[j_] for j_ in range(len(m))])'
    """
    if len(text) > MAX_WORDS:
        raise LimitError(f"a rule in words of {len(text)} characters; at most {MAX_WORDS} are read")
    found = definitions(plain(text))
    if found is not None:
        body, constants = found
        body = re.sub(r"^\s*(?:new\s+)?[sh](?:_i)?(?:\^\w+|')?\s*(?:=(?!=)|<-|:=)\s*", "", body).strip()
        for candidate in candidates(body):
            for reader in (_formula, _spoken):
                program = reader(candidate, degree)
                if program is not None:
                    return Program(program, constants)
        named = without_lead(body)
        program = _formula(named) if "m_" in named.lower() and not re.search(r",(?![^(]*\))", named) else None
        if program is None:
            program = _said_twice(body, degree, constants)
        if program is not None:
            return Program(program, constants)
    raise ModelError(f"the rule {shorten(text)!r} cannot be read; give it as rule_py, for example 's + sum(m)'")


def _said_twice(body: str, degree: int, constants: Mapping[str, Value]) -> str | None:
    """A rule in words and again as a formula, ``trace of the product of the messages, tr(m_1*m_2)``.

    None unless both can be read and agree on messages of one of the usual shapes.
    """
    for joint in TWICE.finditer(body):
        said, written = _spoken(body[: joint.start()], degree), _formula(body[joint.end() :])
        if said and written and agree(said, written, degree, constants):
            return written
    return None


def _formula(text: str, degree: int = 0) -> str | None:
    """A formula with sum_j …, m_1, …, m_n and an ellipsis; None for anything else."""
    text = re.sub(r"\s{2,}\(.*\)\s*$", "", text).strip()
    text = re.sub(r"\s*\*\s*", "*", text)
    text = _softmax(ADJACENT.sub(r"\1*", text).replace("^T", ".T").replace("^", "**"))
    text = _order_statistics(_ellipsis(text))
    text = _mixed(text)
    text = re.sub(r"\bs_i\b", "s", text)
    if not re.search(r"\bm(?:_|\b)", text):  # the states of the neighbours are their messages
        text = re.sub(r"\b[hx]_([jk])\b", r"m_\1", re.sub(r"\bh_i\b", "s", text))
    while found := list(RUNNING.finditer(text)):
        text = _summed(text, found[-1])
    text = re.sub(r"\bn_i\b", "len(m)", text)
    text = re.sub(r"\b[mM]_(\d+)\b", lambda k: f"m[{int(k[1]) - 1}]", text)
    text = re.sub(r"\b[mM]_n(?:_i)?\b", "m[len(m)-1]", text)
    text = re.sub(r"\b([WwA])_(\d+)\b", lambda k: f"{k[1]}[{int(k[2]) - 1}]", text)
    try:
        tree = parse_rule(text)
    except ReadingError:
        return None
    if UNREAD.search(text) or _joins_values(tree):
        return None
    mentions_messages = re.search(r"\bm\b", text) is not None
    return text if mentions_messages or re.fullmatch(r"[\w\s+*/().-]*\bs\b[\w\s+*/().-]*", text) else None


def _joins_values(tree: ast.expr) -> bool:
    """Whether "and" or "or" stands between values, as in prose, and not between conditions."""
    joints = [n for n in ast.walk(tree) if isinstance(n, ast.BoolOp)]
    return any(not isinstance(v, (ast.Compare, ast.BoolOp, ast.UnaryOp)) for n in joints for v in n.values)


def _summed(text: str, found: re.Match[str]) -> str:
    """One aggregate over a running index, or over pairs of them, as a call over a comprehension."""
    stop = _operand_end(text, found.end())
    operand = text[found.end() : stop].strip()
    every = "range(len(m))"
    if found["index"]:
        letters = found["index"]
        loops = f"for {letters}_ in {every}"
    elif found["other"] == "n":
        letters = found["one"]
        loops = f"for {letters}_ in range(len(m)-1)"
    else:
        letters = found["one"] + found["other"]
        loops = " ".join(f"for {letter}_ in {every}" for letter in letters)
        if found["relation"] != ",":
            loops += f" if {found['one']}_ {found['relation']} {found['other']}_"
    for letter in letters:
        operand = _running(operand, letter)
    return f"{text[: found.start()]}{found[1]}([{operand} {loops}]){text[stop:]}"


def _mixed(text: str) -> str:
    """``W*concat(…)`` and ``W*[m_1; m_2]`` as some function of the whole: the weight has a block for every place."""
    text = re.sub(r"\[([^\[\];]*(?:;[^\[\];]*)+)\]", lambda k: f"concat({k[1].replace(';', ',')})", text)
    while found := re.search(r"\b[Ww]\d?\s*[*@]?\s*concat\(", text):
        stop = _closing(text, found.end())
        text = f"{text[: found.start()]}MLP(concat({text[found.end() : stop]})){text[stop + 1 :]}"
    return text


def _order_statistics(text: str) -> str:
    """``m_(j)`` and ``sorted(m)_j`` as the j-th smallest message."""
    text = re.sub(
        r"\b(?:m_\{?\(([jk])\)\}?|m_\{?\[([jk])\]\}?|sort(?:ed)?\(m(?:_j)?\)_([jk]))(?!\w)",
        lambda k: f"sorted(m)[{k[1] or k[2] or k[3]}_]",
        text,
    )
    text = re.sub(r"\bm_\{?\((\d+)\)\}?", lambda k: f"sorted(m)[{int(k[1]) - 1}]", text)
    return re.sub(r"\bm_\{?\(n(?:_i)?\)\}?", "sorted(m)[len(m)-1]", text)


def _spoken(text: str, degree: int) -> str | None:
    """A rule in words, or in words and formulas."""
    recurrent = RECURRENT.fullmatch(text.strip().rstrip("."))
    if recurrent:
        messages = "sorted(m)" if recurrent["sorted"] else "m"
        state = "0"
        for j in range(degree):
            state = f"tanh({messages}[{j}] + 2*({state}))"
        return state
    if orders := ALL_ORDERS.fullmatch(text.strip()):
        rest = re.sub(r"\bm_\{?(?:p|pi|π)\(?(\d)\)?\}?", r"m_\1", orders["rest"])
        one = _formula(rest) or _spoken(rest, degree)
        kind = "sum" if orders["kind"].lower() == "sum" else "mean"
        one = one and re.sub(r"\bm\b", "p_", one)
        return one and f"{kind}([{one} for p_ in permutations(m)])"
    names = {"product": "prod"}
    text = ALL_PAIRS.sub(lambda k: f"{names.get(k[1], k[1])}_{{{k[2]}{k[3]}{k[4]}}} ", text)
    text = re.sub(
        r"\b(sum|product|max|min|mean|average) over (?:all |the )*(?:j|neighbou?rs?(?: j)?|messages) of ",
        r"\1 of ",
        text,
    )
    behind = PAIRS_BEHIND.search(text)
    if behind:
        text = text[: behind.start()] + f"sum_{{{behind[2]}{behind[3]}{behind[4]}}} {behind[1]}"
    summed = re.fullmatch(r"(.*_j.*) summed(?: over (?:j|all j|(?:the |all )?neighbou?rs))?", text)
    return read_phrase(f"sum_j ({summed[1]})" if summed else text, _formula)


def _running(text: str, letter: str = "j") -> str:
    """``W_j`` as W[j_], ``m_{j+1}`` as m[j_+1], ``j`` as the position counted from 1."""
    text = re.sub(rf"\b([A-Za-z]+)_[\{{(]{letter}\s*([+-])\s*1[\}})]", rf"\1[{letter}_\g<2>1]", text)
    text = re.sub(rf"\b([A-Za-z]+)_\{{?(?:i,|i(?=j))?{letter}\}}?(?![\w])", rf"\1[{letter}_]", text)
    text = re.sub(rf"\b[sM](?=\[{letter}_)", "m", text)
    return re.sub(rf"(?<![\w.]){letter}(?!\w)", f"({letter}_+1)", text)


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
    """``w*m_1, w*m_2, ..., w*m_n`` as one starred comprehension; joined by + or * as a sum or a product."""
    for pattern, call in ELLIPSES:
        found = pattern.search(text)
        if found is None or re.search(r"[-/]\s*$|\*\*\s*$", text[: found.start()]) and not call.startswith(" *"):
            continue
        term, last = (re.sub(rf"_{end}(?:_i)?(?!\w)", "_j", found[k].strip()) for k, end in ((1, "1"), (2, "n")))
        if term == last:
            listed = f"[{_running(term)} for {INDEX} in range(len(m))]"
            return text[: found.start()] + call.format(listed) + text[found.end() :]
    return text


def _closing(text: str, start: int) -> int:
    """The bracket that closes the one just before ``start``."""
    depth = 1
    for place in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return place
    return len(text)


def _operand_end(text: str, start: int) -> int:
    """Where the operand of sum_j ends: at + or -, a comparison, a comma or a bracket on its own level."""
    depth, seen = 0, False
    for place in range(start, len(text)):
        letter = text[place]
        if letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth -= 1
            if depth < 0:
                return place
        elif depth == 0 and (letter in ",<>=" or letter in "+-" and seen and text[place - 1] not in "*e("):
            return place
        if depth == 0 and seen and re.match(r"\s(?:if|else|and|or)\s", text[place:]):
            return place
        seen = seen or not letter.isspace()
    return len(text)
