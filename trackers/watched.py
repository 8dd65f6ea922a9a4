"""Where a change of the picture makes a part due.

Owns that place for each part: round it, where the body has it, or anywhere. Knows nothing of what counts as a change, nor of
when it is looked for.
"""

import numpy as np

from trackers import face, hands
from trackers.change import Box, box_round
from trackers.geometry import whole_picture
from trackers.types import BodyTracking, FaceTracking, HandTracking, ImageArray, Tracking


def watched(tracking: Tracking, part: str, image: ImageArray) -> Box:
    """Return the box to be watched for a part of what is tracked: `body`, `face`, `left_hand` or `right_hand`."""
    found: BodyTracking | HandTracking | FaceTracking | None = getattr(tracking, part)
    if isinstance(found, BodyTracking):
        seen = found.visibility > 0.5
        return box_round(found.keypoints_px[seen, :2] if seen.any() else found.keypoints_px[:, :2], image=image, margin=0.1)
    if found is not None:
        return box_round(found.keypoints_px[:, :2], image=image, margin=0.15)
    region = whole_picture(tracking.width_px, tracking.height_px)
    if tracking.body is not None:
        body = tracking.body
        region = face.region_from_body(body) if part == "face" else hands.region_from_body(body, part.removesuffix("_hand"))
    reach = region.size_px / 2
    corners = np.array([[region.x_px - reach, region.y_px - reach], [region.x_px + reach, region.y_px + reach]], np.float32)
    return box_round(corners, image=image, margin=0.0)
