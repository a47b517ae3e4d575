"""The ids a CRM would have given, in order of creation."""

from dataclasses import dataclass

import numpy as np

from crm.sample.days import Ints
from crm.sample.identity import Doubles, Persons
from crm.sample.names import Objects
from crm.sample.world import World
from crm.sample.writing import ids


@dataclass(frozen=True, slots=True)
class Ids:
    """Ids by position: leads, doubles of leads, contacts, doubles of contacts; ``person`` of each contact."""

    lead: Objects
    lead_double: Objects
    contact: Objects
    contact_double: Objects
    person: Ints


def number(world: World, known: Persons, leads: Doubles, contacts: Doubles) -> Ids:
    """Numbers everything."""
    lead, lead_double = _numbered("LEA", known.created_at[: len(world.leads)], leads.created_at)
    came = world.contact_lead
    made = np.where(came >= 0, world.ends.at[came], 0)
    old = int((came < 0).sum())
    made[:old] = known.created_at[len(world.leads) :]
    contact, contact_double = _numbered("CON", made, contacts.created_at)
    person = np.where(came >= 0, came, len(world.leads) + np.arange(len(came)))
    return Ids(lead, lead_double, contact, contact_double, person)


def _numbered(prefix: str, first: Ints, second: Ints) -> tuple[Objects, Objects]:
    order = np.argsort(np.concatenate([first, second]), kind="stable")
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(1, len(order) + 1)
    named = ids(prefix, place)
    return named[: len(first)], named[len(first) :]
