"""What `run.py avatar` shows people: tables of avatars and of their figures, and a small picture in the terminal.

Owns words and colours; the JSON for scripts is made in `avatar`. Knows nothing of how an avatar is read or trained.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from rich.color import Color
from rich.console import Console
from rich.markup import escape
from rich.style import Style
from rich.table import Column, Table
from rich.text import Text

from avatar.package.library import Entry
from avatar.package.manifest import Manifest, Network
from avatar.package.reader import Package
from trackers.types import ImageArray

FIGURES: Final = {
    "psnr": "PSNR, dB",
    "ssim": "SSIM",
    "lpips": "LPIPS",
    "face_lpips": "LPIPS of the face",
    "alpha_iou": "alpha IoU",
    "jitter_gain": "jitter gain",
    "jitter_shown": "jitter as shown live",
    "frame_difference": "frame-difference error",
    "sharpness": "sharpness ratio",
}
"""The figures of the protocol, as people call them."""
_PREVIEW_COLUMNS: Final = 32
_COLOURS: Final = {"True": "green", "False": "red"}


def show_list(console: Console, entries: Sequence[Entry], *, folder: Path) -> None:
    """Show which avatars there are."""
    if not entries:
        console.print(
            f"No avatar yet; yours would lie in {escape(str(folder))}. Train the built-in one with "
            "[bold]python run.py avatar train mascot[/], or bring one with [bold]python run.py avatar import FILE[/].",
            soft_wrap=True,
        )
        return
    table = Table("name", "title", "author", "networks", "MB", Column("where", overflow="fold"))
    for entry in entries:
        m = entry.manifest
        where = "built in" if entry.is_built_in else escape(str(entry.path))
        told = (
            [m.about.title, m.about.author, networks_told(m.networks), f"{entry.bytes / 1e6:.1f}"]
            if m
            else ["[red]damaged[/]", "", "", ""]
        )
        table.add_row(entry.name, *(told if m is None else map(escape, told)), where)
    console.print(table)
    for entry in entries:
        if entry.problem:
            console.print(f"[red]{escape(entry.problem)}[/]", soft_wrap=True)


def networks_told(networks: Sequence[Network]) -> str:
    """Return sizes and precisions in few words: "S fp32 int8, M fp32"."""
    sizes = sorted({network.size for network in networks}, key="SML".index)
    return ", ".join(f"{size} {' '.join(n.precision for n in networks if n.size == size)}" for size in sizes)


def show_package(console: Console, package: Package) -> None:
    """Show everything that an avatar says of itself, and its preview."""
    m, about = package.manifest, package.manifest.about
    facts = Table(show_header=False, box=None, pad_edge=False)
    character, mesh = package.parts.character, package.parts.character.mesh
    for name, told in {
        "avatar": f"{about.title} ({about.name})",
        "by": f"{about.author}, {about.licence}",
        "about": about.description or "–",
        "lies in": str(package.path),
        "size": f"{package.bytes / 1e6:.1f} MB in {len(package.members)} files",
        "networks": networks_told(m.networks),
        "framings": ", ".join(f"{name} ({view.extent_m:g} m)" for name, view in m.framings.items()),
        "pictures": ", ".join(f"{width} x {height}" for width, height in m.picture_sizes_px),
        "proxy": f"{len(mesh.triangles):,} triangles, {len(m.bones)} bones, texture {len(character.texture)} px",
        "rounding": ", ".join(f"{name} {t.rounding:.2g}" for name, t in m.tensors.items() if t.rounding) or "none",
        "made with": ", ".join(f"{name} {version}" for name, version in m.made_with.items()),
    }.items():
        facts.add_row(f"[dim]{name}[/]", escape(told))
    console.print(facts)
    if console.is_terminal:
        console.print(picture(package.preview))
    show_figures(console, m)


def show_figures(console: Console, manifest: Manifest) -> None:
    """Show what the evaluation found."""
    if not manifest.evaluation:
        console.print("Not evaluated; measure it with [bold]python run.py avatar eval[/].")
        return
    table = Table("figure", "value", title="on held-out motions", title_justify="left")
    for key, value in manifest.evaluation.items():
        table.add_row(escape(FIGURES.get(key, key)), number(value))
    console.print(table)


def show_evaluation(console: Console, figures: Mapping[str, Any]) -> None:
    """Show the figures of an evaluation, the baselines beside ours."""
    rivals: Mapping[str, Mapping[str, Any]] = figures.get("baselines") or {}
    targets: Mapping[str, Mapping[str, Any]] = figures.get("targets") or {}
    title = (
        f"{figures['frames']} frames of {figures['data']['motions']} held-out motions; {figures['size']} {figures['precision']}"
    )
    table = Table("figure", "ours", "wanted", *(escape(name) for name in rivals), title=escape(title), title_justify="left")
    for key, words in FIGURES.items():
        if key in figures:
            target = targets.get(key, {})
            colour = _COLOURS.get(str(target.get("met")), "default")
            others = (number(row.get(key)) for row in rivals.values())
            table.add_row(words, f"[{colour}]{number(figures[key])}[/]", escape(str(target.get("wanted", ""))), *others)
    console.print(table)
    ahead = figures.get("ahead_of_skeleton")
    if ahead:
        ratio = f", LPIPS {ahead['lpips_ratio']:.1f} times better" if "lpips_ratio" in ahead else ""
        console.print(f"Ahead of the same network on a drawn skeleton: {ahead['psnr_db']:.2f} dB{ratio}", soft_wrap=True)


def number(value: float | None) -> str:
    """Return a figure with as many digits as it deserves."""
    return "–" if value is None else f"{value:.2f}" if abs(value) >= 10 else f"{value:.4f}"


def picture(image: ImageArray) -> Text:
    """Return (H, W, 4) RGBA as coloured half blocks: two pixels in each letter."""
    height = max(2, round(_PREVIEW_COLUMNS * image.shape[0] / image.shape[1] / 2) * 2)
    small = cv2.resize(image.astype(np.float32), (_PREVIEW_COLUMNS, height), interpolation=cv2.INTER_AREA)
    text = Text()
    for upper, lower in zip(small[::2], small[1::2], strict=True):
        for a, b in zip(upper, lower, strict=True):
            text.append(*_block(a, b))
        text.append("\n")
    return text


def _block(upper: Any, lower: Any) -> tuple[str, Style]:
    """Return the letter that shows two pixels, one above the other; what is mostly clear is left out."""
    seen = [pixel[3] > 96 for pixel in (upper, lower)]
    colours = [Color.from_rgb(*pixel[:3]) for pixel in (upper, lower)]
    if all(seen):
        return "▀", Style(color=colours[0], bgcolor=colours[1])
    return ("▀", Style(color=colours[0])) if seen[0] else ("▄", Style(color=colours[1])) if seen[1] else (" ", Style())
