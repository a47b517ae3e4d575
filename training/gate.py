"""Lets a model score only if it proved better than the simple rule; otherwise the rule scores."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from training.compare import Difference


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate said of one method on the test stretch, and why."""

    method: str
    accepted: bool
    why: str


def judge(method: str, differences: Mapping[str, Difference], confidence: float) -> Verdict:
    """Better than the rule with ``confidence``, and worse than no other baseline beyond noise.

    ``differences`` are paired, of log loss on the test stretch: this method's less each baseline's.
    """
    rule = differences["rule"]
    if rule.sure < confidence:
        why = (
            f"log loss less the rule's is {rule}: better in {rule.sure:.0%} of draws, {confidence:.0%} needed"
        )
        return Verdict(method, False, why)
    for name, found in differences.items():
        if found.worse:
            return Verdict(method, False, f"log loss less that of {name} is {found}: worse beyond noise")
    return Verdict(method, True, f"log loss less the rule's is {rule}: better in {rule.sure:.0%} of draws")


def first_accepted(
    ranked: Sequence[str],
    differences: Callable[[str], Mapping[str, Difference]],
    confidence: float,
) -> tuple[str, list[Verdict]]:
    """The first of ``ranked`` (best out of fold first) that the test does not veto, else "rule".

    The test stretch never ranks: it only strikes methods from the top of a list made without it.
    """
    verdicts: list[Verdict] = []
    for method in ranked:
        if method == "rule":
            break
        verdicts.append(judge(method, differences(method), confidence))
        if verdicts[-1].accepted:
            return method, verdicts
    return "rule", verdicts
