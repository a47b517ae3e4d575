"""Somebody who left: scored once, written to a file, and in no scoring since."""

from crm.clock import DAY
from crm.operations import writing
from crm.settings import Home
from crm.tables.scores import Score
from serving.write_back.outbox import queue_scores


def written_to_a_file(home: Home) -> None:
    """Lets a home write scores back to a folder of its own."""
    file = home.path / "settings.toml"
    place = '[[write_back]]\nname = "crm"\nto = "file"\naddress = "out"\n'
    file.write_text(f"{file.read_text(encoding='utf-8')}\n{place}", encoding="utf-8")


def scored_before_leaving(home: Home, like: Score) -> None:
    """Stores and queues an older score of customer:crm:GONE, ``like`` one of somebody who stayed."""
    with writing(home) as session:
        gone = {name: getattr(like, name) for name in Score.__table__.columns.keys()} | {  # noqa: SIM118
            "subject": "customer:crm:GONE", "source_id": "GONE", "cutoff": like.cutoff - DAY,
        }  # fmt: skip
        session.add(Score(**gone))
        session.flush()
        queue_scores(session, [session.get_one(Score, (like.target, "customer:crm:GONE"))])
