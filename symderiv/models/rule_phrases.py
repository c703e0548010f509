"""Rules said in words: ``standard deviation of the messages``, ``trace of the product of W_j*m_j``.

A phrase is read as a whole: an aggregate or a function of a phrase, a list of messages, or two phrases joined by plus,
minus, times.  A word outside the tables makes the phrase unreadable; nothing is dropped that could matter.
"""

from __future__ import annotations

import re
from collections.abc import Callable

MAX_JOINTS = 6  # operators of one kind that are tried as the outermost, from the right
FIRST = "min([k_ for k_ in range(len(m)) if m[k_] == {}(m)])"
# an aggregate's words -> program over the list {list}
AGGREGATES: tuple[tuple[str, str], ...] = (
    (r"(?:component|element|entry)-?\s?wise (?:product|multiplication)|hadamard product", "hadamard({list})"),
    (r"(?:ordered |matrix |ordered matrix |left-to-right )?product", "prod({list})"),
    (r"(?:(?:component|element|entry)-?\s?wise )?(?:max(?:imum)?|largest|biggest)", "max({list})"),
    (r"(?:(?:component|element|entry)-?\s?wise )?(?:min(?:imum)?|smallest)", "min({list})"),
    (r"second[- ](?:largest|biggest|highest)", "sorted({list})[len(m)-2]"),
    (r"second[- ](?:smallest|lowest)", "sorted({list})[1]"),
    (r"third[- ](?:largest|biggest|highest)", "sorted({list})[len(m)-3]"),
    (r"third[- ](?:smallest|lowest)", "sorted({list})[2]"),
    (r"(?:(?:component|element|entry)-?\s?wise )?(?:arithmetic )?(?:mean|average)", "mean({list})"),
    (r"geometric mean", "prod({list})**(1/len(m))"),
    (r"harmonic mean", "len(m)/sum([1/v_ for v_ in {list}])"),
    (r"(?:(?:component|element|entry)-?\s?wise )?median", "median({list})"),
    (r"(?:(?:component|element|entry)-?\s?wise )?variance", "var({list})"),
    (r"(?:(?:component|element|entry)-?\s?wise )?(?:standard deviation|std)", "std({list})"),
    (r"(?:total |plain |componentwise )?sum|total|weighted sum(?= (?:of )?.*\b[wWa]\w*_?j)", "sum({list})"),
    (r"log-?sum-?exp", "logsumexp({list})"),
    (r"range|spread", "(max({list})-min({list}))"),
    (r"midrange", "(max({list})+min({list}))/2"),
    (r"number|count", "len({list})"), (r"trimmed mean", "sum(sorted({list})[1:len(m)-1])/(len(m)-2)"),
    (r"(?:index|position) of (?:the )?(?:largest|max(?:imum)?)", FIRST.format("max")),
    (r"(?:index|position) of (?:the )?(?:smallest|min(?:imum)?)", FIRST.format("min")),
    (r"symmetri[sz]ed product|sum over all (?:orders|orderings|permutations) of (?:the )?products?",
     "sum([prod(p_) for p_ in permutations({list})])"),
    (r"cross product", "cross({list})"), (r"(?:kronecker|tensor) product", "kron({list})"),
    (r"(?:det|determinant) of (?:the )?matrix with (?:columns|rows)", "det(columns({list}))"),
    (r"alternating sum", "sum([(-1)**j_*v_ for j_, v_ in enumerate({list})])"),
    (r"concatenat(?:e|ion|ing)|concat|stack(?:ing)?", "concat({list})"),
    (r"first", "{list}[0]"), (r"second", "{list}[1]"), (r"third", "{list}[2]"), (r"last", "{list}[len(m)-1]"),
)  # fmt: skip
# a function's words -> program over one value {value}; in the plural it maps a list
FUNCTIONS: tuple[tuple[str, str], ...] = (
    (r"squared? (?:euclidean |frobenius )?norms?", "norm({value})**2"),
    (r"(?:euclidean |frobenius |l2 |l2-)?norms?|lengths?", "norm({value})"),
    (r"square roots?", "sqrt({value})"), (r"squares?", "({value})**2"), (r"cubes?", "({value})**3"),
    (r"abs(?:olute)?(?: values?)?", "abs({value})"), (r"exp(?:onentials?)?", "exp({value})"),
    (r"log(?:arithm)?s?", "log({value})"), (r"signs?", "sign({value})"),
    (r"tanhs?", "tanh({value})"), (r"sigmoids?", "sigmoid({value})"),
    (r"relus?", "relu({value})"), (r"det(?:erminant)?s?", "det({value})"), (r"traces?|tr", "trace({value})"),
    (r"transposes?", "({value}).T"), (r"inverses?", "inv({value})"), (r"reciprocals?", "1/({value})"),
    (r"(?:first|1st) (?:component|entry|entries|coordinate)s?", "({value})[0]"),
    (r"(?:second|2nd) (?:component|entry|entries|coordinate)s?", "({value})[1]"),
    (r"(?:third|3rd) (?:component|entry|entries|coordinate)s?", "({value})[2]"),
    (r"(?:mlp|neural network|linear map|linear layer|[Ww]\d?)(?: applied to)?", "MLP({value})"),
)  # fmt: skip
# lists of what neighbouring places or pairs of messages make
PAIRS: tuple[tuple[str, str], ...] = (
    (r"(?:products of consecutive|consecutive products)", "[m[k_]*m[k_+1] for k_ in range(len(m)-1)]"),
    (r"absolute differences (?:of|between) (?:consecutive|neighbou?ring|adjacent|successive)",
     "[abs(m[k_+1]-m[k_]) for k_ in range(len(m)-1)]"),
    (r"differences (?:of|between) (?:consecutive|adjacent|successive)", "[m[k_+1]-m[k_] for k_ in range(len(m)-1)]"),
    (r"pairwise products(?: of)?", "[m[a_]*m[b_] for a_ in range(len(m)) for b_ in range(len(m)) if b_ < a_]"),
    (r"pairwise absolute differences(?: of)?",
     "[abs(m[a_]-m[b_]) for a_ in range(len(m)) for b_ in range(len(m)) if b_ < a_]"),
    (r"squared pairwise differences(?: of)?|pairwise squared differences(?: of)?",
     "[(m[a_]-m[b_])**2 for a_ in range(len(m)) for b_ in range(len(m)) if b_ < a_]"),
)  # fmt: skip
# adjectives of a list
ADJECTIVES: tuple[tuple[str, str], ...] = (
    (r"two (?:largest|biggest|highest)", "sorted({list})[len(m)-2:]"),
    (r"two (?:smallest|lowest)", "sorted({list})[:2]"),
    (r"squared", "[v_**2 for v_ in {list}]"), (r"sorted|ordered by size|ranked", "sorted({list})"),
    (r"absolute", "[abs(v_) for v_ in {list}]"), (r"positive", "[v_ for v_ in {list} if v_ > 0]"),
    (r"negative", "[v_ for v_ in {list} if v_ < 0]"), (r"lexicographically sorted", "sorted({list})"),
    (r"(?:component|element|entry|coordinate)-?\s?wise sorted", "sorted_entries({list})"),
    (r"transposed", "[v_.T for v_ in {list}]"), (r"distinct|different", "set({list})"),
)  # fmt: skip
JOINTS = ((r"\s+plus\s+|\s*\+\s*", "+"), (r"\s+minus\s+|\s+-\s*|\s*-\s+", "-"), (r"\s+times\s+|\s*\*\s*", "*"),
          (r"\s+divided by\s+|\s+over the(?= degree| number)|\s*/\s*", "/"))  # fmt: skip
