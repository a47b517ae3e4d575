"""Every declared feature by group, as found in ``features/groups``."""

from collections.abc import Iterator
from functools import cache

from crm.discover import modules
from crm.errors import FeatureError
from features.declare import Family, Feature, Group, named


@cache
def groups() -> dict[str, Group]:
    """Group name -> what the group is about."""
    return {name: _group(name) for name in modules("features.groups")}


def declared(group: str) -> Iterator[tuple[str, Feature | Family]]:
    """Names and declarations of one group, in the order of its file.

    Raises FeatureError for a group that does not exist.
    """
    found = modules("features.groups")
    if group not in found:
        raise FeatureError("no such feature group", value=group, todo=f"one of {', '.join(found)}")
    for name, thing in vars(found[group]).items():
        if isinstance(thing, Feature):
            yield name, named(thing, name, group)
        elif isinstance(thing, Family):
            yield name, thing
        elif isinstance(thing, dict) and thing and all(isinstance(f, Feature) for f in thing.values()):
            for suffix, feature in thing.items():
                yield name + suffix, named(feature, name + suffix, group)


def for_subject(subject: str) -> list[str]:
    """Groups that describe this kind of subject."""
    return [name for name, group in groups().items() if subject in group.subjects]


def _group(name: str) -> Group:
    group = getattr(modules("features.groups")[name], "GROUP", None)
    if not isinstance(group, Group):
        raise FeatureError("a group file must define GROUP", value=name, where=f"features/groups/{name}.py")
    return group


def described(group: str) -> Iterator[dict[str, str]]:
    """A row for each feature of a group: its name, unit, and what it says in both languages."""
    about = groups()[group]
    for name, declared_one in declared(group):
        words = declared_one.wording
        yield {
            "group": group,
            "group_en": about.en,
            "group_vi": about.vi,
            "name": name + ("_…" if isinstance(declared_one, Family) else ""),
            "unit": declared_one.unit,
            "sense": declared_one.sense,
            "en": words.label("en"),
            "vi": words.label("vi"),
        }
