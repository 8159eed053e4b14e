"""The decoding of photographs from outside, in a process of its own.

A hostile or broken picture may make a decoder crash, loop or swallow all memory; here it may, for
this process holds no register and no key, may write no file, and is killed when it takes too long.
It takes pictures on standard input, each with its length (4 bytes, big-endian) before it and what
is wanted of it (1 byte: its card picture, the whole picture, a cut of it; a cut's four numbers, 8
bytes each, follow), and answers each on standard output with one line of JSON:

    {"width", "height", "card": length}     upright size in pixels; the picture made follows
    {"refused": reason, …}                  broken, pixels or memory

The card picture holds pixels and nothing else: no EXIF, no place where it was taken, no comment.
"""

import io
import json
import os
import struct
import sys
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from PIL import Image

from app.services.exchange.child import confine

#: First argument of the built program that makes it this process.
FLAG: Final = "--photo-child"
#: Larger pictures are no portraits; decoding them would only cost memory.
MOST_PIXELS: Final = 40_000_000
#: The card picture: 3:4, as the 学历证书图像采集规范 has it (standards/photo_spec.csv).
CARD_SIZE: Final = (480, 640)
CARD_DPI: Final = 300
_QUALITY: Final = 90
#: What may be wanted of a picture.
CARD, WHOLE, CUT = b"c", b"w", b"x"
#: The whole picture is made no larger than this on its longer side: for looking at, not for paper.
WHOLE_SIDE: Final = 1200
#: Left, top, right, bottom as shares of the upright picture.
Box: TypeAlias = tuple[float, float, float, float]
_BOX: Final = struct.Struct(">4d")
_ORIENTATION: Final = 0x0112
_UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
#: What Pillow raises over a damaged picture; whatever else it raises ends the process.
_DAMAGE: Final = (OSError, SyntaxError, ValueError, EOFError, struct.error)


def develop(data: bytes) -> tuple[dict[str, Any], bytes]:
    """What is to be said of one picture, and its card picture."""
    return _made(data, _develop)


def whole(data: bytes) -> tuple[dict[str, Any], bytes]:
    """What is to be said of one picture, and all of it, upright, to be looked at."""
    return _made(data, _whole)


def cut(data: bytes, box: Box) -> tuple[dict[str, Any], bytes]:
    """What is to be said of one picture, and the card picture that is this part of it."""
    return _made(data, lambda image: _cut(image, box))


def _made(
    data: bytes, make: Callable[[Image.Image], tuple[dict[str, Any], bytes]]
) -> tuple[dict[str, Any], bytes]:
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
            if image.width * image.height > MOST_PIXELS:
                return {"refused": "pixels", "width": image.width, "height": image.height}, b""
            if image.format == "PNG":  # its checksums are not looked at when it is decoded
                Image.open(io.BytesIO(data), formats=("PNG",)).verify()
            return make(image)
    except _DAMAGE:
        return {"refused": "broken"}, b""
    except MemoryError:
        return {"refused": "memory"}, b""


def _develop(image: Image.Image) -> tuple[dict[str, Any], bytes]:
    orientation = _orientation(image)
    lies = orientation >= 5  # the stored picture lies on its side
    size = (image.height, image.width) if lies else (image.width, image.height)
    card_size = CARD_SIZE[::-1] if lies else CARD_SIZE
    # A phone's twelve megapixels are decoded at a fraction; a truncated file is found all the same.
    image.draft("RGB", (card_size[0] * 2, card_size[1] * 2))
    image.load()
    small = _shrunk(_eight_bits(image), card_size)
    return _finished(_upright(small, orientation), image, size)


def _whole(image: Image.Image) -> tuple[dict[str, Any], bytes]:
    orientation = _orientation(image)
    size = image.size[::-1] if orientation >= 5 else image.size
    image.draft("RGB", (WHOLE_SIDE, WHOLE_SIDE))
    image.load()
    small = _eight_bits(image)
    small.thumbnail((WHOLE_SIDE, WHOLE_SIDE), Image.Resampling.LANCZOS)
    return _finished(_upright(small, orientation), image, size)


