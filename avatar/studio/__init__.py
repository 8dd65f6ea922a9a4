"""The studio: the detailed character drawn slowly and well, offline; what the neural avatar learns from."""

from avatar.studio.studio import Studio

__all__ = ["Studio"]
