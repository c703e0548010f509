"""What stands around a rule written for people: names before it, remarks and definitions behind it.

A remark is dropped only when every word of it is known to change nothing; one on an order of the messages never is.
"""

from __future__ import annotations

import re

DEFINED = re.compile(r"[,;]?\s*(?:with|where)?\s+([A-Za-z]+(?:_ij|_j)?)\s*=\s*([^=]*\b(?:s|m_j|n_i|n|s_i|s_j)\b[^=]*)$")
EQUAL = re.compile(r"[,;]?\s*(?:with|where)\s+(?:all\s+)?([Ww])_?\d+(?:\s*=\s*\1_?(?:\d+|n|\.\.\.))+$")
SORTED_NOTE = re.compile(
    r"[,;]?\s*\(?(?:with |where |after )?(?:the )?(?:messages?|m|m_j)(?: are| is| being)? sorted(?: first)?\)?$"
)
# max, min, sum and mean act entry by entry anyway; of products this is not so, and the word is kept
ENTRYWISE = re.compile(r"^(?:component|element|entry)-?\s?wise (?=(?:max|min|sum|mean)[_(])", re.I)
ENTRYWISE_BEHIND = re.compile(
    r"^((?:max|min)\b.*\))[, ]+(?:taken |applied )?(?:component|element|entry)-?\s?wise$", re.I
)
# words behind a formula, or in brackets after it, that change nothing of it
REMARK = re.compile(
    r"(?:[\s,;()-]|\b(?:do|does) not commute\b|\b\d+x\d+\b|"
    r"\b(?:one|two|three|by|right|where|with|and|the|an?|of|for|in|over|on|is|are|acts?|all|each|every|per|own|different|distinct|"
    r"separate|weights?|neighbou?rs?|components?|componentwise|component|element|elementwise|entrywise|wise|scalars?|"
    r"matrix|matrices|vectors?|states?|messages?|learnable|learned|products?|outer|order|given|deep|sets?|attention|softmax|gin|janossy|"
    r"gcn|gat|graphsage|pooling|aggregation|node|i|j|m|m_j|w_j|W_j|w|W|n|eq|only|max|min|sum|mean|taken|applied|layer|note|"
    r"features?|degree|normali[sz]ed|style|like|type|classic|form|averag\w*|equation|multiplication|coordinate|"
    r"coordinatewise|square|real|tanh|relu|exponential|shared|same|incoming|edges?)\b|\d|\.|:|=)*",
    re.I,
)
# words before a formula that only name it
LEAD = re.compile(
    r"^(?:(?:first|last|two|ordered|gram|entry|\d+x\d+|matrix|product|commutator|anti-?commutator|attention|softmax|polynomial|cross|terms?|"
    r"deep|sets|gated|alternating sum|of|the|matrices|messages?|linear|combination|scalar|hash|quadratic|"
    r"bilinear|form|elementary|"
    r"symmetric|classic|update|rule|gcn|gin|gat|self-attention)\b[\s:,]+)+(?=[\w(\[-])",
    re.I,
)
ORDERING = re.compile(r"sort|rank|permut|symmetri[sz]|random|cyclic|\bmod\b|order statistic|shuffl", re.I)


MESSAGE = re.compile(r"\b[mM]_")
# the messages are put in order first: every m_j of the rule is the j-th smallest
SORT_FIRST = re.compile(
    r"^(?:first )?sort (?:the )?(?:messages|neighbou?rs|m|m_j)(?: lexicographically| by (?:size|value))?"
    r"[,;:]?(?: and)?(?: then)?:? (?=\S)",
    re.I,
)


def candidates(body: str) -> list[str]:
    """The rule, and the rule without what only names it or remarks on it; a remark on an order is never dropped."""
    body = ENTRYWISE_BEHIND.sub(r"\1", ENTRYWISE.sub("", body))
    if SORT_FIRST.match(body):
        body = re.sub(r"\bm_\(?j\)?(?!\w)", "m_(j)", SORT_FIRST.sub("", body))
        return [body] if "m_(j)" in body else []
    found = [body]
    equal = EQUAL.search(body)
    if equal:
        body = re.sub(rf"\b{equal[1]}_j\b", equal[1], body[: equal.start()])
    while defined := DEFINED.search(body):
        name, value, left = defined[1], defined[2], body[: defined.start()]
        if not re.search(rf"\b{name}\b", left):
            break
        body = f"({value})".join(re.split(rf"\b{name}\b(?!\s*\()", left))
    found = [body] if body not in found else found
    note = SORTED_NOTE.search(body)
    if note:
        body = re.sub(r"\bm_\(?j\)?(?!\w)", "m_(j)", body[: note.start()])
        found = [body] if "m_(j)" in body else []
    cut = without_remark(body)
    found = [cut, *found] if cut != body else found
    label = re.match(r"[A-Za-z][\w\s'-]*:\s*(?=\S)", cut)
    if label and not ORDERING.search(label[0]):
        found.append(cut[label.end() :])
    return found


def without_remark(body: str) -> str:
    """A rule without a remark behind it, where the remark's words change nothing of the rule."""
    depth = 0
    for place, letter in enumerate(body):
        starts = depth == 0 and (letter == "," or letter == ";" or letter == "(" and body[place - 1 : place] == " "
                                 or re.match(r"\s(?:where|with|in|over|only)\b", body[place:]) is not None
                                 or letter == " " and MESSAGE.search(body[:place]) is not None
                                 and re.match(r"\s(?:of|for)\b", body[place:]) is not None)  # fmt: skip
        if starts and place and re.search("[A-Za-z]{3}", body[place:]) and REMARK.fullmatch(body[place:]):
            weighs = re.search(r"weight|different|distinct|separate", body[place:])
            indexed = re.search(r"[WwA]_[j\d]|[Ww]\[", body[:place])
            alike = re.search(r"shared|same", body[place:])
            return body if weighs and not indexed or alike and indexed else body[:place].rstrip()
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(letter, 0)
    return body


def without_lead(body: str) -> str:
    """A rule without words before its formula that only name it."""
    return LEAD.sub("", without_remark(body), count=1)
