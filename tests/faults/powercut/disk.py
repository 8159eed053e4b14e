"""The disk that a power cut leaves: a record of file operations, stopped somewhere in it."""

import random
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import Final

_HEAD: Final = struct.Struct("<cIIqI")
_SECTOR: Final = 512  # what a disk writes whole or not at all


@dataclass(frozen=True)
class Operation:
    """One entry of the recorder: what was done to a path."""

    kind: str
    path: str
    second: str
    offset: int
    data: bytes


def read_log(log: Path) -> Iterator[Operation]:
    """The operations of a job in their order."""
    content, at = log.read_bytes(), 0
    while at < len(content):
        kind, first, second, offset, size = _HEAD.unpack_from(content, at)
        at += _HEAD.size
        texts = []
        for length in (first, second):
            texts.append(content[at : at + length].decode())
            at += length
        data = content[at : at + size] if kind == b"W" else b""
        at += len(data)
        yield Operation(kind.decode(), *texts, offset, data)


class Cut(Enum):
    """What becomes of writes that were not synced when the plug is pulled."""

    DROPPED = "dropped"
    KEPT = "kept"
    TORN = "torn"


@dataclass
class _File:
    """What is on the disk for sure, and what was written since the last sync."""

    synced: bytearray = field(default_factory=bytearray)
    pending: list[Operation] = field(default_factory=list)


class Disk:
    """Files as a job sees them, and as a power cut would leave them.

    What is not on the disk of the operations on names survives as a prefix of their order.
    `lenient`: any sync brings them all there, as journaling file systems do; otherwise only that
    of a folder does, for the names in it.
    """

    def __init__(self, files: Mapping[str, bytes], folders: set[str], *, lenient: bool) -> None:
        self._lenient = lenient
        self._names = {path: _File(bytearray(data)) for path, data in files.items()}
        self._folders = set(folders)
        self._safe_names, self._safe_folders = dict(self._names), set(folders)
        self._moves: list[tuple[Operation, _File | None]] = []

    def apply(self, operation: Operation) -> None:
        """The job goes on by one operation."""
        file = self._names.get(operation.path)
        match operation.kind:
            case "C":
                self._move(operation, _File())
            case "R" | "U" | "D" | "X":
                self._move(operation, None)
            case "W" | "T" if file is not None:
                file.pending.append(operation)
            case "S" if file is not None:
                for write in file.pending:
                    _write(file.synced, write.kind, write.offset, write.data)
                file.pending.clear()
                if self._lenient:
                    self._settle()
            case "S":
                self._settle(None if self._lenient else operation.path)

    def after(self, cut: Cut, chance: random.Random) -> tuple[dict[str, bytes], set[str]]:
        """Files and folders after a power cut at this point."""
        names, folders = dict(self._safe_names), set(self._safe_folders)
        count = {Cut.DROPPED: 0, Cut.KEPT: len(self._moves)}.get(cut)
        if count is None:
            count = chance.randint(0, len(self._moves))
        for move, file in self._moves[:count]:
            _rename(names, folders, move, file)
        files = {path: _left(file, cut, chance) for path, file in names.items()}
        return files, folders

    def _move(self, operation: Operation, file: _File | None) -> None:
        _rename(self._names, self._folders, operation, file)
        self._moves.append((operation, file))

    def _settle(self, folder: str | None = None) -> None:
        """Names are on the disk: all of them, or those in one folder."""
        waiting = []
        for move, file in self._moves:
            if folder is None or folder in {_parent(move.path), _parent(move.second)}:
                _rename(self._safe_names, self._safe_folders, move, file)
            else:
                waiting.append((move, file))
        self._moves = waiting


def _parent(path: str) -> str:
    return str(PurePosixPath(path).parent) if path else ""


def _rename(
    names: dict[str, _File], folders: set[str], move: Operation, file: _File | None
) -> None:
    match move.kind:
        case "C" if file is not None:
            names[move.path] = file
        case "U":
            names.pop(move.path, None)
        case "D":
            folders.add(move.path)
        case "X":
            folders.discard(move.path)
        case "R" if move.path in names:
            names[move.second] = names.pop(move.path)
        case "R":
            for path in [path for path in names if _below(path, move.path)]:
                names[move.second + path[len(move.path) :]] = names.pop(path)
            for path in [path for path in folders if _below(path, move.path)]:
                folders.discard(path)
                folders.add(move.second + path[len(move.path) :])


def _below(path: str, folder: str) -> bool:
    return PurePosixPath(path).is_relative_to(folder)


def _left(file: _File, cut: Cut, chance: random.Random) -> bytes:
    content = bytearray(file.synced)
    for write in file.pending if cut is not Cut.DROPPED else ():
        fate = 0.0 if cut is Cut.KEPT else chance.random()
        if fate < 0.4:
            _write(content, write.kind, write.offset, write.data)
        elif fate > 0.7 and write.kind == "W":
            for start in range(0, len(write.data), _SECTOR):
                if chance.random() < 0.5:
                    sector = write.data[start : start + _SECTOR]
                    _write(content, "W", write.offset + start, sector)
    return bytes(content)


def _write(content: bytearray, kind: str, offset: int, data: bytes) -> None:
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    if kind == "T":
        del content[offset:]
    else:
        content[offset : offset + len(data)] = data
