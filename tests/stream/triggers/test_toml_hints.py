"""What helps with TOML that cannot be read: only what fits."""

import tomllib

import pytest

from stream.triggers.toml_hints import toml_hint

PATHS = r"; write a path with / or in single quotes, as in file = 'C:\Users\me\boo.wav'"
HEAD = "[connections.obs]\n[[trigger]]\n"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("when = t_pose\n", '; text needs quotes, as in when = "t_pose"'),
        ('when = "t_pose\ndo = 1\n', "; the quote that ends the text is missing in this line"),
        ("[[trigger]\n", "; each rule begins with [[trigger]] or [[mapping]]"),
        ('do = {\n  action = "light" }\n', "; an inline table must stay on one line, from { to }"),
        (
            'do = { action = "a {",\n  color = "red" }\n',
            "; no comma may stand before }, and all from { to } must stay on one line",
        ),
        ('do = { action = "light", }\n', "; no comma may stand before }, and all from { to } must stay on one line"),
        ('do = [\n  { action = "light"\n  , color = "red" },\n]\n', "; an inline table must stay on one line, from { to }"),
        ("when\n", '; each line is a name, = and a value, as in when = "t_pose"'),
        ("a = 1\na = 2\n", "; a name may stand only once in a table; each rule needs its own [[trigger]] above"),
        ("[connections.obs]\n", "; a table may stand only once in a file; each rule begins with [[trigger]]"),
        ("a = [1,\n", "; something is missing at the end, such as the ] of a list"),
        ('file = "C:\\Users\\me\\boo.wav"\n', PATHS),
        ('file = "D:\\sounds\\boo.wav"\n', PATHS),
        ("a = 2020-13-01\n", ""),
    ],
)
def test_a_hint_fits(text: str, hint: str) -> None:
    """Each is said of what it helps with, and nothing of what nobody knows."""
    with pytest.raises(tomllib.TOMLDecodeError) as caught:
        tomllib.loads(HEAD + text)
    assert toml_hint(str(caught.value), HEAD + text) == hint, caught.value
