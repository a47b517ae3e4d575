"""Draws charts as SVG inside a page: without script or style of their own, coloured by the style sheet.

A chart is one picture to a screen reader, so a page says its figures in words or a table as well.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from xml.etree.ElementTree import Element

import pygal
from markupsafe import Markup
from pygal.graph.graph import Graph
from pygal.style import Style

SIZE: Final = (520, 300)
TEXT: Final = 14
STYLE: Final = Style(label_font_size=TEXT, major_label_font_size=TEXT, legend_font_size=TEXT)
"""Only for where things are put; what they look like is said under ``.chart`` in the style sheet."""

PLAIN: Final[dict[str, Any]] = {
    "css": [], "js": [], "width": SIZE[0], "height": SIZE[1], "style": STYLE, "margin": 8, "margin_right": 34,
    "dots_size": 3, "legend_at_bottom": True, "show_x_guides": False, "disable_xml_declaration": True,
    "classes": ["chart"],
}  # fmt: skip
"""What every chart is made with: ``pygal.Bar(**PLAIN)``."""

Point = tuple[float, float]


def drawn(chart: Graph, label: str) -> Markup:
    """A chart as part of a page; ``label`` says in a sentence what it shows."""
    chart.add_xml_filter(lambda root: _bare(root, label))
    return Markup(chart.render(is_unicode=True))  # noqa: S704 - pygal escapes every text it is given


def lines(
    series: Mapping[str, Sequence[Point]],
    label: str,
    *,
    across: Sequence[tuple[float, str]],
    up: Sequence[tuple[float, str]],
) -> Markup:
    """Lines through points; ``across`` and ``up`` are the places named on the axes, and how."""
    chart = pygal.XY(
        **PLAIN, show_legend=len(series) > 1, include_x_axis=True,
        xrange=(across[0][0], across[-1][0]), range=(up[0][0], up[-1][0]),
    )  # fmt: skip
    chart.x_labels = [{"value": value, "label": said} for value, said in across]
    chart.y_labels = [{"value": value, "label": said} for value, said in up]
    for name, points in series.items():
        chart.add(name, list(points))
    return drawn(chart, label)


def _bare(root: Element, label: str) -> Element:
    """Takes out what the page's policy forbids, and what only pygal's own script would use."""
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in ("script", "style", "desc", "title") or not isinstance(child.tag, str):
                parent.remove(child)
    for one in root.iter():
        one.attrib.pop("style", None)
    root.attrib |= {"role": "img", "aria-label": label}
    return root
