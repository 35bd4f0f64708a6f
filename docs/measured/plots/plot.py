#!/usr/bin/env python3
"""Draws the sweeps of docs/measured/performance.md: reads the tables (*.csv) beside it, writes a plot (*.svg) of each.

    cargo sweeps && python3 docs/measured/plots/plot.py

Needs Python 3.9 and nothing else.
"""

import csv
import math
from pathlib import Path

HERE = Path(__file__).parent

# Per sweep: its panels. A panel has a title with the unit, whether each axis is logarithmic, and lines: the column that is
# drawn, its label, and whether it is what something is compared with (dashed).
SWEEPS = {
    "messages": [
        ("records per second", True, True, [
            ("records per second, waiting 100 ms", "waiting 100 ms", False),
            ("as many as could be, waiting 100 ms", "as many as could be", True),
            ("records per second, not waiting", "not waiting", False),
        ]),
        ("CPU per record, us", True, False, [
            ("CPU per record, waiting 100 ms (us)", "waiting 100 ms", False),
            ("CPU per record, not waiting (us)", "not waiting", False),
        ]),
    ],
    "processors": [
        ("CPU per record, ns", False, False, [
            ("CPU per record (ns)", "pipeline", False),
            ("LIMIT, CPU per record (ns)", "LIMIT", True),
        ]),
        ("above LIMIT, ns per record and processor", False, False, [
            ("above LIMIT, per record and processor (ns)", "pipeline", False),
        ]),
    ],
    "sizes": [
        ("CPU per decoded MB, us", True, False, [
            ("CPU per MB, lines (us)", "lines", False),
            ("LIMIT, lines (us)", "LIMIT, lines", True),
            ("CPU per MB, undelimited JSON (us)", "JSON", False),
            ("LIMIT, undelimited JSON (us)", "LIMIT, JSON", True),
        ]),
        ("CPU per record, us", True, True, [
            ("CPU per record, lines (us)", "lines", False),
        ]),
    ],
    "processes": [
        ("records per second", False, False, [
            ("records per second", "waiting 20 ms, 64 at a time", False),
            ("as many as could be", "as many as could be", True),
        ]),
        ("CPU per record, all processes, us", False, False, [
            ("CPU per record, all processes (us)", "pipelines", False),
        ]),
    ],
}

COLOURS = ["#2f7ed8", "#e07b00", "#2c9c4b", "#b04fc4"]
PANEL_WIDTH, HEIGHT = 400, 300
LEFT, RIGHT, TOP, BOTTOM = 62, 16, 34, 62

STYLE = """<style>
text { font: 12px system-ui, sans-serif; fill: #333 }
.title { font-weight: 600 }
.grid { stroke: #8886; stroke-width: 1 }
.line { fill: none; stroke-width: 2 }
.compared { stroke-dasharray: 6 4 }
@media (prefers-color-scheme: dark) { text { fill: #ddd } }
</style>"""


class Axis:
    """Values to pixels, linearly from zero or logarithmically."""

    def __init__(self, values, logarithmic, start, end):
        self.logarithmic, self.start, self.end = logarithmic, start, end
        if logarithmic:
            self.low = 10 ** math.floor(math.log10(min(values)))
            self.high = 10 ** math.ceil(math.log10(max(values)))
        else:
            self.step = step(max(values))
            self.low, self.high = 0, math.ceil(max(values) / self.step) * self.step

    def at(self, value):
        scale = math.log10 if self.logarithmic else float
        share = (scale(value) - scale(self.low)) / (scale(self.high) - scale(self.low))
        return self.start + share * (self.end - self.start)

    def ticks(self):
        if not self.logarithmic:
            return [n * self.step for n in range(round(self.high / self.step) + 1)]
        decades = round(math.log10(self.high / self.low))
        return [self.low * 10**n for n in range(decades + 1)]


def step(most):
    """A round distance that divides an axis into two to six parts."""
    rough = most / 5
    unit = 10 ** math.floor(math.log10(rough))
    return next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= rough)


def short(value):
    for size, suffix in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{suffix}"
    return f"{value:g}"


def panel(table, title, log_x, log_y, lines, left):
    axis_name = next(iter(table))
    xs = table[axis_name]
    values = [value for column, *_ in lines for value in table[column]]
    x = Axis(xs, log_x, left + LEFT, left + PANEL_WIDTH - RIGHT)
    y = Axis(values, log_y, HEIGHT - BOTTOM, TOP)
    out = [f'<text class="title" x="{x.start}" y="18">{title}</text>']
    for tick in y.ticks():
        at = y.at(tick)
        out.append(f'<path class="grid" d="M{x.start} {at:.1f}H{x.end}"/>')
        out.append(f'<text x="{x.start - 6}" y="{at + 4:.1f}" text-anchor="end">{short(tick)}</text>')
    for tick in x.ticks() if log_x else xs:
        out.append(f'<text x="{x.at(tick):.1f}" y="{y.start + 16}" text-anchor="middle">{short(tick)}</text>')
    out.append(f'<text x="{(x.start + x.end) / 2}" y="{y.start + 32}" text-anchor="middle">{axis_name}</text>')
    label_at = left + 8
    for colour, (column, label, compared) in zip(COLOURS, lines):
        points = [(x.at(a), y.at(b)) for a, b in zip(xs, table[column])]
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
        kind = "line compared" if compared else "line"
        out.append(f'<polyline class="{kind}" stroke="{colour}" points="{path}"/>')
        if not compared:
            out += [f'<circle fill="{colour}" cx="{a:.1f}" cy="{b:.1f}" r="3"/>' for a, b in points]
        out.append(f'<path class="{kind}" stroke="{colour}" d="M{label_at} {HEIGHT - 12}h18"/>')
        out.append(f'<text x="{label_at + 22}" y="{HEIGHT - 8}">{label}</text>')
        label_at += 36 + 6 * len(label)
    return out


def draw(name, panels):
    with open(HERE / f"{name}.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    table = {column: [float(row[column]) for row in rows] for column in rows[0]}
    width = PANEL_WIDTH * len(panels)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" width="{width}" height="{HEIGHT}">', STYLE]
    for number, (title, log_x, log_y, lines) in enumerate(panels):
        out += panel(table, title, log_x, log_y, lines, number * PANEL_WIDTH)
    out.append("</svg>\n")
    (HERE / f"{name}.svg").write_text("\n".join(out), encoding="utf-8")


for name, panels in SWEEPS.items():
    draw(name, panels)
