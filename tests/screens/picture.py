# SPDX-License-Identifier: LGPL-2.1-or-later
"""Pictures of a screen: Xvfb's framebuffer file as a PNG, and the words that a person reads on a PNG."""

import os
import re
import struct
import subprocess
import unicodedata
import zlib
from collections.abc import Callable
from pathlib import Path

# XWDFile.h: 25 words in network order, the window's name, the colours of 12 bytes each, then the pixels, here blue, green, red, unused.
HEADER = struct.Struct(">25I")
COLOUR_BYTES = 12
PPM = re.compile(rb"P6\s(\d+)\s(\d+)\s255\s")
OUTSIDE_ASCII = re.compile(r"(?<=[^\x00-\x7f]) (?=[^\x00-\x7f])")


class Picture:
    """Three bytes a pixel: red, green, blue."""

    def __init__(self, width: int, height: int, colours: bytes):
        self.width, self.height, self.colours = width, height, colours

    def png(self) -> bytes:
        return png(self.width, self.height, self.colours)

    def part(self, width: int, height: int) -> "Picture":
        """Of this size, from the middle."""
        left, top = (self.width - width) // 2, (self.height - height) // 2
        lines = (3 * ((top + line) * self.width + left) for line in range(height))
        return Picture(width, height, b"".join(self.colours[at:at + 3 * width] for at in lines))

    def twice(self) -> "Picture":
        """Each pixel four times: tesseract misses parts of small words."""
        lines = []
        for begin in range(0, len(self.colours), 3 * self.width):
            line, wide = self.colours[begin:begin + 3 * self.width], bytearray(6 * self.width)
            for colour in range(3):
                wide[colour::6] = wide[colour + 3::6] = line[colour::3]
            lines += [bytes(wide)] * 2
        return Picture(2 * self.width, 2 * self.height, b"".join(lines))

    def words(self) -> str:
        """One line for each piece of text, Japanese without the spaces that tesseract puts between characters."""
        return read_words(self.png())

    def in_grey(self, judge: Callable[[int, int, int], int]) -> "Picture":
        """`max`: black words on a coloured ground are dark on light; `min`: so are coloured words on a light ground."""
        grey = bytes(map(judge, self.colours[0::3], self.colours[1::3], self.colours[2::3]))
        spread = bytearray(len(self.colours))
        spread[0::3] = spread[1::3] = spread[2::3] = grey
        return Picture(self.width, self.height, bytes(spread))


def of_framebuffer(framebuffer: Path) -> Picture:
    data = framebuffer.read_bytes()
    words = HEADER.unpack_from(data)
    width, height, bits, line, colours = words[4], words[5], words[11], words[12], words[19]
    if bits != 32 or line != 4 * width:
        raise RuntimeError(f"{framebuffer}: {bits} bits a pixel in lines of {line} bytes; Xvfb was to have a depth of 24")
    begin = words[0] + COLOUR_BYTES * colours
    shown = data[begin:begin + line * height]
    rgb = bytearray(3 * width * height)
    rgb[0::3], rgb[1::3], rgb[2::3] = shown[2::4], shown[1::4], shown[0::4]
    return Picture(width, height, bytes(rgb))


def of_ppm(data: bytes) -> Picture:
    """Binary PPM with 8 bits a colour, as grim writes it."""
    header = PPM.match(data)
    if not header:
        raise RuntimeError("no PPM of 8 bits a colour")
    return Picture(int(header[1]), int(header[2]), data[header.end():])


def png(width: int, height: int, colours: bytes) -> bytes:
    line = 3 * width
    lines = b"".join(b"\0" + colours[at:at + line] for at in range(0, line * height, line))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(lines, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in parts)


def read_words(image: bytes) -> str:
    read = subprocess.run(("tesseract", "stdin", "stdout", "--psm", "11", "-l", "jpn+eng"), input=image, capture_output=True,
                          env={"PATH": os.environ["PATH"], "OMP_THREAD_LIMIT": "1"})
    if read.returncode != 0:
        raise RuntimeError(f"tesseract: exit status {read.returncode}: {read.stderr.decode(errors='replace')}")
    text = unicodedata.normalize("NFKC", read.stdout.decode())
    return "\n".join(OUTSIDE_ASCII.sub("", line.strip()) for line in text.splitlines() if line.strip())
