# SPDX-License-Identifier: LGPL-2.1-or-later
"""A card service as the owner of a session may write it: hostile_card_service.py SOCKET HOW. Says "ready". The words are those of
pcsc-lite 1.9 (winscard_msg.h): a client sends length, command and a structure, and is answered with a structure."""

import os
import socket
import struct
import sys
import threading
from contextlib import suppress

CMD_VERSION, ESTABLISH_CONTEXT, GET_READERS_STATE = 0x11, 0x01, 0x12
READER_STATES = 16 * (128 + 4 + 4 + 4 + 33 + 3 + 4 + 4)  # that many readers, and more than one of them


def put_a_link(path: str, target: str) -> None:
    """To the card service of this machine, in the place of this one."""
    os.symlink(target, path + ".new")
    os.rename(path + ".new", path)


def serve(connection: socket.socket, path: str, how: str) -> None:
    with connection, suppress(OSError, struct.error):
        while True:
            length, command = struct.unpack("=II", connection.recv(8, socket.MSG_WAITALL))
            body = connection.recv(length, socket.MSG_WAITALL) if length else b""
            if how == "hangs up":
                return
            if how == "hangs":
                connection.recv(1)
            elif how == "garbage":
                connection.sendall(b"\xff" * 4096)
            elif how == "xrdp":  # its chansrv: a header before each answer, and no version
                if command == CMD_VERSION:
                    return
            elif how == "other version":
                connection.sendall(struct.pack("=iiI", 4, 99, 0x8010001E))
            elif command == CMD_VERSION:
                if how == "swaps" and not os.path.islink(path):
                    put_a_link(path, "/run/pcscd/pcscd.comm")
                connection.sendall(body)
            elif how == "hangs after hello":
                connection.recv(1)
            elif how in ("hangs up after hello", "swaps"):
                return
            elif command == ESTABLISH_CONTEXT:
                connection.sendall(struct.pack("=III", 2, 7, 0))
            elif how == "endless names":  # no name of a reader ends
                connection.sendall(b"A" * READER_STATES)
            else:  # "huge": every length and number
                connection.sendall(b"\xff" * max(length, READER_STATES))


def main() -> None:
    path, how = sys.argv[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(path)
        listener.listen(16)
        print("ready", flush=True)
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0], path, how), daemon=True).start()


if __name__ == "__main__":
    main()