NOUN = re.compile(
    r"(?:(?:the|all|its|their|of|node|i|'?s|neighbou?r(?:s|ing)?(?:'s?)?|incoming|scalar|matrix|vector"
    r"|matrices|\d+x\d+) ?)*"
    r"(?:messages?|states?|neighbou?rs?(?:'s?)?|features?|values?|entries|numbers|m|m_j|m_1, ?\.\.\., ?m_n|matrices"
    r"|m_1, ?m_2, ?\.\.\., ?m_n)"
    r"(?:,? (?:of|over|from|in|the|all|its|order|given|neighbou?rs?|neighbou?rhood|node|i|incoming|as they come))*",
    re.I,
)
STACKED = re.compile(
    r"concat(?:enate|enation of)? (.+?)(?: and|, then|, and)? (?:multiply|multiplied|map)(?: it)? (?:by|with) [Ww]\d?",
    re.I,
)
# the messages a product is of, as a list: their joints would be taken for products of values
MULTIPLIED = re.compile(r"\b(product|multiplication):?(?: of)? (m_\d+(?:\s*[*o⊙∘]\s*m_\d+|\s+m_\d+)+)", re.I)
ALL_MULTIPLIED = re.compile(
    r"\b(product|multiplication):?(?: of)? m_1\s*[*o⊙∘]?\s*(?:m_2\s*[*o⊙∘]?\s*)?\.\.\.\s*[*o⊙∘]?\s*m_n(?:_i)?(?!\w)",
    re.I,
)
# "the sorted messages, concatenated": what is made of a list said behind it
LISTED = re.compile(
    r"(?P<list>.+?),? (?:and |then |and then )?(?P<made>concatenated|stacked|added|averaged|summed)", re.I
)
AGGREGATED = {"concatenated": "concat({list})", "stacked": "concat({list})", "added": "sum({list})",
              "averaged": "mean({list})", "summed": "sum({list})"}  # fmt: skip
