"""How pycdlib is made to give the same bytes every time, and in half the time."""

import gc
import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cache
from types import SimpleNamespace


@contextmanager
def undisturbed() -> Iterator[None]:
    """No garbage collection meanwhile: a layout is some hundred thousand objects that all stay,
    and walking them again and again takes as long as making them."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@contextmanager
def frozen(day: date, seed: str) -> Iterator[None]:
    """pycdlib with the clock at midnight UTC of `day`, and with no chance.

    It takes time, time zone and a random set identifier from module globals and has no option
    for any of them.
    """
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
    utc = cache(time.gmtime)
    shims = {
        time: SimpleNamespace(
            time=lambda: moment, localtime=utc, gmtime=utc, strftime=time.strftime
        ),
        random: random.Random(seed),  # noqa: S311 - it is to be foreseeable
    }
    modules = [module for name, module in sys.modules.items() if name.startswith("pycdlib.")]
    replaced = [
        (module, original)
        for module in modules
        for original in shims
        if getattr(module, original.__name__, None) is original
    ]
    try:
        for module, original in replaced:
            setattr(module, original.__name__, shims[original])
        with undisturbed():
            yield
    finally:
        for module, original in replaced:
            setattr(module, original.__name__, original)
