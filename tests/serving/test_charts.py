import pygal

from serving.charts import PLAIN, drawn, lines

FORBIDDEN = ("<script", "<style", " style=", "<!--", "<?xml", "http://www.w3.org/1999/xlink")


def test_a_chart_has_nothing_the_policy_forbids_and_says_what_it_shows() -> None:
    bars = pygal.Bar(**PLAIN)
    bars.x_labels = ["a", "b"]
    bars.add("<b>x</b>", [1, 2])
    for text in (
        drawn(bars, 'Sales & "care"'),
        lines(
            {"x": [(0, 0.5), (1, 1)]}, "Sales & care", across=[(0, "0"), (1, "1")], up=[(0, "0"), (1, "1")]
        ),
    ):
        assert not [one for one in FORBIDDEN if one in text]
        assert 'role="img" aria-label="Sales &amp; ' in text
        assert "<b>" not in text


def test_a_line_goes_through_its_points_in_order() -> None:
    text = lines(
        {"x": [(0, 0), (1, 1), (2, 0.5)]}, "x", across=[(0, "0"), (2, "2")], up=[(0, "0 %"), (1, "100 %")]
    )
    assert text.count("<circle") == 3
    assert ">100 %<" in text
