"""Every error Leadkeep raises for a person to read.

::

    LeadkeepError                 exit  http
    ├── SettingsError                3   500   the home folder or its settings.toml is unusable
    ├── MappingError                 3   422   a mapping file does not fit itself or its data file
    ├── SourceError                  4   422   an export cannot be read (encoding, empty, columns)
    │   └── TooLong                  4   413   more was sent at once than is read
    ├── HistoryError                 5   409   the stored history is missing, locked or damaged
    ├── FeatureError                 3   500   a feature is declared wrongly, or does not fit the history
    ├── PopulationError              6   409   nobody to train on or score, with the counts that say why
    ├── ModelError                   7   503   no usable model, or a bundle that fails its checks
    ├── NotFound                     8   404   an unknown subject, target or model
    ├── Forbidden                    9   403   somebody known who lacks the right
    │   └── Unauthorized             9   401   a key that is missing, wrong, too old or taken back
    └── ResourceError               10   503   a full disk, a port in use, a file that cannot be written

Exit code 0 is success, 1 an unexpected fault (a bug), 2 a wrong command line.
"""


class LeadkeepError(Exception):
    """Something went wrong that a person can mend.

    ``what`` was wrong, ``value`` is the offending value, ``where`` it was found and ``todo`` says
    what to do about it. All four appear in ``str(error)``.
    """

    exit_code = 1
    http_status = 500

    def __init__(self, what: str, *, value: object = None, where: str = "", todo: str = "") -> None:
        self.what, self.value, self.where, self.todo = what, value, where, todo
        parts = [what]
        if value is not None:
            parts.append(f"value: {value!r}")
        if where:
            parts.append(f"where: {where}")
        if todo:
            parts.append(f"what to do: {todo}")
        super().__init__("; ".join(parts))

    def as_dict(self) -> dict[str, object]:
        """The four parts and the kind, for ``--json`` output and HTTP answers."""
        return {
            "error": type(self).__name__,
            "what": self.what,
            "value": None if self.value is None else str(self.value),
            "where": self.where,
            "todo": self.todo,
        }


class SettingsError(LeadkeepError):
    exit_code, http_status = 3, 500


class MappingError(LeadkeepError):
    exit_code, http_status = 3, 422


class SourceError(LeadkeepError):
    exit_code, http_status = 4, 422


class TooLong(SourceError):
    http_status = 413


class HistoryError(LeadkeepError):
    exit_code, http_status = 5, 409


class FeatureError(LeadkeepError):
    exit_code, http_status = 3, 500


class PopulationError(LeadkeepError):
    exit_code, http_status = 6, 409


class ModelError(LeadkeepError):
    exit_code, http_status = 7, 503


class NotFound(LeadkeepError):
    exit_code, http_status = 8, 404


class Forbidden(LeadkeepError):
    exit_code, http_status = 9, 403


class Unauthorized(Forbidden):
    http_status = 401


class ResourceError(LeadkeepError):
    exit_code, http_status = 10, 503
