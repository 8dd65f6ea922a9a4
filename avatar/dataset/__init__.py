"""The data that a neural avatar learns from: motions of the rig, photographed by the studio.

`film.render` makes a folder, `reader.Dataset` reads it. Motions are made in code or read from recordings, each with a style;
whole motions, and whole styles, are kept for testing. Knows nothing of networks.
"""
