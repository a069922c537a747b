"""The layouts, a module each, named for what it prints. `registry.LAYOUTS` holds them by name."""

from importlib import import_module
from pkgutil import iter_modules

from tests.records.layouts.registry import LAYOUTS, Layout

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

__all__ = ["LAYOUTS", "Layout"]
