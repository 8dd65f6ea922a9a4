"""Tests of choosing an avatar while the program runs: the list, the words, and the whole program with a neural one."""

import json
import time
from pathlib import Path

import live_tools
import pytest
from made_avatars import HIGH_PX, WIDE_PX, empty_library, opened, pose
from server_clients import wait_until

from avatar.package import library as library_module
from avatar.package.library import Library
from stream import parts
from stream.app import Program
from stream.avatar_choice import AvatarChoice
from stream.config import load_config
from stream.events import Event, EventLog
from stream.hot_swap import HotSwapRenderer
from stream.server.commands import Change, TriggerCommand
from trackers.errors import UserError

SIZE = {"avatar.width_px": str(WIDE_PX), "avatar.height_px": str(HIGH_PX), "avatar.ease": "false"}


def _choice(library: Library, **overrides: str) -> tuple[AvatarChoice, list[Event], EventLog]:
    events, told = EventLog(), list[Event]()
    events.listen(told.append)
    return AvatarChoice(load_config(None, SIZE | overrides), events, library=library), told, events


def test_avatars_that_come_while_it_runs_are_offered(library: Library, tmp_path: Path) -> None:
    """The list is read anew when the folder changes; an avatar that was given as a path stays its last."""
    here = empty_library(tmp_path)
    choice, _, _ = _choice(here, **{"avatar.name": str(tmp_path / "given.avatar")})
    assert choice.names == ("mascot", "given.avatar")
    with pytest.raises(UserError, match=r"^avatar must be one of mascot, given\.avatar, got 'robin'; choose one in the panel$"):
        choice.check("robin")
    here.folder.mkdir()
    whole = (library.folder / "robin.avatar").read_bytes()
    (here.folder / "robin.avatar").write_bytes(whole[:1000])  # it is still being copied
    assert choice.names == ("mascot", "given.avatar")
    with pytest.raises(UserError, match=r"robin\.avatar.*(damaged|whole|cut|ends)"):
        choice.check("robin")
    (here.folder / "robin.avatar").write_bytes(whole)
    choice.check("robin")
    assert choice.names == ("mascot", "robin", "given.avatar")


