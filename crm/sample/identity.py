"""Who the people behind leads and contacts are: names, phones, addresses, blanks, doubles and shared hotlines."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from crm.clock import DAY, MINUTE
from crm.sample import catalog
from crm.sample.days import Floats, Ints
from crm.sample.names import Objects, People, companies, emails, people, phones, tax_codes, written
from crm.sample.world import World


@dataclass(frozen=True, slots=True)
class Persons:
    """One entry a person: all leads first, then the old customers. Blank is ``""``.

    ``lead_id``, ``contact_id`` and ``company_id`` are ids of the CRM, blank where there is none; ``national``
    is the phone as nine digits, ``phone`` as somebody wrote it.
    """

    people: People
    created_at: Ints
    national: Objects
    phone: Objects
    email: Objects
    company: Objects
    company_id: Objects
    tax_code: Objects
    channel: Ints
    campaign: Objects
    product: Objects
    industry: Objects
    province: Objects
    size: Objects
    need: Objects
    plan: Objects
    title: Objects
    hotline: Ints

    def __len__(self) -> int:
        return len(self.created_at)


@dataclass(frozen=True, slots=True)
class Doubles:
    """Second records of the same person: the person's number, when the double was made, how it is written."""

    person: Ints
    created_at: Ints
    name: Objects
    phone: Objects


def persons(rng: Generator, world: World) -> Persons:
    """Everyone in the export; what is blank does not depend on what became of the lead."""
    leads, old = world.leads, int((world.contact_lead < 0).sum())
    count = len(leads) + old
    created = np.concatenate([leads.created_at, _old_dates(rng, world, old)])
    who = people(rng, count)
    channel = np.concatenate([leads.channel, rng.integers(1, 5, old)])
    national, hotline = _phones(rng, count)
    industry = np.concatenate([leads.industry, rng.integers(0, len(catalog.INDUSTRIES), old)])
    company, has_company = _companies(rng, industry, hotline)
    contacts = np.concatenate([world.contact_of_lead >= 0, np.ones(old, bool)])
    numbered = np.cumsum(contacts & has_company)
    form = np.isin(channel, (catalog.FACEBOOK, catalog.WEBSITE))
    return Persons(
        people=who, created_at=created, national=national,
        phone=written(rng, national, channel == catalog.FACEBOOK),
        email=_kept(rng, emails(rng, who, 100), np.where(form, 0.7, 0.35)), company=company,
        company_id=np.where(contacts & has_company, "ACC" + numbered.astype(str).astype(object),
                            "").astype(object),
        tax_code=tax_codes(rng, count), channel=channel, hotline=hotline,
        **_answers(rng, world, old, industry, form, created),
    )  # fmt: skip


def _old_dates(rng: Generator, world: World, old: int) -> Ints:
    return np.asarray(
        np.sort(world.span.micros(-rng.integers(30, 1_900, old), rng.uniform(8, 17, old))), np.int64
    )


