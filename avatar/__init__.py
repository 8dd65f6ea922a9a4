"""The avatar: from what was tracked to the pose of a humanoid rig, and from that pose to a picture with alpha.

Floor 1: may import `trackers`; knows nothing of cameras, sinks, servers or files being streamed.
"""
