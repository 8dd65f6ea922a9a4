"""Paths as people write them. Owns what `~` means and the words for what cannot be a path; knows nothing of what lies there."""

from pathlib import Path

from trackers.errors import UserError


def user_path(text: str) -> Path:
    """Return the path that a person wrote, `~` filled in. It need not exist, but whether it does can be asked.

    Raises:
        UserError: this system cannot have such a path, or may not look there.
    """
    try:
        path = Path(text).expanduser()
        path.exists()
    except RuntimeError:
        raise UserError(f"{text} names a home folder that is not there; write the whole path") from None
    except OSError as error:  # too long, or nothing that we may see
        raise UserError(f"{text} cannot be looked at ({error.strerror}); check the path and its permissions") from None
    return path
