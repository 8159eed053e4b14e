"""Where a register may lie: on a fixed disk of this PC, not on a stick and not on a network.

A drive is refused only when what it is is certain; when it cannot be told, the registrar is
warned. SQLite's locks are not to be trusted on network drives, and a stick gets lost.
"""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PureWindowsPath

from app.services.errors import PlaceRefused

#: Names the vault that the program opens when it is told none.
VAULT_VARIABLE = "XUEJI_VAULT"
_NETWORK = frozenset(
    {
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "ceph", "glusterfs", "davfs",
        "fuse.sshfs", "fuse.rclone", "fuse.davfs2", "fuse.glusterfs", "fuse.gvfsd-fuse",
    }
)  # fmt: skip
_PORTABLE = frozenset({"vfat", "exfat", "msdos", "fat32", "fat"})
_LOCAL = frozenset(
    {
        "ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "jfs", "reiserfs", "bcachefs",
        "overlay", "tmpfs", "ramfs", "rootfs", "ntfs", "ntfs3", "refs", "apfs", "hfs",
    }
)  # fmt: skip


def default_vault(remembered: Path | None = None) -> Path:
    """The vault of this PC: the one that XUEJI_VAULT names, the one opened last, or ~/学籍库."""
    named = os.environ.get(VAULT_VARIABLE)
    return Path(named) if named else remembered or Path.home() / "学籍库"


class DriveKind(StrEnum):
    """What the folder lies on."""

    FIXED = "本机固定磁盘"
    REMOVABLE = "移动存储设备"
    NETWORK = "网络驱动器"
    UNKNOWN = "无法判断的磁盘"


@dataclass(frozen=True, slots=True)
class Volume:
    """What the system says of the drive under a folder.

    `detachable`: the device says so itself (Linux: its removable flag, or it hangs on USB);
    None when there is no device to ask.
    """

    mount: str
    fstype: str
    options: frozenset[str] = frozenset()
    detachable: bool | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement of a place, with the sentence to show ("" when there is nothing to say)."""

    kind: DriveKind
    certain: bool
    sentence: str

    @property
    def refused(self) -> bool:
        """Only what is certainly wrong is refused."""
        return self.certain and self.kind in {DriveKind.REMOVABLE, DriveKind.NETWORK}


def judge(folder: Path) -> Verdict:
    """Judge the place of a folder that exists or is yet to be made."""
    if PureWindowsPath(folder).drive.startswith("\\\\"):
        return _verdict(str(folder), DriveKind.NETWORK, certain=True)
    return judge_volume(volume_of(folder))


def demand_fixed(folder: Path) -> str:
    """Refuse a place that is certainly wrong; otherwise the warning to show, or ""."""
    verdict = judge(folder)
    if verdict.refused:
        raise PlaceRefused(reason=verdict.sentence)
    return verdict.sentence


def judge_volume(volume: Volume | None) -> Verdict:
    """Judge a drive by what the system says of it."""
    if volume is None:
        return _verdict("该文件夹", DriveKind.UNKNOWN, certain=False)
    fstype = volume.fstype.lower()
    if fstype in _NETWORK or "remote" in volume.options:
        return _verdict(volume.mount, DriveKind.NETWORK, certain=True)
    if volume.detachable or "removable" in volume.options:
        return _verdict(volume.mount, DriveKind.REMOVABLE, certain=True)
    if fstype in _PORTABLE and "fixed" not in volume.options:
        return _verdict(volume.mount, DriveKind.REMOVABLE, certain=False)
    if fstype in _LOCAL or "fixed" in volume.options:
        return _verdict(volume.mount, DriveKind.FIXED, certain=True)
    return _verdict(volume.mount, DriveKind.UNKNOWN, certain=False)


def _verdict(where: str, kind: DriveKind, *, certain: bool) -> Verdict:
    if kind is DriveKind.FIXED:
        sentence = ""
    elif certain:
        sentence = f"“{where}”是{kind}。"
    elif kind is DriveKind.UNKNOWN:
        sentence = (
            f"不能确定“{where}”是不是本机固定磁盘；学籍库不得放在移动存储或网络位置，请人工确认。"
        )
    else:
        sentence = f"“{where}”的格式常见于{kind}，请人工确认它是本机固定磁盘。"
    return Verdict(kind, certain, sentence)


def volume_of(folder: Path) -> Volume | None:
    """The drive under a folder, or under the nearest folder above it that exists."""
    import psutil  # what the window needs before its first picture does not ask for it

    place = folder.resolve()
    mounted = [
        part for part in psutil.disk_partitions(all=True) if place.is_relative_to(part.mountpoint)
    ]
    if not mounted:
        return None
    part = max(mounted, key=lambda candidate: len(Path(candidate.mountpoint).parts))
    detachable = _detachable(Path(part.device)) if sys.platform == "linux" else None
    return Volume(part.mountpoint, part.fstype, frozenset(part.opts.split(",")), detachable)


def _detachable(device: Path, classes: Path = Path("/sys/class/block")) -> bool | None:
    """Whether a block device, or one under it (LUKS, LVM), can be pulled out; None: no device."""
    if not device.is_absolute() or not device.exists():
        return None
    node = classes / device.resolve().name
    if not node.exists():
        return None
    return any(_pluggable(disk) for disk in _disks(node))


def _disks(node: Path) -> Iterator[Path]:
    """The disks that a device consists of, as places in /sys/devices."""
    under = list((node / "slaves").glob("*")) if (node / "slaves").is_dir() else []
    for slave in under:
        yield from _disks(slave)
    if not under:
        real = node.resolve()
        yield real.parent if (real / "partition").exists() else real


def _pluggable(disk: Path) -> bool:
    flag = disk / "removable"
    hangs_on_usb = any(part.startswith("usb") for part in disk.parts)
    return hangs_on_usb or (flag.exists() and flag.read_text().strip() == "1")
