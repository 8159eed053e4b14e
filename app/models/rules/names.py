"""姓名: tidy, compare, read and find them, whatever characters they hold.

A name keeps its code points: nothing here normalises an ideograph that is stored. Readings come
from pypinyin's single characters, imported when a name is first read, and from two tables of our
own: surnames, and characters that live given names read in several ways.
"""

import os
import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import product
from math import prod
from types import MappingProxyType
from typing import Final

MIDDLE_DOT: Final = "·"  # U+00B7, GB 18030 A1A4: the sign the notice of 2016 prescribes

#: What is known of characters that pypinyin lacks: character -> reading.
NO_RARE: Final[Mapping[str, str]] = MappingProxyType({})

_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_VARIATION_SELECTORS = re.compile(r"[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_DOTS: Final = "•‧∙⋅・･·"
_ANY_DOT = re.compile(rf"[{_DOTS}.．]")
_IDEOGRAPH: Final = (
    "\u2e80-\u2fdf\u3007\u3400-\u4dbf\u4e00-\u9fff\ue000-\uf8ff\uf900-\ufaff"
    "\U00020000-\U0003ffff\U000f0000-\U0010fffd"
)
_HAN_LIKE: Final = rf"{_IDEOGRAPH}?？\ufffd\ufe00-\ufe0f\U000e0100-\U000e01ef"
_BLANK_IN_HAN = re.compile(rf"(?<=[{_HAN_LIKE}])\s+(?=[{_HAN_LIKE}])")
_BLANK_AT_DOT = re.compile(rf"\s*([{_DOTS}])\s*")
_STOP_IN_HAN = re.compile(rf"(?<=[{_HAN_LIKE}])\s*[.．]\s*(?=[{_HAN_LIKE}])")
_IS_IDEOGRAPH = re.compile(f"[{_IDEOGRAPH}]")
_LATIN_OR_HAN = re.compile(rf"[{_IDEOGRAPH}]|[^\W\d_{_IDEOGRAPH}]+")
_HALF_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}

# A character that a code page lacks is written as ? or ??; others draw U+FFFD, □ or 〓.
_HOLES = re.compile(r"\?+|？|[\ufffd□〓]")

# Each name is keyed under every reading it may have; names of many characters with several
# readings each stay below this number of spellings.
_MAX_SPELLINGS: Final = 12


def _table(text: str) -> dict[str, tuple[str, ...]]:
    """`单 shàn,dān` items, separated by semicolons or lines, as character -> readings."""
    entries = (item.split(maxsplit=1) for item in re.split(r"[;\n]", text) if item.strip())
    return {word: tuple(readings.strip().split(",")) for word, readings in entries}


# Surnames whose reading, or its tone, differs from the everyday one, and surnames whose character
# is read otherwise elsewhere; the main reading first.
_SURNAMES: Final = _table("""
单 shàn; 單 shàn; 解 xiè; 仇 qiú; 查 zhā; 曾 zēng; 区 ōu; 區 ōu; 盖 gě,gài; 蓋 gě,gài
翟 zhái,dí; 覃 qín,tán; 朴 piáo; 任 rén; 冼 xiǎn; 洗 xiǎn; 乐 yuè,lè; 樂 yuè,lè
员 yùn; 員 yùn; 宓 mì,fú; 逄 páng; 佴 nài; 祭 zhài; 缪 miào; 繆 miào; 牟 móu,mù
宿 sù; 燕 yān; 华 huà; 華 huà; 应 yīng; 應 yīng; 宁 níng; 寧 níng; 甯 nìng; 繁 pó
种 chóng; 秘 bì; 祕 bì; 折 shé; 那 nā; 郗 xī,chī; 郇 xún,huán; 晁 cháo; 詹 zhān
卜 bǔ; 召 shào; 句 gōu; 勾 gōu; 隗 wěi,kuí; 么 yāo; 幺 yāo; 车 chē; 車 chē; 沈 shěn
葛 gě; 樊 fán; 褚 chǔ; 隽 juàn; 訾 zī; 教 jiào; 黑 hè,hēi; 撒 sǎ; 哈 hǎ; 石 shí
曲 qū; 过 guō; 過 guō; 谌 chén; 諶 chén; 羊 yáng; 阙 quē; 闕 quē; 费 fèi,bì; 費 fèi,bì
俞 yú; 喻 yù; 于 yú; 闫 yán; 阎 yán; 尉 wèi; 盛 shèng; 柏 bǎi,bó; 纪 jǐ; 紀 jǐ; 薄 bó
藏 zāng; 臧 zāng; 瞿 qú; 郄 qiè,xì; 逯 lù; 贲 bēn; 亓 qí; 仉 zhǎng; 乜 niè; 妫 guī
殷 yīn; 干 gān; 贾 jiǎ; 夏 xià; 叶 yè; 葉 yè; 阚 kàn; 颉 xié; 冯 féng; 馮 féng; 都 dū
相 xiàng; 强 qiáng; 炅 guì; 谷 gǔ; 莘 shēn; 观 guàn; 冠 guàn; 粘 nián; 占 zhān; 肖 xiāo
鲜 xiān; 镡 tán,xín,chán; 蔚 yù; 俱 jū; 令 líng; 炔 guì
""")

