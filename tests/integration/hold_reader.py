# SPDX-License-Identifier: LGPL-2.1-or-later
"""Another program that takes the reader and does not give it back: hold_reader.py transaction|exclusive [READER]. Says "held".
With "reset" it resets the card and ends."""

import ctypes
import sys
import time

SCOPE_SYSTEM, SHARE_EXCLUSIVE, SHARE_SHARED, ANY_PROTOCOL, RESET_CARD = 2, 1, 2, 3, 1
READER = sys.argv[2].encode() if len(sys.argv) > 2 else b"Virtual PCD 00 00"


def call(function, *arguments) -> None:
    code = function(*arguments) & 0xFFFFFFFF
    if code != 0:
        sys.exit(f"{function.__name__}: {code:#x}")


def main() -> None:
    pcsc = ctypes.CDLL("libpcsclite.so.1")
    context, card, protocol = ctypes.c_long(), ctypes.c_long(), ctypes.c_ulong()
    share = SHARE_EXCLUSIVE if sys.argv[1] == "exclusive" else SHARE_SHARED
    call(pcsc.SCardEstablishContext, ctypes.c_ulong(SCOPE_SYSTEM), None, None, ctypes.byref(context))
    call(pcsc.SCardConnect, context, READER, ctypes.c_ulong(share), ctypes.c_ulong(ANY_PROTOCOL), ctypes.byref(card),
         ctypes.byref(protocol))
    if sys.argv[1] == "reset":
        return call(pcsc.SCardDisconnect, card, ctypes.c_ulong(RESET_CARD))
    call(pcsc.SCardBeginTransaction, card)
    print("held", flush=True)
    time.sleep(600)


if __name__ == "__main__":
    main()
