"""Finds the definitions people add: every module of a plural folder."""

import importlib
import pkgutil
from types import ModuleType


def modules(package: str) -> dict[str, ModuleType]:
    """The modules of ``package`` by their short name, in alphabetical order.

    >>> sorted(modules("crm.connectors"))[:1]
    ['csv']
    """
    folder = importlib.import_module(package)
    names = sorted(
        info.name for info in pkgutil.iter_modules(folder.__path__) if not info.name.startswith("_")
    )
    return {name: importlib.import_module(f"{package}.{name}") for name in names}
