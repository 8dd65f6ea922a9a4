"""Learning while the program runs: in a process of its own, so that neither the beat nor the gestures wait for it.

Owns that process and what it says, one JSON object a line: `{"learnt": 3}` once the file of what was learnt is written, then
`{"judged": [sentence, …]}` and the end, or `{"failed": sentence}`. Knows nothing of who asks for it or of what is shown.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from stream.gestures.learning import learn
from stream.gestures.store import GestureStore
from trackers.errors import UserError
from trackers.gestures.trained import TrainedSet

_ROOT: Final = Path(__file__).parents[2]
_BEHIND_ALL: Final = 10
_JOIN_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Learnt:
    """All gestures are learnt; how well comes later."""

    trained: TrainedSet


@dataclass(frozen=True, slots=True)
class Judged:
    """The learning is over."""

    sentences: tuple[str, ...]
    """What should be known of it; see `TrainingReport.sentences`."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The learning is over, and nothing came of it."""

    why: str
    """One sentence."""


News = Learnt | Judged | Failed


class Learner:
    """One learning of all gestures that have takes. Begins at once; nothing here waits for it but `join`.

    Args:
        on_news: told what comes of it, on a thread of the learner's own: `Learnt` and then `Judged`, or `Failed`. After
            `cancel` news may still be on its way.
    """

    def __init__(self, store: GestureStore, *, on_news: Callable[["Learner", News], None]) -> None:
        self._store = store
        self._on_news = on_news
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._cancelled = False
        self._thread = threading.Thread(target=self._run, name="posecast-learning")
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether its thread or its process still runs."""
        return self._thread.is_alive()

    def cancel(self) -> None:
        """Break it off. Does not wait. What was written whole stays."""
        with self._lock:
            self._cancelled = True
            if self._process is not None:
                self._process.kill()

    def join(self) -> None:
        """Wait for its end: after `cancel`, a moment."""
        self._thread.join(_JOIN_S)

    def _run(self) -> None:
        try:
            last = self._listen()
        except Exception as error:  # no process could be had, or what was learnt cannot be read
            last = Failed(str(error) if isinstance(error, UserError) else f"learning gestures failed ({error}); try it again")
        if not self._cancelled:
            self._on_news(self, last)

    def _listen(self) -> News:
        """Pass on what the process says; return its last word."""
        with self._lock:
            if self._cancelled:
                return Failed("")
            self._process = _started(self._store.folder)
        last: News | None = None
        with self._process as process:
            assert process.stdout is not None
            try:
                for line in process.stdout:
                    last = self._news(json.loads(line))
                    if isinstance(last, Learnt):
                        self._on_news(self, last)
            except BaseException:
                process.kill()  # nobody listens any more
                raise
        if last is None or isinstance(last, Learnt):
            return Failed(f"learning gestures ended early (status {process.returncode}); try: python run.py gesture train")
        return last

    def _news(self, said: dict[str, Any]) -> News:
        if "failed" in said:
            return Failed(said["failed"])
        if "judged" in said:
            return Judged(tuple(said["judged"]))
        trained = self._store.load_trained()
        return Learnt(trained if trained is not None else TrainedSet(()))


def _started(folder: Path) -> "subprocess.Popen[str]":
    """Start the process; a Ctrl-C at the program is not one at it."""
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.BELOW_NORMAL_PRIORITY_CLASS
    return subprocess.Popen(
        [sys.executable, "-m", __name__, str(folder.absolute())],
        cwd=_ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},  # one core is all that it may take
        creationflags=flags,
        start_new_session=sys.platform != "win32",
    )


def _serve(folder: Path, out: IO[str]) -> None:
    """Learn, and say so: what the process does."""

    def say(**said: object) -> None:
        out.write(json.dumps(said) + "\n")
        out.flush()

    try:
        learnt = learn(GestureStore(folder), on_trained=lambda trained: say(learnt=len(trained.gestures)))
        say(judged=learnt.report.sentences)
    except UserError as error:
        say(failed=str(error))
    except Exception as error:
        say(failed=f"learning gestures failed ({error!r}); try: python run.py gesture train")


if __name__ == "__main__":
    if sys.platform != "win32":
        os.nice(_BEHIND_ALL)
    _serve(Path(sys.argv[1]), sys.stdout)
