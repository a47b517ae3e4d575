"""What a run starts from: how late data usually arrives, and who has both outcomes."""

from dataclasses import replace

import numpy as np
import pyarrow as pa

from crm.clock import DAY, HOUR
from crm.history import History, schema
from crm.loads import LoadReport
from crm.people import People
from crm.settings import Home
from models.target import find
from training.gather import learn_spec, open_past, thinned, usual_delay

MORNING = 1_700_000_000_000_000
NEVER = MORNING + 9999 * DAY


def calls(path, lateness):
    """A history of one load per entry of ``lateness``, each bringing a call that was known so long before."""
    home = Home(path).create()
    for number, late in enumerate(lateness):
        row = {"source": "crm", "source_id": f"C{number}", "known_at": MORNING + number * DAY - late}
        with History(home).writing() as load:
            load.append(
                "activity", pa.Table.from_pylist([row | {"load": load.number}], schema=schema("activity"))
            )
            load.finish(LoadReport(load.number, MORNING + number * DAY, "crm", "mapping.toml"))
    return History(home)


def test_data_that_arrives_with_the_nightly_import_is_that_late_in_training_too(tmp_path):
    history = calls(tmp_path, [400 * DAY, 9 * HOUR, 10 * HOUR, 11 * HOUR])
    assert usual_delay(history, NEVER) == 10 * HOUR
    assert usual_delay(history, MORNING + DAY) == 9 * HOUR, "later loads were not known yet"


def test_what_a_load_itself_made_known_does_not_count_as_prompt(tmp_path):
    history = calls(tmp_path, [400 * DAY, 9 * HOUR, 9 * HOUR])
    correction = {"source": "crm", "source_id": "C1", "known_at": MORNING + 3 * DAY}
    with history.writing() as load:
        rows = [
            correction | {"load": load.number},
            correction | {"load": load.number, "known_at": MORNING + 3 * DAY - 9 * HOUR},
        ]
        load.append("activity", pa.Table.from_pylist(rows, schema=schema("activity")))
        load.finish(LoadReport(load.number, MORNING + 3 * DAY, "crm", "mapping.toml"))
    assert usual_delay(History(history.home), NEVER) == 9 * HOUR


def test_archives_and_a_first_load_tell_nothing(tmp_path):
    assert usual_delay(calls(tmp_path / "first", [400 * DAY]), NEVER) == 0
    assert usual_delay(calls(tmp_path / "old", [900 * DAY, 400 * DAY]), NEVER) == 0


def test_thinning_keeps_small_histories_whole_and_draws_the_same_rows_each_time():
    assert thinned(5, 10, 1).tolist() == [0, 1, 2, 3, 4]
    first, again = thinned(1000, 100, 1), thinned(1000, 100, 1)
    assert np.array_equal(first, again)
    assert len(np.unique(first)) == 100


def test_a_field_of_people_is_left_out_and_the_report_says_how_to_say_otherwise(company):
    home, end = company
    past = open_past(home, find("lead_conversion"), end)
    industries = {s.code.casefold() for s in past.events.signatures if s.field == "industry"}
    past = replace(past, people=People(frozenset(industries)))
    learned, x = learn_spec(past, past.snapshots(0))
    told = next(leak for leak in learned.leaks if leak.feature == "attribute_industry")
    assert "not_personal" in told.why
    assert "attribute_industry" not in learned.spec.names
    assert x.shape[1] == len(learned.spec.names)


def test_the_sample_company_names_people_in_no_field(company):
    home, end = company
    past = open_past(home, find("lead_conversion"), end)
    assert past.people.staff
    learned, _ = learn_spec(past, past.snapshots(0))
    assert learned.spec.personal == ()
