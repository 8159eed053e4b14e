"""Where the files lie that ship with the program: forms, fonts, code tables, the viewer."""

import sys
from pathlib import Path


def resource(*parts: str) -> Path:
    """Path of a shipped file, in the source tree and in the built program alike."""
    frozen = getattr(sys, "_MEIPASS", None)
    root = Path(frozen) if frozen else Path(__file__).resolve().parents[2]
    return root.joinpath("resources", *parts)
