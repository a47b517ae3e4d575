"""Keys, sign-ins, score runs, current scores, champions."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "api_key",
        sa.Column("prefix", sa.String(16), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("revoked_at", sa.BigInteger),
    )
    op.create_table(
        "sign_in",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("prefix", sa.String(16), sa.ForeignKey("api_key.prefix")),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "champion",
        sa.Column("target", sa.String(64), primary_key=True),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("manifest_sha256", sa.String(64), nullable=False),
        sa.Column("promoted_at", sa.BigInteger, nullable=False),
    )
    _scores()


def _scores() -> None:
    op.create_table(
        "score_run",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("target", sa.String(64), nullable=False),
        sa.Column("cutoff", sa.BigInteger, nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("horizon_days", sa.BigInteger, nullable=False),
        sa.Column("load", sa.BigInteger, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("finished_at", sa.BigInteger),
        sa.Column("people", sa.BigInteger, nullable=False),
        sa.Column("counts", sa.JSON, nullable=False),
        sa.Column("thresholds", sa.JSON, nullable=False),
    )
    op.create_index("score_run_newest", "score_run", ["target", "cutoff"])
    op.create_table(
        "score",
        sa.Column("target", sa.String(64), primary_key=True),
        sa.Column("subject", sa.String(300), primary_key=True),
        sa.Column("cutoff", sa.BigInteger, nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("probability", sa.Float, nullable=False),
        sa.Column("raw", sa.Float, nullable=False),
        sa.Column("band", sa.String(16), nullable=False),
        sa.Column("value", sa.BigInteger),
        sa.Column("expected", sa.BigInteger),
        sa.Column("reasons", sa.JSON, nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("source_id", sa.String(200), nullable=False),
    )
    op.create_index("score_worklist", "score", ["target", "band", "expected"])