# Surnames of two characters that are not read, or not split, as their characters would be.
_COMPOUND_SURNAMES: Final = {
    word: tuple(readings[0].split("'"))
    for word, readings in _table("""
尉迟 yù'chí; 尉遲 yù'chí; 万俟 mò'qí; 長孫 zhǎng'sūn; 长孙 zhǎng'sūn; 澹台 tán'tái
令狐 líng'hú; 单于 chán'yú; 鲜于 xiān'yú; 呼延 hū'yán; 夏侯 xià'hóu; 皇甫 huáng'fǔ
濮阳 pú'yáng; 淳于 chún'yú; 乐正 yuè'zhèng; 亓官 qí'guān; 颛孙 zhuān'sūn; 宰父 zǎi'fǔ
夹谷 jiá'gǔ; 谷梁 gǔ'liáng; 子车 zǐ'jū; 相里 xiàng'lǐ; 拓跋 tuò'bá; 耶律 yē'lǜ
那拉 nà'lā; 查干 chá'gān
""").items()
}

# Characters that given names read in several ways, or whose first reading in the dictionary is
# not the one of names; the everyday reading first.
_SEVERAL_READINGS: Final = _table("""
乐 lè,yuè; 長 cháng,zhǎng; 长 cháng,zhǎng; 重 chóng,zhòng; 朝 cháo,zhāo; 行 xíng,háng
晟 shèng,chéng; 茜 qiàn,xī; 娜 nà,nuó; 盛 shèng,chéng; 柏 bǎi,bó; 莘 shēn,xīn; 露 lù,lòu
蔚 wèi,yù; 藏 cáng,zàng; 强 qiáng,jiàng; 奇 qí,jī; 阿 ā,ē; 都 dū,dōu; 佛 fó,fú
觉 jué,jiào; 解 jiě,xiè; 隽 juàn,jùn; 纶 lún,guān; 泊 bó,pō; 澄 chéng,dèng; 瑱 zhèn,tiàn
禅 chán,shàn; 省 xǐng,shěng; 曾 zēng,céng; 会 huì,kuài; 校 xiào,jiào; 仔 zǎi,zǐ
伽 jiā,qié,gā; 莎 shā,suō; 嬛 huán,xuān; 婼 ruò,chuò; 筠 yún,jūn; 莞 wǎn,guǎn; 珲 huī,hún
浚 jùn,xùn; 荨 xún,qián; 焯 zhuō,chāo; 炅 jiǒng,guì; 玟 wén,mín; 偲 sī,cāi; 徵 zhēng,zhǐ
澍 shù,zhù; 传 chuán,zhuàn; 尉 wèi,yù; 拓 tuò,tà; 便 biàn,pián; 调 tiáo,diào; 谷 gǔ,yù
参 shēn,cān,cēn; 朴 pǔ,piáo; 率 shuài,lǜ; 辟 bì,pì; 屏 píng,bǐng; 降 jiàng,xiáng
见 jiàn,xiàn; 沈 shěn,chén; 系 xì,jì; 洗 xǐ,xiǎn; 厦 xià,shà; 种 zhǒng,zhòng,chóng
卜 bǔ,bo; 勒 lè,lēi; 芾 fú,fèi; 钿 diàn,tián; 万 wàn,mò; 祭 jì,zhài; 员 yuán,yùn; 术 shù,zhú
薄 bó,báo; 泷 lóng,shuāng; 番 fān,pān; 蕃 fán,bō; 昳 dié,yì; 玚 yáng,chàng; 絜 jié,xié
颉 jié,xié; 俟 sì,qí; 嘏 gǔ,jiǎ; 悝 kuī,lǐ; 翟 dí,zhái; 骠 piào,biāo; 单 dān,shàn,chán
查 chá,zhā; 仇 chóu,qiú; 区 qū,ōu; 盖 gài,gě; 缪 móu,miào; 亨 hēng; 大 dà,dài; 合 hé
和 hé,huò; 朵 duǒ; 妧 wàn,yuán; 漂 piào,piāo; 空 kōng; 车 chē,jū; 石 shí,dàn; 陶 táo,yáo
""")

