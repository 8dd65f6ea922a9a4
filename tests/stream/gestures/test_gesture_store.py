"""Where the user's gestures lie: names, takes, what was learnt, and damage."""

import os
import shutil
from pathlib import Path

import pytest

from stream.gestures.learning import figures, learn
from stream.gestures.store import GestureStore, checked_gesture_name, ordinary_takes
from trackers.errors import UserError
from trackers.gestures.training import Lesson, train
from trackers.recording import read_pcast
from trackers.types import Tracking

DEMO = ordinary_takes()[0]


@pytest.fixture
def store(tmp_path: Path) -> GestureStore:
    return GestureStore(tmp_path / "gestures")


def piece(start: int, length: int = 40) -> tuple[Tracking, ...]:
    return DEMO[start : start + length]


def test_takes_are_numbered_kept_and_removed(store: GestureStore) -> None:
    """Each take is a recording in the gesture's folder; nothing unfinished stays beside it."""
    assert store.kept() == ()
    paths = [store.add_take("hello", piece(start), source="me") for start in (30, 90)]
    assert [path.name for path in paths] == ["take-1.pcast", "take-2.pcast"]
    assert sorted(path.name for path in (store.folder / "hello").iterdir()) == ["take-1.pcast", "take-2.pcast"]
    recording = read_pcast(paths[0])
    assert (len(recording), recording.metadata.source) == (40, "me")
    paths[0].unlink()
    assert store.add_take("hello", piece(150), source="me").name == "take-3.pcast"
    store.remove("hello")
    assert store.kept() == ()


def test_what_was_chosen_is_kept(store: GestureStore) -> None:
    """`about` and `kind` come back with the lesson; a file that nobody can read is as if nothing was chosen."""
    store.add_take("hello", piece(30), source="me")
    store.choose("hello", about="hands", kind="motion")
    assert (store.lessons()[0].about, store.lessons()[0].kind) == ("hands", "motion")
    for text in ("{", '{"about": "tail", "kind": 7}', "[]", '{"about": [], "kind": {}}', '{"about": {}}', "7"):
        (store.folder / "hello" / "gesture.json").write_text(text)
        assert (store.get("hello").about, store.get("hello").kind) == (None, None)


def test_what_is_not_chosen_anew_stays(store: GestureStore) -> None:
    """A later recording that says nothing of the parts does not forget what an earlier one said."""
    store.choose("hello", about="body")
    store.choose("hello", kind="pose")
    store.add_take("hello", piece(30), source="me")
    assert (store.get("hello").about, store.get("hello").kind) == ("body", "pose")


