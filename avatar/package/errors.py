"""What is wrong with an avatar's package. Owns the exception and the ends of its sentences; knows no checks."""

from typing import Final

from trackers.errors import UserError

AGAIN: Final = "get a fresh copy of the avatar, or pack it again with python run.py avatar export"
UPDATE: Final = "update Posecast, or get the avatar made for this version"


class PackageError(UserError):
    """A package is missing, damaged, hostile, or made for a newer Posecast. Nothing of it was used."""


def fault(place: str, wanted: str, came: object, *, then: str = AGAIN) -> PackageError:
    """Return the error that says that what lies at `place` (file: part) must be `wanted`, and what came instead."""
    return PackageError(f"{place} must {wanted}, got {came}; {then}")
