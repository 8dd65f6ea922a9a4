"""Gestures in the live program and from the command line: recognising them as it runs, and teaching it the user's own."""