def test_a_number_that_another_program_takes_meanwhile_is_left_to_it(
    store: GestureStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two programs record the same gesture at once: neither take is lost."""
    real, theirs = os.link, []

    def link(source: Path, to: Path) -> None:
        if not theirs:
            theirs.append(to)
            to.write_bytes(b"theirs")
        real(source, to)

    monkeypatch.setattr(os, "link", link)
    path = store.add_take("hello", piece(30), source="me")
    assert (theirs[0].name, theirs[0].read_bytes(), path.name) == ("take-1.pcast", b"theirs", "take-2.pcast")
    assert len(read_pcast(path)) == 40
    assert sorted(one.name for one in path.parent.iterdir()) == ["take-1.pcast", "take-2.pcast"]


def test_a_file_system_without_links_will_do(store: GestureStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A memory stick."""

    def link(source: Path, to: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    assert [store.add_take("hello", piece(30), source="me").name for _ in range(2)] == ["take-1.pcast", "take-2.pcast"]
    assert len(store.get("hello").takes) == 2


def test_what_was_learnt_of_takes_that_are_gone_can_be_removed(store: GestureStore) -> None:
    """Its folder was removed by hand: remove takes it out of what was learnt, and so does a training of nothing."""
    store.add_take("one", piece(40), source="me")
    learn(store)
    shutil.rmtree(store.folder / "one")
    store.remove("one")
    trained = store.load_trained()
    assert trained is not None
    assert trained.names == ()
    store.add_take("one", piece(40), source="me")
    path = learn(store).path
    shutil.rmtree(store.folder / "one")
    for data in (path.read_bytes(), b"broken"):
        path.write_bytes(data)
        with pytest.raises(UserError, match="there is nothing to train"):
            learn(store)
        trained = store.load_trained()
        assert trained is not None
        assert trained.names == ()


def test_what_is_removed_while_it_is_learnt_does_not_come_back(store: GestureStore) -> None:
    """Another window removes it while the takes are read."""

    class Slow(GestureStore):
        def lessons(self) -> tuple[Lesson, ...]:
            found = super().lessons()
            GestureStore(self.folder).remove("one")
            return found

    for start in (40, 90):
        store.add_take("one", piece(start), source="me")
    store.add_take("two", piece(330), source="me")
    learnt = learn(Slow(store.folder))
    trained = store.load_trained()
    assert trained is not None
    assert trained.names == ("two",)
    assert set(figures(learnt)["gestures"]) == {"two"}


def test_what_was_learnt_is_kept(store: GestureStore) -> None:
    """The same gestures after a restart; a removed one is gone from it at once."""
    assert store.load_trained() is None
    store.add_take("one", piece(40), source="me")
    store.add_take("two", piece(330), source="me")
    learnt = learn(store)
    assert learnt.path == store.folder / "trained.npz"
    again = store.load_trained()
    assert again is not None
    assert again.specs == learnt.trained.specs
    assert set(figures(learnt)["gestures"]) == {"one", "two"}
    store.remove("one")
    rest = store.load_trained()
    assert rest is not None
    assert rest.names == ("two",)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 broken", b"\x80\x04\x95pickle", b"\x93NUMPY\x01\x00"])
def test_a_damaged_file_is_one_sentence(store: GestureStore, data: bytes) -> None:
    """Never a traceback, and nothing in the file is executed."""
    store.folder.mkdir()
    (store.folder / "trained.npz").write_bytes(data)
    with pytest.raises(UserError) as error:
        store.load_trained()
    assert str(error.value) == f"{store.folder / 'trained.npz'} is damaged; train again: python run.py gesture train"


def test_a_cut_file_is_one_sentence(store: GestureStore) -> None:
    """The end of the file is missing, or a byte in its middle is another."""
    path = trained_file(store)
    whole = path.read_bytes()
    for data in (whole[: len(whole) // 2], whole[:200] + bytes([whole[200] ^ 255]) + whole[201:]):
        path.write_bytes(data)
        with pytest.raises(UserError, match="is damaged; train again: python run.py gesture train"):
            store.load_trained()


def test_a_byte_that_is_another_is_one_sentence_at_most(store: GestureStore) -> None:
    """Wherever it is: zip, zlib, the arrays' headers and JSON each have errors of their own."""
    path = trained_file(store)
    whole = path.read_bytes()
    said: list[str] = []
    for place in {*range(300), *range(300, len(whole), 41)}:
        for bits in (0xFF, 0x01):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ bits]) + whole[place + 1 :])
            try:
                store.load_trained()
            except UserError as error:
                said.append(str(error))
    assert len(said) > 500
    assert all("train again: python run.py gesture train" in sentence for sentence in said)


def trained_file(store: GestureStore) -> Path:
    """Keep what is learnt of one take; return the file."""
    store.add_take("one", piece(40), source="me")
    return store.save_trained(train(store.lessons(), background=[DEMO]))


@pytest.mark.parametrize("name", ["head_yaw", "hands_distance"])
def test_names_of_values(name: str) -> None:
    """A rule that says `head_yaw > 20` would not be understood any more."""
    with pytest.raises(UserError) as error:
        checked_gesture_name(name)
    assert str(error.value) == (
        f"{name} is a value that rules compare with a number; choose another name, for instance my_{name}"
    )


@pytest.mark.parametrize("name", ["", "Hello", "1st", "a-b", "../x", "x" * 41, "then", "not", "aux", "com1"])
def test_names_that_rules_could_not_say(name: str) -> None:
    """The wording."""
    with pytest.raises(UserError) as error:
        checked_gesture_name(name)
    assert str(error.value) == (
        "a gesture's name must be 1 to 40 small letters, digits and _, beginning with a letter, no word of rules and no "
        f"name that Windows keeps for devices, got {name!r}; try my_gesture"
    )


@pytest.mark.parametrize("name", ["fist", "t_pose", "left_fist", "dab"])
def test_names_of_built_in_gestures(name: str) -> None:
    """They are taken, families too."""
    with pytest.raises(UserError, match=f"^{name} is a built-in gesture; choose another name, for instance my_{name}$"):
        checked_gesture_name(name)


def test_unknown_and_nothing(store: GestureStore) -> None:
    """A gesture that is not there, and a training without any."""
    with pytest.raises(
        UserError,
        match="^there is no gesture x, for there is none of your own yet; `python run.py gesture record",
    ):
        store.remove("x")
    with pytest.raises(UserError) as error:
        learn(store)
    assert str(error.value) == (
        f"there is nothing to train in {store.folder}; record a gesture: python run.py gesture record NAME"
    )


def test_a_damaged_take_names_its_file(store: GestureStore) -> None:
    """The recording's own sentence."""
    path = store.add_take("one", piece(40), source="me")
    path.write_bytes(path.read_bytes()[:40] + b"x" * 40)
    with pytest.raises(UserError, match="take-1.pcast is damaged"):
        learn(store)