def _phones(rng: Generator, count: int) -> tuple[Objects, Ints]:
    """Nine digits each; two people in a hundred give a company's hotline, which a colleague gives too."""
    national = phones(rng, count)
    hotline = np.full(count, -1)
    sharing = rng.permutation(count)[: count // 100 * 2]
    hotline[sharing] = np.arange(len(sharing)) // 2
    lines = np.array(
        [f"28{38_000_000 + 137 * number % 1_000_000:08d}"[:10] for number in range(len(sharing) + 1)], object
    )
    return np.where(hotline >= 0, lines[hotline], national).astype(object), hotline


def _companies(rng: Generator, industry: Ints, hotline: Ints) -> tuple[Objects, NDArray[np.bool_]]:
    """Company names, blank for nearly half; who shares a hotline works for the same company."""
    name = companies(rng, industry)
    first = np.full(int(hotline.max(initial=0)) + 1, -1)
    sharing = np.flatnonzero(hotline >= 0)
    first[hotline[sharing][::-1]] = sharing[::-1]
    name[sharing] = name[first[hotline[sharing]]]
    has = (rng.random(len(industry)) < 0.55) | (hotline >= 0)
    return np.where(has, name, "").astype(object), has


def _answers(
    rng: Generator, world: World, old: int, industry: Ints, form: NDArray[np.bool_], created: Ints
) -> dict[str, Objects]:
    leads, count = world.leads, len(created)

    def both(of_leads: Ints, many: int) -> Ints:
        return np.concatenate([of_leads, rng.integers(0, many, old)])

    def words(choice: tuple[str, ...], of_leads: Ints) -> Objects:
        return np.asarray(np.array(choice, object)[both(of_leads, len(choice))])

    product = np.concatenate([leads.product, world.came_for[:old]])
    campaign = np.array(
        [catalog.CAMPAIGNS[int(c)][int(p)] for c, p in zip(leads.channel, leads.campaign, strict=True)],
        object,
    )
    place = both(leads.province, len(catalog.OLD_PROVINCES))
    before, after = (np.array([row[part] for row in catalog.OLD_PROVINCES], object)[place] for part in (0, 1))
    merged = np.datetime64("2025-07-01", "D").astype(np.int64) * DAY
    asked = np.where(form, 0.92, 0.60)
    return {
        "campaign": np.concatenate(
            [_kept(rng, campaign, np.full(len(campaign), 0.93)), np.full(old, "", object)]
        ),
        "product": _kept(
            rng, np.array([p.name for p in catalog.PRODUCTS], object)[product], np.full(count, 0.94)
        ),
        "industry": _kept(rng, np.array(catalog.INDUSTRIES, object)[industry], np.where(form, 0.9, 0.7)),
        "province": _kept(
            rng, np.where(created < merged, before, after).astype(object), np.full(count, 0.88)
        ),
        "size": _kept(rng, words(catalog.SIZES, leads.size), asked),
        "need": _kept(rng, words(catalog.NEEDS, leads.need), asked),
        "plan": _kept(rng, words(catalog.PLANS, leads.plan), asked * 0.9),
        "title": words(catalog.TITLES, leads.title),
    }


def _kept(rng: Generator, values: Objects, share: Floats) -> Objects:
    return np.where(rng.random(len(values)) < share, values, "").astype(object)


def lead_doubles(rng: Generator, world: World, known: Persons) -> Doubles:
    """One lead in thirty leaves a second form some days later, with the name and phone written differently."""
    person = np.flatnonzero(rng.random(len(world.leads)) < 1 / 30)
    created = known.created_at[person] + rng.integers(20, 25 * 1_440, len(person)) * MINUTE
    inside = created < world.span.end
    person, created = person[inside], created[inside]
    return _written_again(rng, known, person, created)


def contact_doubles(rng: Generator, world: World, known: Persons) -> Doubles:
    """One contact in a hundred was typed in a second time."""
    person = np.flatnonzero(rng.random(len(world.contact_lead)) < 0.01)
    of_person = np.where(
        world.contact_lead[person] >= 0, world.contact_lead[person], len(world.leads) + person
    )
    since = np.where(world.contact_lead[person] >= 0, world.ends.at[world.contact_lead[person]],
                     world.span.micros(
        np.zeros(len(person), np.int64), np.zeros(len(person))))  # fmt: skip
    created = (
        since + (rng.random(len(person)) * 0.9 * (world.span.end - since)).astype(np.int64) // MINUTE * MINUTE
    )
    return _written_again(rng, known, of_person, created)


def _written_again(rng: Generator, known: Persons, person: Ints, created: Ints) -> Doubles:
    plain = rng.random(len(person)) < 0.5
    name = np.where(plain, known.people.plain[person], known.people.name[person]).astype(object)
    phone = written(rng, known.national[person], rng.random(len(person)) < 0.4)
    return Doubles(person, created, name, phone)
