"""Finds the definitions people add: every module of a plural folder."""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType, ModuleType


@cache
def modules(package: str) -> Mapping[str, ModuleType]:
    """The modules of ``package`` by their short name, in alphabetical order; looked for once in a process.

    >>> sorted(modules("crm.connectors"))[:1]
    ['csv']
    """
    folder = importlib.import_module(package)
    names = sorted(
        info.name for info in pkgutil.iter_modules(folder.__path__) if not info.name.startswith("_")
    )
    return MappingProxyType({name: importlib.import_module(f"{package}.{name}") for name in names})
