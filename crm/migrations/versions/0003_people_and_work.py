"""People, the day's work, past scores, the control group, the outbox, jobs."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Makes the tables, and the columns older ones lack."""
    _people()
    _work()
    _scores()
    _jobs()
    op.add_column("api_key", sa.Column("team", sa.BigInteger))
    op.add_column("api_key", sa.Column("scopes", sa.JSON))
    op.add_column("api_key", sa.Column("expires_at", sa.BigInteger))
    op.add_column("score", sa.Column("number", sa.BigInteger, server_default="0", nullable=False))
    op.add_column("score", sa.Column("rule_probability", sa.Double))
    op.add_column("score", sa.Column("rule_reasons", sa.JSON))
    op.add_column("score", sa.Column("party", sa.String(300), server_default="", nullable=False))
    op.add_column("sign_in", sa.Column("person", sa.BigInteger))


def _people() -> None:
    op.create_table(
        "team",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("branch", sa.String(100), nullable=False),
        sa.Column("qualify_at", sa.Double),
        sa.Column("recall_hours", sa.BigInteger, nullable=False),
        sa.Column("sources", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "person",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("login", sa.String(100), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("email", sa.String(200), server_default="", nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("team", NUMBER),
        sa.Column("actor", sa.String(200)),
        sa.Column("password", sa.String(200)),
        sa.Column("capacity", sa.BigInteger),
        sa.Column("may_export", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.Column("failures", sa.BigInteger, nullable=False),
        sa.Column("locked_until", sa.BigInteger),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("left_at", sa.BigInteger),
        sa.ForeignKeyConstraint(["team"], ["team.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("actor"),
        sa.UniqueConstraint("login"),
    )
    op.create_table(
        "absence",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("person", NUMBER, nullable=False),
        sa.Column("first_day", sa.BigInteger, nullable=False),
        sa.Column("last_day", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "deed",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("person", sa.BigInteger),
        sa.Column("prefix", sa.String(16)),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("object", sa.String(300), nullable=False),
        sa.Column("refused", sa.Boolean, nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("deed_at", "deed", ["at"])


def _work() -> None:
    op.create_table(
        "assignment",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("subject", sa.String(300), nullable=False),
        sa.Column("person", NUMBER),
        sa.Column("team", NUMBER, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger),
        sa.Column("touched_at", sa.BigInteger),
        sa.Column("why", sa.String(32), nullable=False),
        sa.Column("by", sa.BigInteger),
        sa.ForeignKeyConstraint(["person"], ["person.id"]),
        sa.ForeignKeyConstraint(["team"], ["team.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "assignment_current",
        "assignment",
        ["subject"],
        unique=True,
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_index("assignment_person", "assignment", ["person", "until"])
    op.create_index("assignment_team", "assignment", ["team", "until"])
    op.create_table(
        "tap",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("subject", sa.String(300), nullable=False),
        sa.Column("target", sa.String(64), nullable=False),
        sa.Column("person", NUMBER, nullable=False),
        sa.Column("code", sa.String(32), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger),
        sa.Column("why", sa.String(200), nullable=False),
        sa.Column("note", sa.String(2000), nullable=False),
        sa.Column("band", sa.String(16), nullable=False),
        sa.Column("probability", sa.Double),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("arm", sa.String(8), nullable=False),
        sa.Column("undone_at", sa.BigInteger),
        sa.ForeignKeyConstraint(["person"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("tap_person", "tap", ["person", "at"])
    op.create_index("tap_subject", "tap", ["subject", "at"])
    op.create_table(
        "do_not_contact",
        sa.Column("subject", sa.String(300), nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("why", sa.String(200), nullable=False),
        sa.Column("person", sa.BigInteger),
        sa.PrimaryKeyConstraint("subject"),
    )
    op.create_table(
        "alert",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("key", sa.String(400), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(300), nullable=False),
        sa.Column("person", NUMBER),
        sa.Column("team", NUMBER),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
        sa.Column("settled_at", sa.BigInteger),
        sa.Column("sent_at", sa.BigInteger),
        sa.Column("attempts", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"]),
        sa.ForeignKeyConstraint(["team"], ["team.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key", name="alert_once"),
    )
    op.create_index("alert_person", "alert", ["person", "settled_at"])
    op.create_table(
        "alert_seen",
        sa.Column("alert", NUMBER, nullable=False),
        sa.Column("person", NUMBER, autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["alert"], ["alert.id"]),
        sa.PrimaryKeyConstraint("alert", "person"),
    )
    op.create_table(
        "goal",
        sa.Column("metric", sa.String(64), nullable=False),
        sa.Column("value", sa.Double, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("person", sa.BigInteger),
        sa.PrimaryKeyConstraint("metric"),
    )


def _scores() -> None:
    op.create_table(
        "score_past",
        sa.Column("target", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(300), nullable=False),
        sa.Column("day", sa.BigInteger, nullable=False),
        sa.Column("cutoff", sa.BigInteger, nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("probability", sa.Double, nullable=False),
        sa.Column("rule_probability", sa.Double),
        sa.Column("band", sa.String(16), nullable=False),
        sa.Column("expected", sa.BigInteger),
        sa.Column("reasons", sa.JSON),
        sa.Column("rule_reasons", sa.JSON),
        sa.PrimaryKeyConstraint("target", "subject", "day"),
    )
    op.create_table(
        "monitoring",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("target", sa.String(64), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("warnings", sa.JSON, nullable=False),
        sa.Column("figures", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("monitoring_newest", "monitoring", ["target", "at"])
    op.create_table(
        "promotion",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("target", sa.String(64), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("manifest_sha256", sa.String(64), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("person", sa.BigInteger),
        sa.Column("why", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("promotion_newest", "promotion", ["target", "at"])
    _first_promotions()
    op.create_table(
        "enrolment",
        sa.Column("target", sa.String(64), nullable=False),
        sa.Column("party", sa.String(300), nullable=False),
        sa.Column("subject", sa.String(300), nullable=False),
        sa.Column("at", sa.BigInteger),
        sa.Column("arm", sa.String(8), nullable=False),
        sa.Column("exempt", sa.String(32)),
        sa.Column("owner", sa.BigInteger),
        sa.Column("probability", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("target", "party"),
    )
    op.create_index("enrolment_at", "enrolment", ["target", "at"])
    op.create_index("enrolment_subject", "enrolment", ["target", "subject"])


def _first_promotions() -> None:
    """The champions there are were put in use when they say."""
    names = ("target", "version", "manifest_sha256")
    champion = sa.table("champion", *map(sa.column, names), sa.column("promoted_at"))
    promotion = sa.table("promotion", *map(sa.column, names), sa.column("at"), sa.column("why"))
    rows = sa.select(*(champion.c[name] for name in names), champion.c.promoted_at, sa.literal(""))
    op.execute(promotion.insert().from_select([*names, "at", "why"], rows))


def _jobs() -> None:
    op.create_table(
        "outgoing",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("destination", sa.String(64), nullable=False),
        sa.Column("batch", sa.String(64)),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("target", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(300), nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("before", sa.JSON),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.BigInteger, nullable=False),
        sa.Column("sent_at", sa.BigInteger),
        sa.Column("error", sa.String(500), nullable=False),
        sa.Column("person", sa.BigInteger),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("outgoing_due", "outgoing", ["destination", "state", "due_at"])
    op.create_index("outgoing_subject", "outgoing", ["destination", "target", "subject"])
    op.create_table(
        "job_run",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("job", sa.String(32), nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("finished_at", sa.BigInteger),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("said", sa.String(1000), nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("job_run_newest", "job_run", ["job", "id", "state"])
    op.create_table(
        "job_lock",
        sa.Column("job", sa.String(32), nullable=False),
        sa.Column("holder", sa.String(64), nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("job"),
    )
    op.create_table(
        "mark",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "sender",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("format", sa.String(32), nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("secret", sa.String(64), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("revoked_at", sa.BigInteger),
    )
