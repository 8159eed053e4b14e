"""Power cuts over the program's own operations: nothing acknowledged is lost, all is whole."""

import random

import pytest

from tests.faults.powercut.jobs import JOBS
from tests.faults.powercut.runner import Site, recorder


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    base = tmp_path_factory.mktemp("断电")
    library = recorder(base)
    if library is None:
        pytest.skip("no C compiler to record with, or not Linux")
    return Site(base, library)


@pytest.mark.slow
@pytest.mark.promise(13, 16, 17, 18, 24, 58)
@pytest.mark.parametrize("name", JOBS)
def test_after_a_power_cut_all_is_whole_and_nothing_told_is_lost(site: Site, name: str) -> None:
    tally = site.cut(JOBS[name], points=5, chance=random.Random(name))
    assert tally.cuts == 40
    assert tally.problems == []


@pytest.mark.slow
@pytest.mark.promise(20)
@pytest.mark.parametrize("name", JOBS)
def test_after_kill_9_all_is_whole_and_nothing_told_is_lost(site: Site, name: str) -> None:
    tally = site.kill(JOBS[name], kills=2, chance=random.Random(name))
    assert tally.problems == []
