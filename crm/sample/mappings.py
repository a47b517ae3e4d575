"""The second mapping file of the sample company, in which the planted leaking fields pass for features."""

from crm.sample.leaks import PLANTED


def with_leaks(mapping: str) -> str:
    """``mapping.toml`` with the planted fields as fixed features of both lead exports."""
    names = ", ".join(f'"{name}"' for _, name, _, _ in PLANTED)
    custom = "".join(
        f'{name} = {{ column = "{heading}", type = "{kind}" }}\n' for heading, name, kind, _ in PLANTED
    )
    entries = mapping.split("[[table]]\n")
    for place, entry in enumerate(entries):
        if entry.startswith('table = "lead"'):
            leaky = entry.replace("\nfixed = [", f"\nfixed = [{names}, ", 1)
            leaky = leaky.replace("\nfeature = [", f"\nfeature = [{names}, ", 1)
            entries[place] = leaky.replace("[table.custom]\n", f"[table.custom]\n{custom}", 1)
    return "[[table]]\n".join(entries)
