import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.clock import now
from crm.operations import reading
from crm.settings import Home
from serving import capacity
from serving.bands import BANDS, assign
from tests.conftest import settle
from tests.serving.teams import person, team


def test_bands_follow_capacity_and_the_average() -> None:
    probability = np.linspace(0.01, 1, 100)
    bands, thresholds = assign("lead", probability, probability, capacity=4)
    assert bands[-4:] == ["hot"] * 4
    assert bands[-24:-4] == ["warm"] * 20
    assert set(bands[:-24]) == {"cold"}
    assert thresholds.first == pytest.approx(0.97)
    assert thresholds.second == pytest.approx(0.77)


def test_nobody_is_hot_where_all_are_alike() -> None:
    bands, thresholds = assign("customer", np.full(10, 0.2), np.zeros(10), capacity=40)
    assert set(bands) == {"medium"}
    assert thresholds.band("customer", 0.2) == "medium"


def test_equal_probabilities_are_ranked_by_the_raw_score() -> None:
    probability = np.array([0.5, 0.5, 0.5, 0.1, 0.1, 0.1])
    bands, _ = assign("lead", probability, np.array([1.0, 3.0, 2.0, 0.0, 0.0, 0.0]), capacity=1)
    assert bands[:3] == ["warm", "hot", "warm"]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.integers(1, 30))
def test_a_higher_probability_never_has_a_lesser_band(values: list[float], capacity: int) -> None:
    probability = np.array(values)
    bands, thresholds = assign("lead", probability, probability, capacity)
    places = np.array([BANDS["lead"].index(band) for band in bands])
    order = np.argsort(probability, kind="stable")
    assert (np.diff(places[order])[np.diff(probability[order]) > 0] <= 0).all()
    assert places.tolist().count(0) <= capacity
    assert thresholds.second <= thresholds.first


def test_the_last_of_a_band_is_in_it_however_its_score_was_rounded() -> None:
    probability = np.array([0.9, 0.7, 0.3, 0.1])
    bands, thresholds = assign("lead", probability, probability, capacity=2)
    assert bands[1] == "hot"
    assert thresholds.band("lead", np.nextafter(0.7, 0)) == "hot"
    assert thresholds.band("lead", 0.7 - 1e-6) == "warm"


def test_the_teams_can_do_what_all_at_work_in_them_can(home: Home) -> None:
    settle(home, "[capacity]\nsales = 7\ncare = 3\n")

    def both() -> list[int]:
        with reading(home) as session:
            return [capacity.of_teams(session, home.settings, kind) for kind in ("lead", "customer")]

    assert both() == [7, 3], "before anybody is at work: one person's"
    north, south, care = team(home, "Bắc"), team(home, "Nam"), team(home, "CSKH", "care")
    person(home, "hoa", north, capacity=10)
    person(home, "minh", south)
    person(home, "chi", north, "team_lead", capacity=100)
    person(home, "nam", south, capacity=100, left_at=now())
    person(home, "lan", care, "care", capacity=5)
    assert both() == [17, 5]