_TONES: Final = {"\u0304": "1", "\u0301": "2", "\u030c": "3", "\u0300": "4"}
_DIAERESIS: Final = "\u0308"


def comparable_name(text: str) -> str:
    """The name for comparison only: no blanks, one kind of middle dot, half-width, case-blind."""
    bare = _VARIATION_SELECTORS.sub("", _INVISIBLE.sub("", text))
    dotted = _ANY_DOT.sub(MIDDLE_DOT, bare)
    return "".join(dotted.translate(_HALF_WIDTH).split()).casefold()


def tidy_name(text: str) -> str:
    """The name as written, without stray blanks and with the right middle dot.

    罗 晓 秋 loses the blanks that aligned it, Anna Maria keeps hers. Code points stay: 﨎 (U+FA0E)
    remains itself, for it is another character on the identity card.
    """
    name = " ".join(_INVISIBLE.sub("", text).split())
    name = _STOP_IN_HAN.sub(MIDDLE_DOT, name)
    name = _BLANK_AT_DOT.sub(MIDDLE_DOT, name)
    return _BLANK_IN_HAN.sub("", name)


def map_private_use(text: str, table: Mapping[str, str]) -> str:
    """Old private-use characters (U+E863) as the characters they stood for (䶮), by `table`."""
    if not any("\ue000" <= char <= "\uf8ff" for char in text):
        return text
    return "".join(table.get(char, char) for char in text)


def damaged_by_codepage(name: str) -> bool:
    """Whether characters of the name were lost on the way: 田舒?? for 田舒㛃."""
    return _HOLES.search(name) is not None


def matches_damaged(damaged: str, whole: str) -> bool:
    """Whether `damaged` (田舒??) can be what a code page left of `whole` (田舒㛃).

    Each ?? or ? stands for one character, and only for one that an old code page can lack: 田舒婷
    would have come through, so it is somebody else. U+FFFD, □ and 〓 stand for any one character.
    """
    damaged, whole = comparable_name(damaged), comparable_name(whole)
    pieces: list[str] = []
    end = 0
    for hole in _HOLES.finditer(damaged):
        pieces += (re.escape(damaged[end : hole.start()]), _stands_for(hole.group()))
        end = hole.end()
    if not pieces:
        return damaged == whole
    pattern = "".join(pieces) + re.escape(damaged[end:])
    match = re.fullmatch(pattern, whole)
    return match is not None and not any(
        _in_every_codepage(char) for lost in match.groups() for char in lost
    )


def reading(name: str, rare: Mapping[str, str] = NO_RARE) -> str:
    """How the name is read, for sorting and for the eye: 单晓明 -> shan xiao ming.

    A character without a known reading stands for itself.
    """
    return _main(_spoken(name, rare))


def reading_and_keys(name: str, rare: Mapping[str, str] = NO_RARE) -> tuple[str, tuple[str, ...]]:
    """`reading` and `search_keys` in one: what is kept beside a name when it is written."""
    spoken = _spoken(name, rare)
    return _main(spoken), _keys(_spellings([readings for _, readings in spoken]))


def search_keys(
    name: str, reading: str | None = None, rare: Mapping[str, str] = NO_RARE
) -> tuple[str, ...]:
    """What may be typed to find the name: full pinyin and initials under each of its readings.

    `reading` is one that the operator has set; ü is keyed as v and as u. Keys hold a-z only; the
    main reading comes first.
    """
    spellings = [reading.split()] if reading else []
    spellings += _spellings([spoken for _, spoken in _spoken(name, rare)])
    return _keys(spellings)


def _main(spoken: list[tuple[str, tuple[str, ...]]]) -> str:
    return " ".join(_plain(readings[0]) for _, readings in spoken)


def _keys(spellings: Iterable[list[str]]) -> tuple[str, ...]:
    fulls: dict[str, None] = {}
    initials: dict[str, None] = {}
    for spelling in spellings:
        syllables = [_plain(syllable) for syllable in spelling]
        for letter in "vu" if any("ü" in syllable for syllable in syllables) else "u":
            keyed = [_letters(syllable.replace("ü", letter)) for syllable in syllables]
            fulls["".join(keyed)] = None
            initials["".join(syllable[:1] for syllable in keyed)] = None
    return tuple(key for key in {**fulls, **initials} if key)


