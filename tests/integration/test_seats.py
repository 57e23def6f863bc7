# SPDX-License-Identifier: LGPL-2.1-or-later
"""Several people at one machine: each login uses the reader of its own seat, or of its own thin client, and no other.

A thin client is played by a second pcscd with readers of its own and Debian's p11-kit server before it, as it is reached through a
tunnel of the server's: a socket in a directory that is root's.
"""

import os
import random
import re
import signal
import socket
import threading
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from dialogue import converse
from lab import PIN, TIMEOUT, group_id
from remote_readers import ADDRESSES, SERVERS, ThinClient, of_the_guide, put_down_late

DROP_IN = Path("/etc/jpki/jpki.toml.d/60-seats.toml")
LOGINS = 200  # side by side
STRANGER = "192.0.2.99"


@pytest.fixture
def seats(lab):
    """Two screens with a reader each, as the guide has them. There is no logind here: the displays say whose login it is."""
    DROP_IN.parent.mkdir(exist_ok=True)
    lab.service("seat", f"timeout={TIMEOUT} screen=full")
    lab.service("patient", "timeout=30 screen=full")
    DROP_IN.write_text(re.sub(r'seats = \["seat(\d)"\]', r'terminals = [":\1"]', of_the_guide("toml", "seats.toml")))
    yield
    DROP_IN.unlink()


def argv_at(where: list[str], user: str, service: str) -> list[str]:
    return ["pamtester", *(word for item in where for word in ("-I", item)), service, user, "authenticate"]


def at(lab, where: list[str], user: str, answers=(), *, service="seat"):
    return converse(argv_at(where, user, service), answers, environment=lab.environment())


def at_screen(number: int) -> list[str]:
    return [f"tty=:{number}"]


def test_a_seat_has_the_card_in_its_own_reader(lab, seats, insert):
    card = insert("taro", "hanako")
    for number, user in ((0, "taro"), (1, "hanako")):
        assert at(lab, at_screen(number), user, [PIN]).pam == "SUCCESS", lab.syslog.text()
    # Who is named has a card in the other reader: nobody's tries are at stake.
    for number, user in ((1, "taro"), (0, "hanako")):
        seen = at(lab, at_screen(number), user, [PIN])
        assert seen.pam != "SUCCESS" and "JPKI-503" in seen.screen and not seen.prompts
    assert [int(card.ctl(f"@{i}", "stats").split('"verifies":')[1].split(",")[0]) for i in (0, 1)] == [1, 1]