def _cut(image: Image.Image, box: Box) -> tuple[dict[str, Any], bytes]:
    orientation = _orientation(image)
    size = image.size[::-1] if orientation >= 5 else image.size
    share = min(box[2] - box[0], box[3] - box[1])
    if share > 0:
        side = round(max(CARD_SIZE) * 2 / share)
        image.draft("RGB", (side, side))
    image.load()
    turned = _upright(_eight_bits(image), orientation)
    wide, tall = turned.size
    left, top = max(box[0], 0.0) * wide, max(box[1], 0.0) * tall
    right, bottom = min(box[2], 1.0) * wide, min(box[3], 1.0) * tall
    scale = min((right - left) / CARD_SIZE[0], 1)
    card = max(1, round(CARD_SIZE[0] * scale)), max(1, round(CARD_SIZE[1] * scale))
    part = turned.resize(card, Image.Resampling.LANCZOS, box=(left, top, right, bottom))
    return _finished(part, image, size)


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    return image.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else image


def _finished(
    made: Image.Image, source: Image.Image, size: tuple[int, int]
) -> tuple[dict[str, Any], bytes]:
    target = io.BytesIO()
    _plain(made, source.info.get("icc_profile")).save(
        target, "JPEG", quality=_QUALITY, dpi=(CARD_DPI, CARD_DPI)
    )
    return {"width": size[0], "height": size[1]}, target.getvalue()


def _orientation(image: Image.Image) -> int:
    """How the camera was held (EXIF, 1 to 8); 1 where the file does not say or says nonsense."""
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except _DAMAGE:
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _eight_bits(image: Image.Image) -> Image.Image:
    """The picture in a mode that can be scaled smoothly."""
    if image.mode.startswith("I"):  # 16 bits of grey
        return image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    if image.mode == "P":
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    return image.convert("L") if image.mode == "1" else image


def _shrunk(image: Image.Image, most: tuple[int, int]) -> Image.Image:
    """The centre of the picture in the ratio of `most`, never larger than that nor than it was."""
    wide, tall = most
    unit = min(image.width / wide, image.height / tall)
    width, height = unit * wide, unit * tall
    left, top = (image.width - width) / 2, (image.height - height) / 2
    scale = min(unit, 1)
    size = max(1, round(wide * scale)), max(1, round(tall * scale))
    return image.resize(size, Image.Resampling.LANCZOS, box=(left, top, left + width, top + height))


def _plain(image: Image.Image, profile: bytes | None) -> Image.Image:
    """RGB pixels on white, in sRGB, with nothing attached."""
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        image = Image.new("RGB", layer.size, "white")
        image.paste(layer, mask=layer.getchannel("A"))
    elif profile and image.mode in ("RGB", "CMYK", "L"):
        image = _in_srgb(image, profile)
    image = image.convert("RGB")
    image.info = {}
    return image


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Colours as the camera meant them; a profile that cannot be used changes nothing."""
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        srgb = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, source, srgb, outputMode="RGB") or image
    except (ImageCms.PyCMSError, *_DAMAGE):
        return image


def request(length: int, wanted: bytes, box: Box | None) -> bytes:
    """What goes before a picture of that many bytes."""
    return length.to_bytes(4, "big") + wanted + (_BOX.pack(*box) if box else b"")


def main() -> None:
    """Develop pictures until there are no more; the last argument caps the memory in bytes."""
    confine(int(sys.argv[-1]))
    Image.MAX_IMAGE_PIXELS = None  # `develop` has a stricter cap and can name the size
    with (
        os.fdopen(0, "rb", closefd=False) as pictures,
        os.fdopen(1, "wb", closefd=False) as answers,
    ):
        while len(length := pictures.read(4)) == 4:
            wanted = pictures.read(1)
            box = _BOX.unpack(pictures.read(_BOX.size)) if wanted == CUT else None
            data = pictures.read(int.from_bytes(length, "big"))
            if box is not None:
                said, card = cut(data, box)
            else:
                said, card = whole(data) if wanted == WHOLE else develop(data)
            answers.write(json.dumps({**said, "card": len(card)}).encode() + b"\n" + card)
            answers.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
