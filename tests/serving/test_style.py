"""The style sheet in a real browser: a table wider than the screen shows on which side it goes on."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

import serving
from tests.serving import chromium

STYLE = (Path(serving.__file__).parent / "static" / "style.css").read_text(encoding="utf-8")
BOX = """<style>{style} td {{ border: 0 }} td div {{ width: {width}px; height: 90px }}</style>
<section class="card"><div class="wide" tabindex="0"><table><tr><td><div></div></td></tr></table></div></section>"""

pytestmark = [
    pytest.mark.chromium,
    pytest.mark.skipif(chromium.FOUND is None, reason="Chromium is not installed: apt-get install chromium"),
]


def edges(page: Page, to: int) -> tuple[bytes, bytes]:
    """What the box looks like at its left and its right edge, scrolled so far."""
    page.eval_on_selector(".wide", f"box => box.scrollLeft = {to}")
    box = page.locator(".wide").bounding_box()
    assert box is not None
    left, right = (
        page.screenshot(clip={"x": x, "y": box["y"] + 20, "width": 10, "height": 20})
        for x in (box["x"], box["x"] + box["width"] - 10)
    )
    return left, right


def test_a_table_that_goes_on_is_shaded_on_that_side() -> None:
    with chromium.browser() as shown:
        page = shown.new_page(viewport={"width": 390, "height": 300})
        page.set_content(BOX.format(style=STYLE, width=200))
        plain, same = edges(page, 0)
        assert plain == same, "all of it is in view"
        page.set_content(BOX.format(style=STYLE, width=900))
        shaded = [[side != plain for side in edges(page, to)] for to in (0, 200, 900)]
        assert shaded == [[False, True], [True, True], [True, False]]
