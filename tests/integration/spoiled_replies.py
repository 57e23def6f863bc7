# SPDX-License-Identifier: LGPL-2.1-or-later
"""A KDC that stands before another one and spoils the first tickets that it gives: what is in them can be decrypted by nobody, as one reply
in 256 of Heimdal's (heimdal#1177)."""

import socket
import socketserver
import struct
import threading

AS_REP = 0x6B  # its tag, RFC 4120 5.10


class SpoiledReplies:
    """Over TCP (RFC 4120 7.2.2), while in a with statement. `gone`: once it has spoiled them, it answers nobody. `requests`: which asked for
    a ticket and would have got one."""

    def __init__(self, real: tuple[str, int], spoiled: int, *, gone: bool = False):
        self._real, self._left, self._gone = real, spoiled, gone
        self.requests: list[bytes] = []
        outer = self

        class Connection(socketserver.BaseRequestHandler):
            def handle(self):
                outer._pass_on(self.request)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Connection)
        self.address = self._server.server_address

    def __enter__(self):
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _pass_on(self, client) -> None:
        while request := receive(client):
            with socket.create_connection(self._real, timeout=10) as kdc:
                send(kdc, request)
                reply = receive(kdc)
            if reply[0] == AS_REP:
                self.requests.append(request)
                if self._gone and self._left == 0:
                    return
                if self._left > 0:
                    self._left -= 1
                    reply = reply[:-1] + bytes([reply[-1] ^ 1])  # of the cipher's checksum
            send(client, reply)


def receive(peer) -> bytes:
    """Nothing: it is at its end."""
    head = peer.recv(4, socket.MSG_WAITALL)
    return peer.recv(struct.unpack(">I", head)[0], socket.MSG_WAITALL) if len(head) == 4 else b""


def send(peer, message: bytes) -> None:
    peer.sendall(struct.pack(">I", len(message)) + message)
