"""Paths as people write them, and the folder of their settings.

Owns what `~` means, the words for what cannot be a path, and where settings lie. Knows nothing of what they hold.
"""

from pathlib import Path

import platformdirs

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


def settings_folder() -> Path:
    """Return where the settings, secrets and pictures of this user lie on this system; it need not be there yet."""
    return Path(platformdirs.user_config_dir("posecast", appauthor=False))
