"""The load each score read, so that a score of the same moment from newer data replaces it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Adds the column; of scores already there it is unknown and counts as older than any load."""
    op.add_column("score", sa.Column("load", sa.BigInteger, nullable=False, server_default="0"))