def sort_key(name: str, reading: str | None = None, rare: Mapping[str, str] = NO_RARE) -> str:
    """Key that puts names in the order of pinyin, tone, then character; unread ones come last."""
    spoken = _spoken(name, rare)
    given = (reading or "").split()
    if len(given) != len(spoken):
        given = [readings[0] for _, readings in spoken]
    return "".join(
        f"{_plain(said).replace('ü', 'v')}{_tone(said)}{written}"
        if said != written or said.isascii()
        else f"~{written}"
        for (written, _), said in zip(spoken, given, strict=True)
    )


def _stands_for(hole: str) -> str:
    """Regular expression for what a hole may have been; only losses of a code page are a group."""
    if hole.startswith("?"):
        return f"(.{{{(len(hole) + 1) // 2},{len(hole)}}})"
    return "."


def _in_every_codepage(char: str) -> bool:
    """GB 2312 is the oldest and smallest: what it holds is never lost among Chinese programs."""
    try:
        char.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _spoken(name: str, rare: Mapping[str, str]) -> list[tuple[str, tuple[str, ...]]]:
    """The pieces of a name (a character, a Latin word) with their readings, the main one first."""
    tidy = tidy_name(name)
    pieces: list[str] = _LATIN_OR_HAN.findall(tidy)
    spoken = [(piece, _everyday(piece, rare)) for piece in pieces]
    if not pieces or not _IS_IDEOGRAPH.match(pieces[0]):
        return spoken
    if (
        MIDDLE_DOT in tidy
    ):  # 查干·巴特尔 begins with a given name: a surname reading only helps to find
        return [(pieces[0], _merged(spoken[0][1], _SURNAMES.get(pieces[0], ()))), *spoken[1:]]
    compound = _COMPOUND_SURNAMES.get("".join(pieces[:2])) if len(pieces) > 2 else None
    if compound:
        first = _merged((compound[0],), _SURNAMES.get(pieces[0], ()), spoken[0][1])
        second = _merged((compound[1],), spoken[1][1])
        return [(pieces[0], first), (pieces[1], second), *spoken[2:]]
    return [(pieces[0], _merged(_SURNAMES.get(pieces[0], ()), spoken[0][1])), *spoken[1:]]


def _merged(*readings: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item for group in readings for item in group))


def _spellings(spoken: list[tuple[str, ...]]) -> list[list[str]]:
    """Every way to read the pieces together, or one change at a time where that is too many."""
    plain = [_distinct(readings) for readings in spoken]
    if prod(map(len, plain)) <= _MAX_SPELLINGS:
        return [list(spelling) for spelling in product(*plain)]
    main = [readings[0] for readings in plain]
    changed = (
        [*main[:place], other, *main[place + 1 :]]
        for place, readings in enumerate(plain)
        for other in readings[1:]
    )
    return [main, *changed]


@lru_cache(maxsize=4096)
def _distinct(readings: tuple[str, ...]) -> tuple[str, ...]:
    """Readings without tones, each once."""
    return tuple(dict.fromkeys(map(_plain, readings)))


def _everyday(piece: str, rare: Mapping[str, str]) -> tuple[str, ...]:
    known = _dictionary_readings(piece)
    if known:
        return known
    return (rare[piece],) if rare.get(piece) else (piece.lower(),)


@lru_cache(maxsize=8192)
def _dictionary_readings(char: str) -> tuple[str, ...]:
    """Everyday reading(s) of one ideograph, empty when unknown or not an ideograph."""
    if char in _SEVERAL_READINGS:
        return _SEVERAL_READINGS[char]
    if not _IS_IDEOGRAPH.fullmatch(char):
        return ()
    table = _pinyin_table()
    # A compatibility ideograph (郎 U+F92C) reads as the character that it doubles.
    found = table.get(ord(char)) or table.get(ord(unicodedata.normalize("NFKC", char)[0]))
    return (found.split(",")[0],) if found else ()


@lru_cache(maxsize=1)
def _pinyin_table() -> Mapping[int, str]:
    # Without its phrases the library takes 12 MB instead of 56; names are not read by phrases.
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")
    from pypinyin.pinyin_dict import pinyin_dict

    return pinyin_dict


@lru_cache(maxsize=8192)
def _plain(syllable: str) -> str:
    """A syllable without its tone: lǚ -> lü."""
    letters = unicodedata.normalize("NFD", syllable.lower())
    kept = (char for char in letters if not unicodedata.combining(char) or char == _DIAERESIS)
    return unicodedata.normalize("NFC", "".join(kept))


def _tone(syllable: str) -> str:
    """1 to 4, or 5 for a syllable without a mark."""
    letters = unicodedata.normalize("NFD", syllable)
    return next((_TONES[char] for char in letters if char in _TONES), "5")


@lru_cache(maxsize=8192)
def _letters(text: str) -> str:
    return "".join(char for char in text if "a" <= char <= "z")
