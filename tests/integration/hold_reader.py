# SPDX-License-Identifier: LGPL-2.1-or-later
"""Another program at a reader: hold_reader.py WHAT [READER].

    transaction, exclusive   takes the reader, says "held" and does not give it back
    reset                    resets the card
    empty                    returns when pcscd knows no card there, or no reader
"""

import ctypes
import sys
import time

SCOPE_SYSTEM, SHARE_EXCLUSIVE, SHARE_SHARED, ANY_PROTOCOL, RESET_CARD = 2, 1, 2, 3, 1
NO_READERS, UNKNOWN_READER, PRESENT = 0x8010002E, 0x80100009, 0x20
READER = sys.argv[2].encode() if len(sys.argv) > 2 else b"Virtual PCD 00 00"


class ReaderState(ctypes.Structure):
    _fields_ = [("reader", ctypes.c_char_p), ("data", ctypes.c_void_p), ("current", ctypes.c_ulong), ("event", ctypes.c_ulong),
                ("atr_size", ctypes.c_ulong), ("atr", ctypes.c_ubyte * 33)]


def call(function, *arguments) -> None:
    code = function(*arguments) & 0xFFFFFFFF
    if code != 0:
        sys.exit(f"{function.__name__}: {code:#x}")


def wait_until_empty(pcsc, context) -> None:
    state = ReaderState(reader=READER)
    for _ in range(20):
        code = pcsc.SCardGetStatusChange(context, ctypes.c_ulong(1000), ctypes.byref(state), ctypes.c_ulong(1)) & 0xFFFFFFFF
        if code in (UNKNOWN_READER, NO_READERS) or state.event & PRESENT == 0:
            return
        state.current = state.event
    sys.exit("a card stays")


def main() -> None:
    pcsc = ctypes.CDLL("libpcsclite.so.1")
    context, card, protocol = ctypes.c_long(), ctypes.c_long(), ctypes.c_ulong()
    share = SHARE_EXCLUSIVE if sys.argv[1] == "exclusive" else SHARE_SHARED
    call(pcsc.SCardEstablishContext, ctypes.c_ulong(SCOPE_SYSTEM), None, None, ctypes.byref(context))
    if sys.argv[1] == "empty":
        return wait_until_empty(pcsc, context)
    call(pcsc.SCardConnect, context, READER, ctypes.c_ulong(share), ctypes.c_ulong(ANY_PROTOCOL), ctypes.byref(card),
         ctypes.byref(protocol))
    if sys.argv[1] == "reset":
        return call(pcsc.SCardDisconnect, card, ctypes.c_ulong(RESET_CARD))
    call(pcsc.SCardBeginTransaction, card)
    print("held", flush=True)
    time.sleep(600)


if __name__ == "__main__":
    main()
