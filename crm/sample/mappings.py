"""The second mapping file of the sample company, in which the planted leaking fields pass for features."""

from typing import Final

from crm.sample.leaks import PLANTED

COUNTING: Final = "contact_count"
"""The planted field nobody would call fixed: only its last value is in the export, known from the import on."""


def with_leaks(mapping: str) -> str:
    """``mapping.toml`` with the planted fields as features of both lead exports, all but COUNTING fixed."""
    names = ", ".join(f'"{name}"' for _, name, _, _ in PLANTED)
    fixed = ", ".join(f'"{name}"' for _, name, _, _ in PLANTED if name != COUNTING)
    custom = "".join(
        f'{name} = {{ column = "{heading}", type = "{kind}" }}\n' for heading, name, kind, _ in PLANTED
    )
    entries = mapping.split("[[table]]\n")
    for place, entry in enumerate(entries):
        if entry.startswith('table = "lead"'):
            leaky = entry.replace("\nfixed = [", f"\nfixed = [{fixed}, ", 1)
            leaky = leaky.replace("\nfeature = [", f"\nfeature = [{names}, ", 1)
            entries[place] = leaky.replace("[table.custom]\n", f"[table.custom]\n{custom}", 1)
    return "[[table]]\n".join(entries)
