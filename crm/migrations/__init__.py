"""Brings the operations database to the newest shape; ``versions/`` holds one step a file, numbered."""

from pathlib import Path

from sqlalchemy import Connection, text

HERE = Path(__file__).parent


def newest() -> str:
    """The number of the last step, e.g. ``0001``."""
    return max(file.name[:4] for file in (HERE / "versions").glob("[0-9]*.py"))


def upgrade(connection: Connection, to: str = "head") -> None:
    """Runs the steps missing up to ``to`` in the caller's transaction; a second process finds none left."""
    from alembic import command  # noqa: PLC0415  (half a second that only a new database should cost)
    from alembic.config import Config  # noqa: PLC0415

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('leadkeep'))"))
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, to)
