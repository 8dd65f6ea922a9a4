"""Where pictures go: virtual camera, overlay, recorder, nothing. `base.Sink` is the contract that each keeps."""
