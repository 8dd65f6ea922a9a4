"""Gestures and poses of a tracked person: what they do, when it began, how sure we are.

Pure: trackings in, `Gesture` events out, driven by the stamps of the frames. No files, no clock, no threads.
"""