AFTER_SORTING = re.compile(
    r"\b(messages|neighbou?rs)(?: taken)? after (?:being sorted|sorting(?: them)?)"
    r"(?: lexicographically| by (?:size|value))?"
)
OWN = re.compile(
    r"(?:the )?(?:own |node's |node's own |self[- ]?|previous )?(?:state|message|self-message)|s|s_i", re.I
)
DEGREE = re.compile(r"(?:the )?(?:degree|number of (?:neighbou?rs|messages))|n|n_i", re.I)


def read_phrase(text: str, formula: Callable[[str], str | None]) -> str | None:
    """The program of a value said in words; ``formula`` reads its parts that are formulas.  None if unreadable.

    >>> read_phrase("trace of the sum of the messages", lambda text: None)
    'trace(sum(m))'
    """
    text = _bare(text)
    text = ALL_MULTIPLIED.sub(r"\1 of the messages", text)
    text = MULTIPLIED.sub(lambda k: f"{k[1]} of {', '.join(re.findall(r'm_[0-9]+', k[2]))}", text)
    if (listed := LISTED.fullmatch(text)) and (made := _list(listed["list"], formula)) is not None:
        return AGGREGATED[listed["made"].lower()].format(list=made)
    for pattern, operator in JOINTS:
        for joint in list(re.finditer(pattern, text, re.I))[:-MAX_JOINTS:-1]:
            left, right = text[: joint.start()], text[joint.end() :]
            if _balanced(left) and left.strip() and right.strip():
                one, other = read_phrase(left, formula), read_phrase(right, formula)
                if one is not None and other is not None:
                    return f"({one}) {operator} ({other})"
    apart = re.fullmatch(
        r"difference (?:of|between) (?:the )?([\w-]+) and (?:the )?([\w-]+) (messages?|neighbou?rs?)", text
    )
    if apart:
        return read_phrase(f"{apart[1]} message minus {apart[2]} message", formula)
    if OWN.fullmatch(text):
        return "s"
    if re.fullmatch(r"[wWUVab](?:_?\d)?", text):
        return text.replace("_", "")
    if DEGREE.fullmatch(text):
        return "len(m)"
    for pattern, template in FUNCTIONS:
        found = re.fullmatch(rf"(?:{pattern})(?: of)? (.+)", text, re.I)
        if found and (value := read_phrase(found[1], formula)) is not None:
            return template.format(value=value)
    for pattern, template in AGGREGATES:
        found = re.fullmatch(rf"(?:{pattern})(?:(?: of| over|:| applied to)? (.+))?", text, re.I)
        if found and (entries := _list(found[1] or "messages", formula)) is not None:
            return template.format(list=entries)
    stacked = STACKED.fullmatch(text)
    if stacked and (entries := _list(stacked[1], formula)) is not None:
        return f"MLP(concat({entries}))"
    return formula(text) if re.search(r"[^\w ]|\bm_\d", text) else None


