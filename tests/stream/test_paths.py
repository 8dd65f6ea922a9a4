"""Paths as people write them: `~`, and what cannot be a path."""

from pathlib import Path

import pytest

from stream.paths import user_path
from stream.sinks.background import open_background
from stream.sources import open_source
from trackers.errors import UserError

LONG = 300 * "x" + ".mp4"
NOBODY = "~nobody-is-called-so/x.mp4"


def test_a_path_may_be_there_or_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`~` is the home folder."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert user_path("~/x.png") == tmp_path / "x.png"
    (tmp_path / "file").touch()
    assert user_path(f"{tmp_path}/file/x.png") == tmp_path / "file" / "x.png"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (NOBODY, f"{NOBODY} names a home folder that is not there; write the whole path"),
        (LONG, f"{LONG} cannot be looked at (File name too long); check the path and its permissions"),
    ],
)
def test_what_cannot_be_a_path_is_one_sentence(text: str, words: str) -> None:
    """Wherever it is written."""
    for use in (user_path, open_source, lambda text: open_background(text, width_px=8, height_px=8)):
        with pytest.raises(UserError) as caught:
            use(text)
        assert str(caught.value) == words
