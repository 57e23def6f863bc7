# SPDX-License-Identifier: LGPL-2.1-or-later
"""Pictures of a screen: Xvfb's framebuffer file as a PNG, and the words that a person reads on a PNG."""

import hashlib
import os
import re
import struct
import subprocess
import unicodedata
import zlib
from pathlib import Path

# XWDFile.h: 25 words in network order, the window's name, the colours of 12 bytes each, then the pixels, here blue, green, red, unused.
HEADER = struct.Struct(">25I")
COLOUR_BYTES = 12
OUTSIDE_ASCII = re.compile(r"(?<=[^\x00-\x7f]) (?=[^\x00-\x7f])")


def pixels(framebuffer: Path) -> tuple[int, int, bytes]:
    """Width, height and four bytes a pixel, of what the server shows now."""
    data = framebuffer.read_bytes()
    words = HEADER.unpack_from(data)
    width, height, bits, line, colours = words[4], words[5], words[11], words[12], words[19]
    if bits != 32 or line != 4 * width:
        raise RuntimeError(f"{framebuffer}: {bits} bits a pixel in lines of {line} bytes; Xvfb was to have a depth of 24")
    begin = words[0] + COLOUR_BYTES * colours
    return width, height, data[begin:begin + line * height]


def digest(framebuffer: Path) -> bytes:
    return hashlib.blake2b(framebuffer.read_bytes()).digest()


def png_of(framebuffer: Path) -> bytes:
    width, height, shown = pixels(framebuffer)
    colours = bytearray(3 * width * height)
    colours[0::3], colours[1::3], colours[2::3] = shown[2::4], shown[1::4], shown[0::4]
    line = 3 * width
    lines = b"".join(b"\0" + colours[at:at + line] for at in range(0, line * height, line))
    parts = ((b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(lines, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in parts)


def words_on(png: bytes) -> str:
    """One line for each piece of text, Japanese without the spaces that tesseract puts between characters."""
    read = subprocess.run(("tesseract", "stdin", "stdout", "--psm", "11", "-l", "jpn+eng"), input=png, capture_output=True,
                          env={"PATH": os.environ["PATH"], "OMP_THREAD_LIMIT": "1"})
    if read.returncode != 0:
        raise RuntimeError(f"tesseract: exit status {read.returncode}: {read.stderr.decode(errors='replace')}")
    text = unicodedata.normalize("NFKC", read.stdout.decode())
    return "\n".join(OUTSIDE_ASCII.sub("", line.strip()) for line in text.splitlines() if line.strip())
