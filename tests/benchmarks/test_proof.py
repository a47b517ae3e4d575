"""A smaller run of the simulated quarters: the interval holds the planted effect, and chance is not told as one."""

from benchmarks.proof import FIRST_LOOK, LONGEST, leads_of, quarters, waits, world_of


def test_the_interval_covers_what_contacting_the_right_people_earns():
    world = world_of(400)
    none, planted = (quarters(leads_of(world, odds), 80, 600, seed=3) for odds in (1, 4))
    assert none.truth == 0
    assert planted.truth > 1e6, "the planted effect must be worth finding"
    for kept in (none, planted):
        assert kept.covered >= 0.92 * kept.quarters
        assert kept.claimed_wrongly <= 0.02 * kept.quarters
        assert kept.ever_wrongly <= 0.06 * kept.quarters
    assert none.claimed <= 3


def test_conversions_are_told_of_before_revenue():
    (money,), (hits,) = waits(leads_of(world_of(400), 8), 1, 500)
    assert FIRST_LOOK <= hits <= min(money, LONGEST)
