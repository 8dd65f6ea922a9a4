"""What somebody may have meant by a word that is not known.

Owns that part of an error's sentence. Knows nothing of what the words stand for.
"""

import difflib
from collections.abc import Iterable


def near(word: str, known: Iterable[str], *, count: int = 3, otherwise: str = "", cutoff: float = 0.5) -> str:
    """Return what to say of a word that is not known, such as `did you mean a or b?`; never empty.

    Args:
        count: names at most in that question.
        otherwise: what to say if none is like it; without it the names that are known, the first 12 of them if there are more.
        cutoff: 0..1, how like it a name must be.
    """
    by_case = {name.casefold(): name for name in known}
    matches = difflib.get_close_matches(word.strip().casefold(), by_case, n=count, cutoff=cutoff)
    if matches:
        return f"did you mean {' or '.join(by_case[match] for match in matches)}?"
    if otherwise or not by_case:
        return otherwise or "there is none"
    names = sorted(by_case.values())
    return f"known: {', '.join(names[:12])}" + (" …" if len(names) > 12 else "")