def _list(text: str, formula: Callable[[str], str | None]) -> str | None:
    """The program of a list: the messages, a function of each, or a running term such as W_j*m_j."""
    text = _bare(text)
    if NOUN.fullmatch(text):
        return "m"
    listed = re.search(r"\s(?=[\[(]?m_\d)", text)
    if listed and NOUN.fullmatch(text[: listed.start()]):
        text = text[listed.end() :]  # the messages, one by one
    if re.fullmatch(r"[\[(]?m_\d(?:(?:, ?|; ?| and |, and | )m_\d)+[\])]?", text, re.I):
        return "[" + ", ".join(f"m[{int(k) - 1}]" for k in re.findall(r"\d", text)) + "]"
    for pattern, program in PAIRS:
        found = re.fullmatch(rf"(?:{pattern})(?: (.+))?", text, re.I)
        if found and NOUN.fullmatch(found[1] or "messages"):
            return program
    bounded = re.fullmatch(
        r"(.+) (above|greater than|larger than|exceeding|below|less than|smaller than) (s|\d+)", text
    )
    if bounded and (inner := _list(bounded[1], formula)) is not None:
        sign = "<" if bounded[2] in ("below", "less than", "smaller than") else ">"
        return f"[v_ for v_ in {inner} if v_ {sign} {bounded[3]}]"
    for pattern, template in ADJECTIVES:
        found = re.fullmatch(rf"(?:{pattern}) (.+)", text, re.I)
        if found and (inner := _list(found[1], formula)) is not None:
            return template.format(list=inner)
    with_own = re.fullmatch(r"(.+?) and (?:the )?(?:s|s_i|own state|state|self-message|self message)", text, re.I)
    own_with = re.fullmatch(r"(?:the )?(?:node's )?(?:own state|own message|s|s_i) and (?:the )?(.+)", text, re.I)
    with_own = with_own or own_with
    if with_own and (inner := _list(with_own[1], formula)) is not None:
        return f"[s, *{inner}]"
    outer = re.fullmatch(r"outer products(?: of ([^*]+?)(?: with (?:itself|themselves))?)?", text, re.I)
    if outer:
        inner = _list(outer[1] or "messages", formula)
        return None if inner is None else f"[v_*v_.T for v_ in {inner}]"
    for pattern, template in FUNCTIONS:
        found = re.fullmatch(rf"(?:{pattern})(?:(?: of)? (.+))?", text, re.I)
        if found and (inner := _list(found[1] or "messages", formula)) is not None:
            return f"[{template.format(value='v_')} for v_ in {inner}]"
    text = re.sub(r"^(?:outer |matrix |dot |inner )?products? (?:of )?(?=.*[*])", "", text)
    term = re.sub(r"(?:,? (?:over|for) (?:all |the )?(?:j|neighbou?rs?(?: j)?|messages))+$", "", text)
    if not re.search(r"_\{?j", term) or re.match(r"(?:sum|prod|max|min|mean|hadamard)_", term):
        return None
    made = formula(f"list_j ({term})")
    return made.replace("list([", "([", 1) if made else None


def _bare(text: str) -> str:
    text = text.strip().strip(".,;: ")
    text = re.sub(r"\s+", " ", text)
    text = AFTER_SORTING.sub(r"sorted \1", text)
    text = re.sub(r" in (?:the )?(?:given |listed )?order(?: j ?= ?1 ?\.\. ?n)?$", "", text)
    return re.sub(r"^(?:(?:the|an?|only|just|all|ordered (?=m_)) )+", "", text, flags=re.I)


def _balanced(text: str) -> bool:
    return all(text.count(a) == text.count(b) for a, b in ("()", "[]", "{}"))
