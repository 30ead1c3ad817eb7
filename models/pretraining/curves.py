"""Plots as plain SVG: training curves with one line per loss term, and how far probabilities can be believed."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from scores import expected_calibration_error, reliability

COLOURS = ("#4c78a8", "#f58518", "#54a24b", "#e45756", "#72b7b2", "#b279a2", "#9d755d")
NO_LOSSES = ("step", "seconds", "scale", "slices_per_second")
WIDTH, HEIGHT, LEFT, BOTTOM = 720, 360, 48, 32


def draw_curves(history: Sequence[dict[str, float]], names: Sequence[str]) -> str:
    top = max([1e-9, *(row[name] for row in history for name in names)])
    last = max([1.0, *(row["step"] for row in history)])

    def point(row: dict[str, float], name: str) -> str:
        x = LEFT + (WIDTH - LEFT - 140) * row["step"] / last
        y = (HEIGHT - BOTTOM) - (HEIGHT - BOTTOM - 16) * row[name] / top
        return f"{x:.1f},{y:.1f}"

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<path d="M{LEFT} 16V{HEIGHT - BOTTOM}H{WIDTH - 140}" fill="none" stroke="#888"/>',
        f'<text x="{LEFT - 6}" y="20" text-anchor="end">{top:.2f}</text>',
        f'<text x="{LEFT - 6}" y="{HEIGHT - BOTTOM}" text-anchor="end">0</text>',
        f'<text x="{WIDTH - 140}" y="{HEIGHT - 12}" text-anchor="end">step {last:.0f}</text>',
    ]
    for i, name in enumerate(names):
        colour = COLOURS[i % len(COLOURS)]
        line = " ".join(point(row, name) for row in history)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        parts.append(f'<text x="{WIDTH - 130}" y="{28 + 18 * i}" fill="{colour}">{name}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def draw_reliability(curves: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> str:
    """{name: (probabilities, whether it was so)} -> share that was so over mean probability, in ten bins; dots as large as the bin."""
    side = HEIGHT - BOTTOM - 16

    def place(x: float, y: float) -> tuple[float, float]:
        return LEFT + side * x, HEIGHT - BOTTOM - side * y

    (x0, y0), (x1, y1) = place(0, 0), place(1, 1)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<path d="M{x0} {y1}V{y0}H{x1}" fill="none" stroke="#888"/>',
        f'<path d="M{x0} {y0}L{x1} {y1}" fill="none" stroke="#bbb" stroke-dasharray="4"/>',
        f'<text x="{x1}" y="{HEIGHT - 12}" text-anchor="end">probability stated, 0 to 1</text>',
        f'<text x="{x0 + 6}" y="{y1 + 8}">share that was so, 0 to 1</text>',
    ]
    for i, (name, (p, positive)) in enumerate(curves.items()):
        colour = COLOURS[i % len(COLOURS)]
        points = reliability(p, positive)
        line = " ".join("{:.1f},{:.1f}".format(*place(mean, share)) for mean, share, _ in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        for mean, share, count in points:
            x, y = place(mean, share)
            radius = 1 + 12 * (count / len(p)) ** 0.5
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{colour}" fill-opacity=".5"/>')
        error = expected_calibration_error(p, positive)
        parts.append(f'<text x="{x1 + 24}" y="{28 + 18 * i}" fill="{colour}">{name}: ECE {error:.3f}, {len(p)} slices</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def write_curves(folder: Path, history: Sequence[dict[str, float]], columns: Sequence[str]) -> None:
    """curves.csv with every column, curves.svg with the losses."""
    with (folder / "curves.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows({k: round(row[k], 5) for k in columns} for row in history)
    losses = [c for c in columns if c not in NO_LOSSES]
    (folder / "curves.svg").write_text(draw_curves(history, losses))
