"""The live pipeline: sources, threads, sinks, the server, configuration and the report.

Floor 2: may import `avatar` and `trackers`; never `export`, torch or onnx.
"""
