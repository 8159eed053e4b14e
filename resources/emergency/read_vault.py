#!/usr/bin/env python3
"""应急读取：没有本程序时，用恢复码把学籍库的数据库变成普通的 SQLite 文件。

    python3 read_vault.py core.db 输出.sqlite [恢复码.txt]

只需要 Python 3.8 以上和 cryptography 库（pip install cryptography）。恢复码照恢复单输入四行，
或写在文本文件里。core.db 是全部登记，media.db 是照片和扫描件（表 blobs，一行一件），用法相同。
输出是明文：用完立即删除，不要放在 U 盘或共享文件夹里。

格式（SQLCipher 4，供日后重写这个文件的人）：每页 4096 字节；第 1 页开头 16 字节是盐，原处应为
"SQLite format 3\\0"；每页末尾 80 字节是 16 字节初始向量和 64 字节 HMAC-SHA512。密钥 32 字节，直接
用于 AES-256-CBC；校验密钥 = PBKDF2-HMAC-SHA512(密钥, 盐各字节异或 0x3A, 2 次, 32 字节)；校验的内容
是密文、初始向量和页号（4 字节，低位在前）。旁边的 -wal 按 SQLite 的 WAL 格式，页同样加密。
恢复码是密钥的 Crockford base32：四行，每行 13 个数据字符加 3 个校验字符（这里不用校验字符，因为
密钥对不对由第 1 页的校验值说明）。
"""

import hashlib
import hmac
import struct
import sys
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

PAGE, RESERVE, SALT = 4096, 80, 16
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def key_of(code):
    """The key of a recovery code as typed."""
    text = code.upper().translate(str.maketrans("ILO", "110"))
    plain = "".join(character for character in text if character in ALPHABET)
    if len(plain) != 64:
        raise SystemExit(f"恢复码应有 64 个字符，实有 {len(plain)} 个，请对照恢复单。")
    number = 0
    for line in range(4):
        for character in plain[line * 16 : line * 16 + 13]:
            number = number << 5 | ALPHABET.index(character)
    return (number >> 4).to_bytes(32, "big")


class Pages:
    """Decrypts the pages of one database."""

    def __init__(self, key, salt):
        self.key = key
        bent = bytes(byte ^ 0x3A for byte in salt)
        self.check_key = hashlib.pbkdf2_hmac("sha512", key, bent, 2, 32)

    def open(self, page, number):
        """The plain page, and whether its HMAC fits."""
        start = SALT if number == 1 else 0
        body, vector = page[start:-RESERVE], page[-RESERVE : 16 - RESERVE]
        check = hmac.new(self.check_key, body + vector + struct.pack("<I", number), "sha512")
        sound = hmac.compare_digest(check.digest(), page[16 - RESERVE :])
        cipher = Cipher(algorithms.AES(self.key), modes.CBC(vector)).decryptor()
        plain = cipher.update(body) + cipher.finalize()
        head = b"SQLite format 3\0" if number == 1 else b""
        return head + plain + bytes(RESERVE), sound


def committed(log):
    """Pages of a -wal file that were committed: number → encrypted page; and the final size."""
    if len(log) < 32:
        return {}, None
    magic, _, size, _, salt1, salt2, sum1, sum2 = struct.unpack(">8I", log[:32])
    order = ">" if magic & 1 else "<"
    sums = checksum(log[:24], (0, 0), order)
    kept, pending, pages = {}, {}, None
    if size != PAGE or sums != (sum1, sum2):
        return kept, pages
    for at in range(32, len(log) - PAGE - 23, PAGE + 24):
        head, page = log[at : at + 24], log[at + 24 : at + 24 + PAGE]
        number, commit, mark1, mark2, sum1, sum2 = struct.unpack(">6I", head)
        sums = checksum(head[:8] + page, sums, order)
        if (mark1, mark2) != (salt1, salt2) or sums != (sum1, sum2):
            break
        pending[number] = page
        if commit:
            kept.update(pending)
            pending, pages = {}, commit
    return kept, pages


def checksum(data, sums, order):
    """SQLite's running checksum of a WAL."""
    first, second = sums
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for even, odd in zip(words[::2], words[1::2]):  # noqa: B905 (also for Python 3.8)
        first = (first + even + second) & 0xFFFFFFFF
        second = (second + odd + first) & 0xFFFFFFFF
    return first, second


def read(source, target, key):
    """Write the plain database; answers the numbers of the pages that are damaged."""
    log = Path(f"{source}-wal")
    changed, total = committed(log.read_bytes() if log.exists() else b"")
    damaged = []
    with Path(source).open("rb") as encrypted:
        count = total or Path(source).stat().st_size // PAGE
        first = changed.get(1) or encrypted.read(PAGE)
        pages = Pages(key, first[:SALT])
        if len(first) < PAGE or not pages.open(first, 1)[1]:
            raise SystemExit("恢复码打不开这个文件：不是它的恢复单，或文件开头已损坏。")
        with Path(target).open("xb") as plain:
            for number in range(1, count + 1):
                encrypted.seek((number - 1) * PAGE)
                page = changed.get(number) or encrypted.read(PAGE)
                content, sound = pages.open(page.ljust(PAGE, b"\0"), number)
                if number == 1:
                    content = content[:18] + b"\1\1" + content[20:]  # no WAL beside the copy
                if not sound:
                    damaged.append(number)
                plain.write(content)
    return damaged


def main(arguments):
    if len(arguments) not in (2, 3):
        raise SystemExit(__doc__)
    if len(arguments) == 3:
        code = Path(arguments[2]).read_text(encoding="utf-8-sig")
    else:
        code = "".join(input(f"恢复码第 {line} 行：") for line in range(1, 5))
    damaged = read(arguments[0], arguments[1], key_of(code))
    print(f"已写出 {arguments[1]}。" + (f"损坏的页：{damaged}" if damaged else "各页完好。"))
    print("输出是明文，用完请立即删除。")


if __name__ == "__main__":
    main(sys.argv[1:])
