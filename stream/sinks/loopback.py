"""Frees a Linux loopback camera after use. Owns one workaround for the v4l2loopback driver; knows nothing of pictures.

With `exclusive_caps=1`, which browsers need, v4l2loopback 0.12 (Debian 12, Ubuntu 22.04 and 24.04) lets a device be written
again only after a writer that *streamed* closed it. pyvirtualcam writes without streaming, so every second start would find
"not a video output device" until the module is loaded anew. Its source, `v4l2loopback.c`: `vidioc_streamon` makes an opener a
writer, `v4l2_loopback_close` of a writer sets `ready_for_output`.
"""

import contextlib
import os
import struct
import sys
from typing import Final

_STREAM_ON: Final = 0x40045612  # VIDIOC_STREAMON of linux/videodev2.h
_VIDEO_OUTPUT: Final = 2  # V4L2_BUF_TYPE_VIDEO_OUTPUT


def free_loopback(device: str) -> None:
    """Let `device` be written again. Only for a device that this program has just closed: it would disturb another writer."""
    if sys.platform != "linux" or not device.startswith("/dev/video"):
        return
    import fcntl  # Linux only

    with contextlib.suppress(OSError):  # a newer driver may refuse, and needs none of this
        handle = os.open(device, os.O_RDWR | os.O_NONBLOCK)
        try:
            fcntl.ioctl(handle, _STREAM_ON, struct.pack("i", _VIDEO_OUTPUT))
        finally:
            os.close(handle)
