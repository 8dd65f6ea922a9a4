"""Where frames or trackings come from: webcam, stream URL, video, pictures, `.pcast` recordings and the built-in demo."""