def test_a_change_is_told_with_what_draws_and_why(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once it is worn; one that cannot be is told as an error, and nobody wears it."""
    choice, told, events = _choice(library)
    renderer, worn = HotSwapRenderer(opened(library, "mascot")), list[str]()
    try:
        choice.change(renderer, "robin", worn=lambda: worn.append("robin"))
        _settle(renderer)
        renderer.render(pose(), time_ns=0)
        (library.folder / "torn.avatar").write_bytes(b"nothing")
        choice._names = (*choice.names, "torn")  # it was whole when the list was read
        monkeypatch.setattr(AvatarChoice, "names", property(lambda self: self._names))
        choice.change(renderer, "torn", worn=lambda: worn.append("torn"))
        _settle(renderer)
        with pytest.raises(UserError, match="^avatar must be one of"):
            choice.change(renderer, "nobody", worn=lambda: worn.append("nobody"))
    finally:
        (library.folder / "torn.avatar").unlink(missing_ok=True)
        renderer.close()
    events.deliver()
    assert worn == ["robin"]
    assert [(event.name, event.level) for event in told] == [("avatar.changed", "info"), ("avatar.failed", "error")]
    assert told[0].text.startswith("the avatar is robin now: neural on CPU, ")
    assert told[0].text.endswith("(network S, fp32: the quickest of the avatar's networks on a CPU)")
    assert told[1].text.startswith("the avatar stays as it was: torn.avatar must be a whole zip archive")


def test_a_path_stays_at_home(library: Library, tmp_path: Path) -> None:
    """Of an avatar that was given by its path only the end is told; by that it is chosen again, also where a name is taken."""
    elsewhere = tmp_path / "a real name" / "mascot"
    elsewhere.parent.mkdir()
    elsewhere.symlink_to(library.find("mascot"))
    choice, told, events = _choice(library, **{"avatar.name": str(elsewhere)})
    assert choice.given == "mascot (given)"
    assert choice.names == ("mascot", "robin", "mascot (given)")
    renderer, worn = HotSwapRenderer(opened(library, "robin")), list[str]()
    try:
        choice.change(renderer, choice.given, worn=lambda: worn.append(choice.given))
        _settle(renderer)
        renderer.render(pose(), time_ns=0)
    finally:
        renderer.close()
    events.deliver()
    assert worn == ["mascot (given)"]
    assert "a real name" not in "".join(event.text for event in told)


def _settle(renderer: HotSwapRenderer) -> None:
    assert renderer._changing is not None
    renderer._changing.join(60)


def test_the_whole_program_with_a_neural_avatar(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures with real alpha; another avatar and framing while it runs; then the report and the status name what draws."""
    monkeypatch.setattr(library_module, "user_folder", lambda: library.folder)
    monkeypatch.setattr(library_module, "BUILT_IN_FOLDER", library._built_in)
    collector = live_tools.Collector()
    monkeypatch.setattr(parts, "make_sinks", lambda *_: [collector])
    given = str(library.folder / "robin.avatar")
    wanted = {"avatar.name": given, "avatar.renderer": "neural", "source.name": "demo", "output.fps": "20"}
    with live_tools.running(load_config(None, SIZE | wanted | {"output.sinks": "null"})) as (program, view):
        assert view.lines["avatar"].startswith("robin.avatar, neural on CPU, ")
        wait_until(lambda: len(collector.pictures) > 10)
        alpha = collector.pictures[-1].image[..., 3]
        assert collector.pictures[-1].image.shape == (HIGH_PX, WIDE_PX, 4)
        assert alpha[:4, :4].max() < 32  # the made network paints a little noise everywhere
        assert alpha[HIGH_PX // 2 :, WIDE_PX // 2].max() == 255
        assert ((alpha > 0) & (alpha < 255)).any()
        assert program._control.settings.avatar == "robin.avatar"
        program._control.carry_out(Change(avatar="mascot", framing="full"))
        wait_until(lambda: program._control.settings.avatar == "mascot")
        count = len(collector.pictures)
        wait_until(lambda: len(collector.pictures) > count + 5)
        status = program._status("http://127.0.0.1/overlay")
        assert status["choices"] == {"avatars": ["mascot", "robin", "robin.avatar"], "framings": ["bust", "upper", "full"]}
        assert status["settings"]["avatar"] == "mascot"  # type: ignore[index]
        assert status["renderer"]["name"] == "neural"  # type: ignore[index]
        assert status["renderer"]["provider"].startswith("CPU, ")  # type: ignore[index]
        assert status["renderer"]["reason"] == "network S, fp32: the quickest of the avatar's networks on a CPU"  # type: ignore[index]
    assert "avatar.changed" in view.names()
    assert not {"renderer.failed", "avatar.failed", "sink.failed"} & set(view.names())


RULES = """
[[trigger]]
name = "guest"
when = "key f9"
mode = "toggle"
do = [{ action = "avatar.show", avatar = "robin" }, { action = "avatar.framing", framing = "full" }]
"""


def test_rules_change_what_is_drawn_and_bring_it_back(
    library: Library, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In the running program: another avatar, another framing, and both as they were; its end waits for nothing."""
    monkeypatch.setattr(library_module, "user_folder", lambda: library.folder)
    monkeypatch.setattr(library_module, "BUILT_IN_FOLDER", library._built_in)
    collector = live_tools.Collector()
    monkeypatch.setattr(parts, "make_sinks", lambda *_: [collector])
    (tmp_path / "rules.toml").write_text(RULES)
    wanted = {"avatar.name": "mascot", "source.name": "demo", "output.fps": "20", "output.sinks": "null"}
    rules = {"triggers.rules": str(tmp_path / "rules.toml"), "triggers.log": str(tmp_path / "log.jsonl")}
    with live_tools.running(load_config(None, SIZE | wanted | rules)) as (program, view):
        settings = lambda: (program._control.settings.avatar, program._control.settings.framing)  # noqa: E731
        wait_until(lambda: len(collector.pictures) > 3)
        assert settings() == ("mascot", "bust")
        for expected in (("robin", "full"), ("mascot", "bust"), ("robin", "full")):
            program._control.carry_out(TriggerCommand("fire", "guest"))
            wait_until(lambda wanted=expected: settings() == wanted)
    told = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert not [line for line in told if line["verdict"] in ("refused", "failed")]
    assert [line["text"] for line in told if line["verdict"] == "done"][:2] == [
        "avatar.show robin on avatar",
        "avatar.framing full on avatar",
    ]
    assert not {"renderer.failed", "avatar.failed", "sink.failed"} & set(view.names())


def test_offline_pictures_are_the_same_on_every_run(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also a network's: all of each picture is painted, whatever region's network would be ready by now."""
    monkeypatch.setattr(library_module, "user_folder", lambda: library.folder)
    runs, reports = [], []
    for _ in range(2):
        collector = live_tools.Collector()
        monkeypatch.setattr(parts, "make_sinks", lambda *_, sink=collector: [sink])
        wanted = {"avatar.name": "robin", "source.name": "demo", "source.as_fast_as_possible": "true", "output.fps": "20"}
        program = Program(load_config(None, SIZE | wanted | {"output.sinks": "null"}), live_tools.QuietView())
        reports.append(program.run(1))
        runs.append([picture.image.tobytes() for picture in collector.pictures])
        time.sleep(0.1)
    assert len(runs[0]) >= 15
    assert runs[0] == runs[1]
    assert reports[0]["avatar"] == "robin"
    assert reports[0]["renderer"] == {
        "name": "neural",
        "provider": reports[0]["renderer"]["provider"],
        "reason": "network S, fp32: the quickest of the avatar's networks on a CPU",
    }
