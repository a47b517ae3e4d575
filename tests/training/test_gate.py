"""The gate strikes from the top of a list made without the test stretch, and ends at the rule."""

from training.compare import Difference
from training.gate import first_accepted, judge

GOOD = Difference(-0.02, -0.03, -0.01, 1.0)
EVEN = Difference(0.0, -0.01, 0.01, 0.5)
BAD = Difference(0.02, 0.01, 0.03, 0.0)


def test_better_than_the_rule_is_accepted_and_says_by_how_much():
    verdict = judge("trees", {"rule": GOOD, "logistic": EVEN}, 0.9)
    assert verdict.accepted
    assert "-0.0200" in verdict.why


def test_no_better_than_the_rule_is_refused():
    verdict = judge("trees", {"rule": EVEN}, 0.9)
    assert not verdict.accepted
    assert "50%" in verdict.why


def test_worse_than_a_baseline_beyond_noise_is_refused():
    verdict = judge("trees", {"rule": GOOD, "bayes": BAD}, 0.9)
    assert not verdict.accepted
    assert "bayes" in verdict.why


def test_the_next_of_the_list_is_asked_and_the_rule_comes_last():
    found = {"trees": {"rule": EVEN}, "logistic": {"rule": GOOD}}
    method, verdicts = first_accepted(["trees", "logistic", "rule"], found.__getitem__, 0.9)
    assert method == "logistic"
    assert [v.accepted for v in verdicts] == [False, True]
    assert first_accepted(["trees", "rule"], found.__getitem__, 0.9)[0] == "rule"
    assert first_accepted([], found.__getitem__, 0.9) == ("rule", [])
