"""Models out: conversion, parity and benchmarks of single stages.

Floor 2: may import `avatar` and `trackers`; never `stream`, which it meets only through files on disk.
"""
