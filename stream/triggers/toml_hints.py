"""What helps whoever wrote TOML that cannot be read: a next step for the parser's sentence.

Owns the hints. Pure; knows nothing of rules.
"""

import re
from typing import Final

_PLACE: Final = re.compile(r"\(at line (\d+), column (\d+)\)|\(at end of document\)")
_QUOTED: Final = re.compile(r'"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*')
_BACKSLASH: Final = r"write a path with / or in single quotes, as in file = 'C:\Users\me\boo.wav'"
_HINTS: Final = (
    ("Invalid hex value", _BACKSLASH),  # "C:\Users": \U begins a character's number
    ("Unescaped '\\' in a string", _BACKSLASH),
    ("Invalid value (at end of document)", "something is missing at the end, such as the ] of a list"),
    ("Unclosed inline table", "an inline table must stay on one line, from { to }"),
    ("Invalid value", 'text needs quotes, as in when = "t_pose"'),
    ("Illegal character", "the quote that ends the text is missing in this line"),
    ("array declaration", "each rule begins with [[trigger]] or [[mapping]]"),
    ("table declaration", "a table begins with its name in brackets, such as [connections.desk]"),
    ("Expected '='", 'each line is a name, = and a value, as in when = "t_pose"'),
    ("Cannot overwrite", "a name may stand only once in a table; each rule needs its own [[trigger]] above"),
    ("Cannot declare", "a table may stand only once in a file; each rule begins with [[trigger]]"),
    ("Unclosed array", "the ] at the end of the list is missing"),
)


def toml_hint(said: str, text: str) -> str:
    """Return `; ` and what to do, or nothing if there is nothing that fits.

    Args:
        said: the parser's sentence, with the place.
        text: what it read.
    """
    before = _before(said, text)
    if _open_brace(before):
        if before.rstrip().endswith(","):
            return "; no comma may stand before }, and all from { to } must stay on one line"
        return "; an inline table must stay on one line, from { to }"
    return next((f"; {hint}" for word, hint in _HINTS if word in said), "")


def _before(said: str, text: str) -> str:
    """Return what stands before the place of the mistake."""
    place = _PLACE.search(said)
    if place is None or place[1] is None:
        return text
    lines = text.replace("\r\n", "\n").split("\n")
    line, column = int(place[1]), int(place[2])
    return "\n".join([*lines[: line - 1], lines[line - 1][: column - 1] if line <= len(lines) else ""])


def _open_brace(text: str) -> bool:
    """Tell whether `text` ends inside { } that began on an earlier line, or just after a comma."""
    bare = _QUOTED.sub(lambda match: " " * len(match[0]), text)
    opened: list[int] = []
    for at, character in enumerate(bare):
        if character == "{":
            opened.append(at)
        elif character == "}" and opened:
            opened.pop()
    return bool(opened) and ("\n" in bare[opened[-1] :] or bare.rstrip().endswith(",") or bare[opened[-1] :].strip() == "{")
