"""Perception: a picture in, keypoints, head pose and expression out.

Owns the models, the tracking schedule, the filters and the recording of tracking data. Floor 0: knows nothing of avatars,
sinks, servers or windows, and imports numpy, OpenCV and the inference runtimes only.
"""
