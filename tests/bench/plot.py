# SPDX-License-Identifier: GPL-2.0-or-later
"""Speed and memory over the number of rules, as an SVG with logarithmic axes, readable on light and
dark pages."""
import math

WIDTH, HEIGHT = 860, 360
PANELS = ({"title": "look-ups a second, counted, one core", "left": 70, "key": "lookups_per_second"},
          {"title": "memory, bytes", "left": 500, "key": "bytes"})
PANEL_WIDTH, TOP, BOTTOM = 330, 60, 310
SERIES = (("nicemu", "nicemu"), ("rte_acl", "DPDK rte_acl (AVX2)"), ("reference", "a list, rule by rule"))

STYLE = """
text { font: 12px sans-serif; fill: #333 }
.title { font-weight: bold }
.grid { stroke: #8884; stroke-width: 1 }
.line { fill: none; stroke-width: 2.5 }
.nicemu { stroke: #0072b2; fill: #0072b2 }
.rte_acl { stroke: #d55e00; fill: #d55e00 }
.reference { stroke: #777; fill: #777 }
.line { fill: none }
text.nicemu, text.rte_acl, text.reference { stroke: none; font-weight: bold }
@media (prefers-color-scheme: dark) {
  text { fill: #ddd }
  .nicemu { stroke: #56b4e9; fill: #56b4e9 }
  .rte_acl { stroke: #f0a030; fill: #f0a030 }
  .reference { stroke: #aaa; fill: #aaa }
  .line { fill: none }
}
"""


def points(records, engine, key):
    """(rules, value), sorted; the curve's own before another row's with as many rules."""
    found = {}
    for record in records:
        for figures in record["engines"]:
            if figures["engine"] == engine:
                found.setdefault(record["rules"], figures[key])
    return sorted(found.items())


def short(value):
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return "%g%s" % (value / size, unit)
    return "%g" % value


class Axis:
    """Decades that hold all values, on a stretch of the picture."""

    def __init__(self, values, begin, end):
        self.low = math.floor(math.log10(min(values)))
        self.high = max(self.low + 1, math.ceil(math.log10(max(values))))
        self.begin, self.end = begin, end

    def place(self, value):
        part = (math.log10(value) - self.low) / (self.high - self.low)
        return self.begin + part * (self.end - self.begin)

    def decades(self):
        return [10 ** power for power in range(self.low, self.high + 1)]


def draw_panel(records, panel):
    series = [(name, points(records, name, panel["key"])) for name, _ in SERIES]
    series = [(name, found) for name, found in series if found]
    left, right = panel["left"], panel["left"] + PANEL_WIDTH
    x = Axis([rules for _, found in series for rules, _ in found], left, right)
    y = Axis([value for _, found in series for _, value in found], BOTTOM, TOP)
    out = ['<text class="title" x="%d" y="44">%s</text>' % (left, panel["title"])]
    for value in x.decades():
        place = x.place(value)
        out.append('<line class="grid" x1="%.1f" y1="%d" x2="%.1f" y2="%d"/>' % (place, TOP, place, BOTTOM))
        out.append('<text x="%.1f" y="%d" text-anchor="middle">%s</text>' % (place, BOTTOM + 18, short(value)))
    for value in y.decades():
        place = y.place(value)
        out.append('<line class="grid" x1="%d" y1="%.1f" x2="%d" y2="%.1f"/>' % (left, place, right, place))
        out.append('<text x="%d" y="%.1f" text-anchor="end">%s</text>' % (left - 6, place + 4, short(value)))
    out.append('<text x="%d" y="%d" text-anchor="middle">rules</text>' % ((left + right) // 2, BOTTOM + 36))
    for name, found in series:
        places = [(x.place(rules), y.place(value)) for rules, value in found]
        out.append('<polyline class="line %s" points="%s"/>' % (
            name, " ".join("%.1f,%.1f" % place for place in places)))
        out += ['<circle class="%s" cx="%.1f" cy="%.1f" r="3"/>' % (name, *place) for place in places]
    return out


def svg(records):
    out = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">' % (
        WIDTH, HEIGHT, WIDTH, HEIGHT),
        "<title>Ternary look-up: speed and memory over the number of rules</title>",
        "<style>%s</style>" % STYLE]
    place = 70
    for name, label in SERIES:
        if points(records, name, "bytes"):
            out.append('<text class="%s" x="%d" y="20">%s</text>' % (name, place, label))
            place += 12 * len(label)
    for panel in PANELS:
        out += draw_panel(records, panel)
    return "\n".join(out + ["</svg>", ""])
