"""Photographs and scans come back as they were put in, and nothing changes them."""

import hashlib
from pathlib import Path

import pytest
import sqlcipher3.dbapi2 as sqlcipher

from app.services.errors import BlobMissing, RegisterDamaged, RegisterForeign
from app.services.progress import finish
from app.services.vault.database import MEDIA_ID, open_keyed
from app.services.vault.keys import new_key
from app.services.vault.media import MediaStore
from tests.conftest import MadeVault

PICTURE = b"\xff\xd8 an invented picture \xff\xd9" * 50


def test_a_blob_comes_back_by_its_digest(media: MediaStore) -> None:
    sha256 = media.put(PICTURE)
    assert sha256 == hashlib.sha256(PICTURE).hexdigest()
    assert media.get(sha256) == PICTURE
    assert media.has(sha256)


def test_the_same_picture_twice_is_one_blob(media: MediaStore) -> None:
    assert media.put(PICTURE) == media.put(PICTURE)
    assert media.put_all([PICTURE, PICTURE, b"other"])[:2] == [media.put(PICTURE)] * 2
    assert finish(media.verify()) == ()


def test_many_blobs_keep_their_order(media: MediaStore) -> None:
    pictures = [bytes([n]) * 1000 for n in range(100)]
    names = media.put_all(iter(pictures))
    assert [media.get(name) for name in names] == pictures
    assert media.missing([*names, "0" * 64]) == {"0" * 64}


def test_a_blob_that_is_not_there_is_named(media: MediaStore) -> None:
    assert not media.has("0" * 64)
    with pytest.raises(BlobMissing, match=r"0000.*备份恢复"):
        media.get("0" * 64)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE blobs SET data = x'00'",
        "DELETE FROM blobs",
        "REPLACE INTO blobs SELECT sha256, 1, x'00' FROM blobs",
        "DROP TABLE blobs",
    ],
)
def test_blobs_are_not_changed_by_any_connection_of_ours(
    made: MadeVault, media: MediaStore, statement: str
) -> None:
    sha256 = media.put(PICTURE)
    connection = open_keyed(made.folder / "media.db", made.key, application_id=MEDIA_ID)
    with pytest.raises(sqlcipher.DatabaseError, match=r"not authorized|影像不能"):
        connection.execute(statement)
    connection.close()
    assert media.get(sha256) == PICTURE


def test_a_blob_changed_from_outside_is_found(made: MadeVault, media: MediaStore) -> None:
    sha256 = media.put(PICTURE)
    media.put(b"sound")
    connection = sqlcipher.connect(made.folder / "media.db", isolation_level=None)
    connection.set_key(f"x'{made.key.hex()}'")
    connection.execute("DROP TRIGGER blobs_no_update")
    connection.execute("UPDATE blobs SET data = x'00' WHERE sha256 = ?", (sha256,))
    connection.close()
    (finding,) = finish(media.verify())
    assert sha256 in finding


def test_a_damaged_file_is_found(made: MadeVault) -> None:
    store = MediaStore(made.folder / "media.db", made.key)
    store.put(PICTURE * 20)
    store.close()
    path = made.folder / "media.db"
    content = bytearray(path.read_bytes())
    content[-1000] ^= 1
    path.write_bytes(content)
    store = MediaStore(path, made.key)
    assert finish(store.verify())
    store.dispose()


def test_neither_another_key_nor_the_register_itself_opens_as_media(made: MadeVault) -> None:
    with pytest.raises(RegisterDamaged):
        MediaStore(made.folder / "media.db", new_key())
    with pytest.raises(RegisterForeign):
        MediaStore(made.folder / "core.db", made.key)


@pytest.mark.promise(1)
def test_pictures_are_not_readable_in_the_file(made: MadeVault) -> None:
    store = MediaStore(made.folder / "media.db", made.key)
    store.put(PICTURE)
    assert not _holding(made.folder, b"invented picture")
    store.close()
    assert not _holding(made.folder, b"invented picture")


def _holding(folder: Path, marker: bytes) -> list[Path]:
    return [path for path in folder.iterdir() if marker in path.read_bytes()]
