"""The register stays on a fixed disk: sticks and network drives are refused when certain."""

from pathlib import Path

import pytest

from app.services.errors import PlaceRefused
from app.services.vault import places
from app.services.vault.places import DriveKind, Volume, judge, judge_volume

CERTAINLY_WRONG = [
    (Volume("/media/u", "vfat", detachable=True), DriveKind.REMOVABLE),
    (Volume("/media/u", "ext4", detachable=True), DriveKind.REMOVABLE),
    (Volume("E:\\", "exFAT", frozenset({"rw", "removable"})), DriveKind.REMOVABLE),
    (Volume("E:\\", "NTFS", frozenset({"rw", "removable"})), DriveKind.REMOVABLE),
    (Volume("Z:\\", "NTFS", frozenset({"rw", "remote"})), DriveKind.NETWORK),
    *(
        (Volume("/mnt/s", fstype), DriveKind.NETWORK)
        for fstype in ("nfs", "nfs4", "cifs", "smb3", "fuse.sshfs")
    ),
]
UNCERTAIN = [
    Volume("/mnt/d", "vfat", detachable=False),  # may be a card reader, may be a partition
    Volume("/mnt/d", "exfat"),
    Volume("/mnt/d", "fuseblk", detachable=False),  # NTFS through FUSE on the PC's own disk
    Volume("/mnt/host", "9p"),
    Volume("/mnt/x", "newfs"),
    None,
]
FIXED = [
    *(Volume("/", fstype) for fstype in ("ext4", "xfs", "btrfs", "overlay", "tmpfs", "zfs")),
    Volume("/home", "ext4", detachable=False),
    Volume("C:\\", "NTFS", frozenset({"rw", "fixed"})),
    Volume("D:\\", "FAT32", frozenset({"rw", "fixed"})),
]


@pytest.mark.promise(28)
@pytest.mark.parametrize(("volume", "kind"), CERTAINLY_WRONG)
def test_sticks_and_network_drives_are_refused_by_name(volume: Volume, kind: DriveKind) -> None:
    verdict = judge_volume(volume)
    assert (verdict.refused, verdict.kind) == (True, kind)
    assert volume.mount in verdict.sentence
    assert kind.value in verdict.sentence


@pytest.mark.parametrize("volume", UNCERTAIN)
def test_what_cannot_be_told_is_a_warning_not_a_refusal(volume: Volume | None) -> None:
    verdict = judge_volume(volume)
    assert not verdict.refused
    assert not verdict.certain
    assert "人工确认" in verdict.sentence


@pytest.mark.parametrize("volume", FIXED)
def test_the_disks_of_the_pc_and_of_containers_are_taken_in_silence(volume: Volume) -> None:
    verdict = judge_volume(volume)
    assert (verdict.refused, verdict.sentence) == (False, "")


def test_this_very_disk_is_not_refused(tmp_path: Path) -> None:
    assert not judge(tmp_path / "学籍库" / "不存在的下级").refused


@pytest.mark.promise(28)
def test_a_windows_share_is_refused() -> None:
    assert judge(Path(r"\\server\share\学籍库")).refused


def test_a_refusal_says_where_the_register_belongs(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(places, "volume_of", lambda _: Volume("/mnt/s", "nfs"))
    with pytest.raises(PlaceRefused, match=r"网络驱动器.*本机固定磁盘"):
        places.demand_fixed(tmp_path)


def make_disk(root: Path, name: str, *, removable: str, bus: str = "ata1") -> Path:
    """A disk with one partition as Linux shows it below /sys; answers the place of classes."""
    disk = root / "devices" / bus / "block" / name
    (disk / f"{name}1").mkdir(parents=True)
    (disk / "removable").write_text(removable + "\n")
    (disk / f"{name}1" / "partition").write_text("1\n")
    classes = root / "class" / "block"
    classes.mkdir(parents=True, exist_ok=True)
    (classes / name).symlink_to(disk)
    (classes / f"{name}1").symlink_to(disk / f"{name}1")
    return classes


@pytest.mark.parametrize(
    ("removable", "bus", "expected"),
    [("0", "ata1", False), ("1", "pci0", True), ("0", "usb2", True)],
)
def test_linux_tells_of_a_partition_whether_its_disk_can_be_pulled_out(
    tmp_path: Path, removable: str, bus: str, expected: bool
) -> None:
    classes = make_disk(tmp_path, "sdb", removable=removable, bus=bus)
    device = tmp_path / "dev" / "sdb1"
    device.parent.mkdir()
    device.touch()
    assert places._detachable(device, classes) is expected


@pytest.mark.promise(28)
def test_an_encrypted_volume_on_a_stick_is_still_a_stick(tmp_path: Path) -> None:
    classes = make_disk(tmp_path, "sdb", removable="1")
    mapper = tmp_path / "devices" / "virtual" / "dm-0"
    (mapper / "slaves").mkdir(parents=True)
    (mapper / "slaves" / "sdb1").symlink_to(classes / "sdb1")
    (classes / "dm-0").symlink_to(mapper)
    device = tmp_path / "dm-0"
    device.touch()
    assert places._detachable(device, classes) is True


def test_something_that_is_no_block_device_is_not_judged(tmp_path: Path) -> None:
    assert places._detachable(Path("overlay"), tmp_path) is None
    assert places._detachable(Path("/no/such/device"), tmp_path) is None