def test_logins_side_by_side_at_two_seats(lab, seats, insert):
    """Side by side, in any order; a card is never heard of at the other seat."""
    insert("taro", "hanako")
    names, begun, lock = ("taro", "hanako"), [0, 0], threading.Lock()
    wrong: list[str] = []

    def sit(number: int) -> None:
        order = random.Random(number)
        for _ in range(LOGINS // 2):
            user = names[order.randrange(2)]
            seen = at(lab, at_screen(number), user, [PIN], service="patient")
            right = seen.pam == "SUCCESS" if user == names[number] else "JPKI-503" in seen.screen and not seen.prompts
            with lock:
                begun[number] += 1
                if not right:
                    wrong.append(f"{user} at {number}: {seen.screen}")

    people = [threading.Thread(target=sit, args=(number,)) for number in (0, 1)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert begun == [LOGINS // 2] * 2 and not wrong, "\n".join(wrong)


def test_an_empty_reader_is_not_made_up_for_by_the_other_seat(lab, seats, insert):
    card = insert("taro", "hanako")
    card.ctl("@1", "remove")
    card.ctl("@1", "wait", "absent", "10")
    for user in ("taro", "hanako"):
        seen = at(lab, at_screen(1), user, [PIN])
        assert "JPKI-103" in seen.screen and not seen.prompts, seen.screen
    assert card.stats() and at(lab, at_screen(0), "taro", [PIN]).pam == "SUCCESS"


def test_who_is_at_no_seat_has_no_reader_of_one(lab, seats, insert):
    insert("taro", "hanako")
    for where in (at_screen(2), ["tty=tty9"]):
        seen = at(lab, where, "taro", [PIN])
        assert "JPKI-102" in seen.screen and not seen.prompts, seen.screen
    assert "every reader belongs to a seat" in lab.syslog.text()


def test_a_reader_that_no_seat_has_is_for_the_others(lab, seats, insert):
    DROP_IN.write_text('[[seat]]\nname = "counter-0"\nterminals = [":0"]\nreaders = ["Virtual PCD 00 00"]\n')
    insert("taro", "hanako")
    assert at(lab, at_screen(7), "hanako", [PIN]).pam == "SUCCESS"
    assert "JPKI-503" in at(lab, at_screen(7), "taro", [PIN]).screen


# --- thin clients -------------------------------------------------------------------------------------------


@pytest.fixture
def clients(lab):
    """start("taro", None): thin clients with these cards, from the first on."""
    DROP_IN.parent.mkdir(exist_ok=True)
    DROP_IN.write_text(of_the_guide("toml", "thin-clients.toml"))
    SERVERS.mkdir(exist_ok=True)
    os.chown(SERVERS, 0, group_id())
    SERVERS.chmod(0o750)
    recipe = of_the_guide("pam", "thin-client").replace("pam_jpki.so", f"pam_jpki.so timeout={TIMEOUT} screen=full where_unknown=remote")
    (Path("/etc/pam.d") / "remote").write_text(recipe + "account required pam_permit.so\n")
    lab.service("remote-without", f"timeout={TIMEOUT} screen=full", place="where_unknown=remote")
    started: list[ThinClient] = []

    def start(*cards: str | None) -> list[ThinClient]:
        for card in cards:
            started.append(ThinClient(lab, len(started) + 1, card))
        return started

    yield start
    for client in started:
        client.stop()
    DROP_IN.unlink()


def from_client(number: int) -> list[str]:
    return ["tty=ssh", f"rhost={ADDRESSES[number - 1]}"]


def test_a_thin_client_logs_in_by_its_own_card(lab, insert, clients):
    here = insert("jiro")
    first, second = clients("taro", "hanako")
    for number, user, client in ((1, "taro", first), (2, "hanako", second)):
        seen = at(lab, from_client(number), user, [PIN], service="remote")
        assert seen.pam == "SUCCESS", seen.screen + lab.syslog.text()
        assert client.verifies() == 1
    for number, user in ((1, "hanako"), (2, "taro"), (1, "jiro")):
        seen = at(lab, from_client(number), user, [PIN], service="remote")
        assert "JPKI-503" in seen.screen and not seen.prompts, seen.screen
    assert here.stats()["verifies"] == 0


def test_nobody_else_comes_in_from_elsewhere(lab, insert, clients):
    here = insert("taro")
    client, = clients("taro")
    for where, service in ((["tty=ssh", f"rhost={STRANGER}"], "remote"), (from_client(1), "remote-without"),
                           (["tty=ssh", "rhost=thin-client-1"], "remote")):
        seen = at(lab, where, "taro", [PIN], service=service)
        assert "JPKI-112" in seen.screen and not seen.prompts, seen.screen
    assert client.verifies() == 0 and here.stats()["verifies"] == 0


def test_a_wrong_pin_is_counted_at_the_thin_client(lab, clients):
    client, = clients("taro")
    seen = at(lab, from_client(1), "taro", ["9999"], service="remote")
    assert seen.pam == "AUTH_ERR" and "JPKI-201" in seen.screen and client.verifies() == 1, seen.screen
    seen = at(lab, from_client(1), "taro", [PIN], service="remote")
    assert seen.pam == "SUCCESS" and "2 tries left" in seen.screen, seen.screen


def test_without_a_card_or_a_reader(lab, insert, clients):
    insert("taro")  # of this machine: of no use
    client, = clients(None)
    seen = at(lab, from_client(1), "taro", [PIN], service="remote")
    assert ("JPKI-103" in seen.screen or "JPKI-102" in seen.screen) and not seen.prompts, seen.screen


def test_a_card_may_be_put_down_late(lab, clients):
    client, = clients("taro")
    client.card.remove()
    late = lab.service("late", f"timeout={TIMEOUT} screen=full wait_for_card=20 remote_seats", place="where_unknown=remote")
    put_down_late(lab, argv_at(from_client(1), "taro", late), client.card)
    assert client.verifies() == 1


def test_a_client_that_answers_for_two_cards(lab, clients):
    """Its own person's is used; the other's tries are nobody's business."""
    client, = clients("hanako taro")
    seen = at(lab, from_client(1), "taro", [PIN], service="remote")
    assert seen.pam == "SUCCESS", seen.screen + lab.syslog.text()
    spent = [int(client.card.ctl(f"@{i}", "stats").split('"verifies":')[1].split(",")[0]) for i in (0, 1)]
    assert spent == [0, 1]


def test_a_client_that_shows_one_card_twice(lab, clients):
    """As one that relays a second reader would: the person is asked, one try is spent, and nobody else comes in."""
    client, = clients("taro taro")
    for user in ("taro", "hanako"):
        seen = at(lab, from_client(1), user, ["1", PIN], service="remote")
        assert seen.pam == "SUCCESS" if user == "taro" else "JPKI-503" in seen.screen and not seen.pin_prompts, seen.screen
    spent = [int(client.card.ctl(f"@{i}", "stats").split('"verifies":')[1].split(",")[0]) for i in (0, 1)]
    assert sum(spent) == 1, spent


def unreachable(lab) -> str:
    seen = at(lab, from_client(1), "taro", [PIN], service="remote")
    assert "JPKI-115" in seen.screen and not seen.prompts, seen.screen + lab.syslog.text()
    return seen.screen


def test_a_client_that_is_down_is_told_as_that(lab, insert, clients):
    insert("taro")
    client, = clients("taro")
    client.server.stop()
    assert "cannot be reached" in unreachable(lab)
    client.address.unlink()
    unreachable(lab)


def test_a_socket_that_anybody_may_have_made_is_not_used(lab, clients):
    client, = clients("taro")
    SERVERS.chmod(0o777)
    unreachable(lab)
    assert client.verifies() == 0


def test_a_client_that_hangs_is_left_in_time(lab, clients):
    client, = clients("taro")
    client.server.send(signal.SIGSTOP)
    unreachable(lab)
    client.server.send(signal.SIGCONT)


@pytest.mark.parametrize("said", [b"", b"\x00", b"\x00" + b"\xff" * 64, bytes(4096)], ids=["nothing", "version", "garbage", "zeros"])
def test_a_client_that_talks_nonsense_lets_nobody_in(lab, clients, said):
    clients()
    address = SERVERS / "thin-client-1"
    address.unlink(missing_ok=True)
    ended = threading.Event()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(address))
        address.chmod(0o666)
        listener.listen(8)

        def serve() -> None:
            while not ended.is_set():
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection, suppress(OSError):
                    connection.sendall(said)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        seen = at(lab, from_client(1), "taro", [PIN], service="remote")
        ended.set()
        listener.shutdown(socket.SHUT_RDWR)
    assert "JPKI-115" in seen.screen and not seen.prompts, seen.screen


def test_a_client_that_goes_while_the_pin_is_typed(lab, clients):
    client, = clients("taro")

    def cut() -> str:
        children = Path(f"/proc/{client.server.pid}/task/{client.server.pid}/children").read_text().split()
        assert children  # one for each connection: it speaks with the validator
        for pid in children:
            os.kill(int(pid), signal.SIGKILL)
        return PIN

    seen = at(lab, from_client(1), "taro", [cut], service="remote")
    assert seen.pam != "SUCCESS" and "JPKI-1" in seen.screen, seen.screen
    assert client.verifies() == 0


VSOCK_PORT = 40115  # where nobody listens


def vsock_to_itself(client) -> socket.socket | None:
    """A vsock port of this machine that leads to the thin client's server; nothing where the kernel has no loopback for it. Ports are
    the machine's, not the namespace's."""
    with ExitStack() as tried:
        try:
            listener = tried.enter_context(socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM))
            listener.bind((socket.VMADDR_CID_ANY, socket.VMADDR_PORT_ANY))
            listener.listen()
            with socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM) as probe:
                probe.settimeout(1)
                probe.connect((1, listener.getsockname()[1]))
        except OSError:
            return None
        tried.pop_all()
    listener.accept()[0].close()

    def lead() -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            far.connect(str(client.address))
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=pump, args=(one, other), daemon=True).start()

    threading.Thread(target=lead, daemon=True).start()
    return listener


def pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


def test_a_thin_client_behind_vsock(lab, insert, clients):
    """Through the kernel's loopback for vsock where it has one. Elsewhere nobody answers at that address, and it is told in time."""
    insert("taro")  # of this machine: of no use
    client, = clients("taro")
    listener = vsock_to_itself(client)
    port = listener.getsockname()[1] if listener else VSOCK_PORT
    DROP_IN.write_text(f'[[seat]]\nname = "vm-1"\norigins = ["{ADDRESSES[0]}"]\np11_kit_server = "vsock:cid=1;port={port}"\n')
    if listener is None:
        unreachable(lab)
        assert client.verifies() == 0
        return
    with listener:
        seen = at(lab, from_client(1), "taro", [PIN], service="remote")
        assert seen.pam == "SUCCESS" and client.verifies() == 1, seen.screen + lab.syslog.text()
        listener.shutdown(socket.SHUT_RDWR)
