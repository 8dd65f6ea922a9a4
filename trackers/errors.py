"""The exceptions that a user may see. Owns the roots; a kind of its own stands with what raises it. Knows nothing of how they
are shown.

    PosecastError            anything of ours
    ├── UserError            the user can mend it: one sentence, printed without a traceback, exit status 2
    │   ├── AssetError       a model file is missing, damaged or cannot be fetched
    │   └── SourceError      a source cannot be opened
    └── SourceLost           a live source stopped giving frames; a state of the pipeline, not its end

A sentence names the thing, what was expected, what came, and the next step.
"""


def first_line(error: Exception, *, most: int = 200) -> str:
    """Return the first line of the error's message, cut to `most` characters, or its class name if it has no message."""
    text = str(error).strip().splitlines()
    return text[0][:most] if text else type(error).__name__


class PosecastError(Exception):
    """Base of every exception that Posecast raises on purpose."""


class UserError(PosecastError):
    """Something the user can mend. `str()` is one sentence that ends with the next step."""


class AssetError(UserError):
    """A model file is missing, damaged, or could not be fetched."""


class SourceError(UserError):
    """A source (camera, file, stream) could not be opened or is not what it was said to be."""


class SourceLost(PosecastError):
    """A live source stopped giving frames. The pipeline reopens it and the avatar goes to idle."""
