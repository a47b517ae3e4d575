from collections.abc import Callable
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from crm.standing import Standing
from serving.work.sharing import UNSCORED, Chance, Floor, Group, Held, Place, Seat

CHANNELS = ("zalo", "web", "")
groups = st.lists(
    st.builds(
        Group, id=st.integers(1, 4), kind=st.sampled_from(("sales", "care")),
        sources=st.frozensets(st.sampled_from(("zalo", "web")), max_size=1),
        qualify_at=st.sampled_from((None, 0.2)),
    ),
    min_size=1, max_size=4, unique_by=lambda group: group.id,
)  # fmt: skip
chances = st.builds(Chance, st.sampled_from((None, 0.1, 0.5)), st.booleans())


@st.composite
def floors(draw: Callable[..., object]) -> Floor:
    teams = draw(groups)
    seats = [
        Seat(person, draw(st.sampled_from(teams)).id, draw(st.integers(1, 3)), draw(st.booleans()))
        for person in range(10, 10 + draw(st.integers(0, 6)))
    ]
    return Floor(teams, seats, {f"crm:{seat.person}": seat.person for seat in seats})


@st.composite
def newcomers(draw: Callable[..., object]) -> list[tuple[Standing, Chance]]:
    return [
        (
            Standing(
                f"{draw(st.sampled_from(('lead', 'customer')))}:crm:{number}",
                draw(st.sampled_from(("", "crm:10", "crm:11", "crm:99"))), number, draw(st.sampled_from(CHANNELS)),
            ),
            draw(chances),
        )
        for number in range(draw(st.integers(0, 30)))
    ]  # fmt: skip


@given(floors(), newcomers())
def test_nobody_is_ever_without_a_team(floor: Floor, arrived: list[tuple[Standing, Chance]]) -> None:
    held: dict[str, Held] = {}
    for moment in range(3):
        for one, chance in arrived:
            place = floor.decide(one, chance, held.get(one.subject))
            if place is not None:
                held[one.subject] = Held(place.person, place.team, 100 + moment, place.why)
        assert set(held) == {one.subject for one, _ in arrived}
        for mine in held.values():
            assert mine.team in floor.groups
            assert mine.person is None or floor.seats[mine.person].team == mine.team
        if moment == 0 and floor.seats:
            del floor.seats[next(iter(floor.seats))]  # somebody leaves
            floor._actors = {
                actor: person for actor, person in floor._actors.items() if person in floor.seats
            }


@given(floors(), newcomers())
def test_the_counts_of_the_seats_are_what_they_hold(
    floor: Floor, arrived: list[tuple[Standing, Chance]]
) -> None:
    placed = [(floor.decide(one, chance, None), chance) for one, chance in arrived]
    for seat in floor.seats.values():
        own = [chance.hot for place, chance in placed if place and place.person == seat.person]
        assert (seat.load, seat.hot) == (len(own), sum(own))


@given(floors(), newcomers())
def test_who_was_given_one_by_rule_had_the_least_for_what_they_can_do(
    floor: Floor, arrived: list[tuple[Standing, Chance]]
) -> None:
    for one, chance in arrived:
        place = floor.decide(one, chance, None)
        if place is None or place.person is None or place.why != "rule":
            continue
        count = "hot" if chance.hot else "load"
        given_to = floor.seats[place.person]
        assert given_to.here
        for other in floor.seats.values():
            if other.team == place.team and other.here:
                before = getattr(given_to, count) - 1
                assert Fraction(before, given_to.capacity) <= Fraction(getattr(other, count), other.capacity)


@given(st.integers(2, 6), st.integers(0, 80), st.lists(st.booleans(), max_size=60))
def test_loads_of_a_team_differ_by_at_most_one(people: int, ordinary: int, hot: list[bool]) -> None:
    floor = Floor([Group(1, "sales")], [Seat(person, 1) for person in range(people)], {})
    for number in range(ordinary):
        floor.decide(Standing(f"lead:crm:{number}"), Chance(0.1), None)
    loads = [seat.load for seat in floor.seats.values()]
    assert max(loads) - min(loads) <= 1
    for number, is_hot in enumerate(hot):
        floor.decide(Standing(f"lead:crm:h{number}"), Chance(0.5, is_hot), None)
    hots = [seat.hot for seat in floor.seats.values()]
    assert max(hots) - min(hots) <= 1


def a_floor(**options: object) -> Floor:
    seats = [Seat(10, 1), Seat(11, 1), Seat(20, 2)]
    return Floor(
        [Group(1, "sales", **options), Group(2, "care")],  # type: ignore[arg-type]
        seats, {f"crm:{seat.person}": seat.person for seat in seats},
    )  # fmt: skip


def test_the_crms_owner_comes_first_and_later_words_are_followed() -> None:
    floor = a_floor()
    one = Standing("lead:crm:1", "crm:11", 50)
    assert floor.decide(one, UNSCORED, None) == Place(11, 1, "crm")
    taken = Held(10, 1, 60, "taken")
    assert floor.decide(one, UNSCORED, taken) is None, (
        "an older word of the CRM does not undo what people did"
    )
    one.owner_since = 70
    assert floor.decide(one, UNSCORED, taken) == Place(11, 1, "crm")


def test_a_customer_of_a_salesperson_goes_to_care() -> None:
    assert a_floor().decide(Standing("customer:crm:1", "crm:10", 1), UNSCORED, None) == Place(20, 2, "rule")
    alone = Floor([Group(1, "sales")], [Seat(10, 1)], {"crm:10": 10})
    assert alone.decide(Standing("customer:crm:1", "crm:10", 1), UNSCORED, None) == Place(10, 1, "crm")


def test_below_the_threshold_a_lead_waits_in_the_pool_until_it_qualifies() -> None:
    floor = a_floor(qualify_at=0.3)
    one = Standing("lead:crm:1")
    assert floor.decide(one, Chance(0.1), None) == Place(None, 1, "rule")
    pool = Held(None, 1, 5, "rule")
    assert floor.decide(one, Chance(0.29), pool) is None
    assert floor.decide(one, UNSCORED, pool) is None
    assert floor.decide(one, Chance(0.3), pool) == Place(10, 1, "qualified")


def test_a_recalled_lead_is_shared_only_when_hot_and_not_to_who_left_it() -> None:
    floor = a_floor()
    pool = Held(None, 1, 5, "recalled", before=10)
    assert floor.decide(Standing("lead:crm:1", "crm:10", 1), Chance(0.1), pool) is None
    assert floor.decide(Standing("lead:crm:1", "crm:10", 1), Chance(0.6, True), pool) == Place(11, 1, "rule")


def test_who_is_away_gets_nothing_new_and_keeps_what_they_have() -> None:
    floor = a_floor()
    floor.seats[10].here = False
    places = [floor.decide(Standing(f"lead:crm:{number}"), UNSCORED, None) for number in range(3)]
    assert {place.person for place in places if place} == {11}
    assert floor.decide(Standing("lead:crm:9"), UNSCORED, Held(10, 1, 5, "rule")) is None


def test_a_channel_finds_its_team() -> None:
    teams = [Group(1, "sales"), Group(2, "sales", frozenset(["facebook"])), Group(3, "care")]
    floor = Floor(teams, [], {})
    assert floor.group_for("lead", "facebook") == 2
    assert floor.group_for("lead", "zalo") == 1
    assert floor.group_for("customer", "facebook") == 3
    assert Floor([], [], {}).decide(Standing("lead:crm:1"), UNSCORED, None) is None
