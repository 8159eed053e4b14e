"""How often Python looks for rubbish: a list of tens of thousands of rows is none."""

import gc
from typing import Final

#: New objects between two looks. As shipped it is 700, and reading a list takes twice as long: each
#: look walks over the rows that were read so far and finds nothing, for rows make no cycles.
_NEW_OBJECTS: Final = (50_000, 20, 20)


def sweep_seldom() -> None:
    """Set it for this process; to be called where the program starts."""
    gc.set_threshold(*_NEW_OBJECTS)
