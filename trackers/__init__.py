"""Perception: a picture in, keypoints, head pose and expression out.

Owns the models, the tracking schedule, the filters and the recording of tracking data. Floor 0: knows nothing of avatars,
sinks, servers or windows. Beside numpy, OpenCV and the inference runtimes it imports httpx and platformdirs (models are fetched
and kept), llvmlite (what the processor can do) and flatbuffers (models with weights of 8 bits).
"""
