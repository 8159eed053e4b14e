"""Records the jobs, cuts or kills them at many points and looks at what is left."""

import hashlib
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from app.services.errors import AppError
from tests.faults.powercut.disk import Cut, Disk, Operation, read_log
from tests.faults.powercut.jobs import ACKNOWLEDGED, JOBS, Job, prepare, quicken

ROOT: Final = Path(__file__).parents[3]
#: States that are looked at for each point of a job.
_CUTS: Final = (Cut.DROPPED, Cut.KEPT, Cut.TORN, Cut.TORN)


@dataclass
class Tally:
    """What came out of the cuts of one job."""

    job: str
    cuts: int = 0
    problems: list[str] = field(default_factory=list)

    def count(self, word: str) -> int:
        """How many problems begin with a word: lost, unopenable."""
        return sum(problem.startswith(word) for problem in self.problems)


def recorder(folder: Path) -> Path | None:
    """The preload library, made here; None where there is no compiler or no preloading."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if sys.platform != "linux" or compiler is None:
        return None
    made = folder / "recorder.so"
    source = Path(__file__).with_name("recorder.c")
    flags = ["-shared", "-fPIC", "-O1", "-Wall", "-Werror"]
    subprocess.run([compiler, *flags, "-o", made, source, "-ldl", "-lpthread"], check=True)
    return made


class Site:
    """One prepared place, recorded for job after job."""

    def __init__(self, base: Path, library: Path) -> None:
        self._base = base
        self._library = library
        self._original = base / "original"
        self._work = base / "site"
        self._log = base / "log"
        self._original.mkdir()
        with pytest.MonkeyPatch.context() as patch:
            quicken(patch)
            prepare(self._original)

    def record(self, job: Job) -> tuple[list[Operation], dict[str, bytes], set[str]]:
        """Run a job on a fresh copy: what it did, and the files and folders it began with."""
        self._renew()
        files = {str(path): path.read_bytes() for path in self._work.rglob("*") if path.is_file()}
        folders = {str(path) for path in [self._work, *self._work.rglob("*")] if path.is_dir()}
        if code := self._run(job):
            raise RuntimeError(f"{job.name} ended with {code}")
        return list(read_log(self._log)), files, folders

    def kill(self, job: Job, kills: int, chance: random.Random) -> Tally:
        """Kill a job as with -9 after so many of its operations, each time other ones."""
        operations, _, _ = self.record(job)
        tally = Tally(job.name)
        with pytest.MonkeyPatch.context() as patch:
            quicken(patch)
            for _ in range(kills):
                self._renew()
                at = chance.randint(1, len(operations))
                self._run(job, CUT_KILL_AT=str(at))
                told = self._work / ACKNOWLEDGED
                lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
                tally.cuts += 1
                tally.problems += _problems(job, self._work, lines)
        return tally

    def _renew(self) -> None:
        shutil.rmtree(self._work, ignore_errors=True)
        shutil.copytree(self._original, self._work)
        self._log.unlink(missing_ok=True)

    def _run(self, job: Job, **variables: str) -> int:
        recording = {
            "LD_PRELOAD": str(self._library),
            "CUT_FOLDER": str(self._work),
            "CUT_LOG": str(self._log),
            "PYTHONUTF8": "1",
        }
        return subprocess.call(
            [sys.executable, "-m", "tests.faults.powercut.jobs", job.name, self._work],
            cwd=ROOT,
            env={**os.environ, **recording, **variables},
        )

    def cut(self, job: Job, points: int, chance: random.Random) -> Tally:
        """Pull the plug at so many points of a job, for both kinds of file system."""
        operations, files, folders = self.record(job)
        tally = Tally(job.name)
        seen: set[bytes] = set()
        with pytest.MonkeyPatch.context() as patch:
            quicken(patch)
            for lenient in (True, False):
                disk = Disk(files, folders, lenient=lenient)
                for state, acknowledged in _states(disk, operations, points, chance):
                    tally.cuts += 1
                    mark = _mark(state, acknowledged)
                    if mark not in seen:
                        seen.add(mark)
                        self._lay_out(*state)
                        tally.problems += _problems(job, self._work, acknowledged)
        return tally

    def _lay_out(self, files: dict[str, bytes], folders: set[str]) -> None:
        shutil.rmtree(self._work)
        for folder in folders:
            Path(folder).mkdir(parents=True, exist_ok=True)
        for path, data in files.items():
            if Path(path).parent.is_dir():
                Path(path).write_bytes(data)


def _problems(job: Job, site: Path, acknowledged: Sequence[str]) -> list[str]:
    problems = []
    try:
        for problem in job.problems(site, acknowledged):
            problems.append(problem)
    except AppError as error:
        problems.append(f"unopenable: {error}")
    return problems


def _states(
    disk: Disk, operations: Sequence[Operation], points: int, chance: random.Random
) -> Iterator[tuple[tuple[dict[str, bytes], set[str]], list[str]]]:
    """What is left after cuts at random points, and at the very end, with what was told by then."""
    wanted = sorted(chance.choices(range(len(operations)), k=points - 1))
    wanted.append(len(operations) - 1)
    told = b""
    for at, operation in enumerate(operations):
        if Path(operation.path).name == ACKNOWLEDGED:
            told += operation.data
        else:
            disk.apply(operation)
        for _ in range(wanted.count(at)):
            for cut in _CUTS:
                yield disk.after(cut, chance), told.decode().splitlines()


def _mark(state: tuple[dict[str, bytes], set[str]], acknowledged: Sequence[str]) -> bytes:
    digest = hashlib.sha256(repr((sorted(state[1]), acknowledged)).encode())
    for path, data in sorted(state[0].items()):
        digest.update(path.encode() + hashlib.sha256(data).digest())
    return digest.digest()


def long_run(folder: Path, cuts: int, kills: int) -> Iterator[Tally]:
    """So many power cuts and kills in all, over every job; for the command, not for tests."""
    library = recorder(folder)
    if library is None:
        raise SystemExit("需要 Linux 和 C 编译器（gcc）。")
    site, chance = Site(folder, library), random.Random()
    for job in JOBS.values():
        if cuts:
            points = -(-cuts // (len(JOBS) * 2 * len(_CUTS)))
            yield site.cut(job, points, chance)
        if kills:
            yield site.kill(job, -(-kills // len(JOBS)), chance)
