"""Which events a feature looks at: data, never query text."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

from crm.errors import FeatureError
from crm.events import Signature

RECORD_KINDS = (
    "created",
    "change",
    "converted",
    "lost",
    "deal_opened",
    "deal_won",
    "deal_lost",
    "quote",
    "contract",
    "order",
    "delivery",
    "return",
    "refund",
    "item",
    "invoice",
    "invoice_overdue",
    "payment",
    "subscription",
    "subscription_active",
    "subscription_term",
    "subscription_ended",
    "ticket",
    "ticket_open",
    "ticket_replied",
    "ticket_resolved",
    "csat",
    "callback_planned",
    "callback_overdue",
    "callback_done",
)
"""Kinds that records other than activities leave; every other kind is an activity."""

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Selector:
    """Events whose words are among those given; an empty tuple takes any word.

    ``without`` refuses kinds, ``other_than`` refuses values of ``other_column`` (the "rest" of a family).
    ``least`` is the smallest value or duration (``measure``) that counts.

    >>> Selector(kind=("call",), direction=("out",)).takes(Signature("call", direction="out"))
    True
    """

    kind: Words = ()
    field: Words = ()
    code: Words = ()
    channel: Words = ()
    direction: Words = ()
    without: Words = ()
    other_column: str = ""
    other_than: Words = ()
    measure: str = ""
    least: int = 0

    def takes(self, signature: Signature) -> bool:
        """Whether an event with these words is looked at (before the range of its number)."""
        if signature.kind in self.without:
            return False
        if self.other_column and getattr(signature, self.other_column) in (*self.other_than, ""):
            return False
        return all(
            not allowed or word in allowed
            for allowed, word in (
                (self.kind, signature.kind),
                (self.field, signature.field),
                (self.code, signature.code),
                (self.channel, signature.channel),
                (self.direction, signature.direction),
            )
        )

    def narrowed(self, column: str, word: str) -> "Selector":
        """The same selector for one word of ``column`` only."""
        without = () if column == "kind" else self.without
        return Selector.from_dict(self.as_dict() | {column: (word,), "without": without})

    def as_dict(self) -> dict[str, object]:
        """Only what differs from "any event", for JSON."""
        return {
            f.name: list(value) if isinstance(value := getattr(self, f.name), tuple) else value
            for f in fields(self)
            if getattr(self, f.name) != f.default
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> "Selector":
        """The inverse of :meth:`as_dict`."""
        return cls(**{k: tuple(v) if isinstance(v, list) else v for k, v in data.items()})  # type: ignore[arg-type]


def selector(
    kind: str | Iterable[str] = (),
    *,
    field: str | Iterable[str] = (),
    code: str | Iterable[str] = (),
    channel: str | Iterable[str] = (),
    direction: str | Iterable[str] = (),
    longer_than: int | None = None,
    at_least: int | None = None,
) -> Selector:
    """A selector from single words or several; kind ``"activity"`` means every kind that is not a record's.

    ``longer_than`` is in seconds of duration, ``at_least`` in units of value.
    """
    if longer_than is not None and at_least is not None:
        raise FeatureError("a selector limits the duration or the value, not both", value=kind)
    kinds = _words(kind)
    activity = kinds == ("activity",)
    return Selector(
        kind=() if activity else kinds,
        without=RECORD_KINDS if activity else (),
        field=_words(field),
        code=_words(code),
        channel=_words(channel),
        direction=_words(direction),
        measure="duration" if longer_than is not None else "value" if at_least is not None else "",
        least=longer_than + 1 if longer_than is not None else at_least or 0,
    )


def _words(given: str | Iterable[str]) -> Words:
    return (given,) if isinstance(given, str) else tuple(given)
