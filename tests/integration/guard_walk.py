# SPDX-License-Identifier: LGPL-2.1-or-later
"""Random events at a machine with two readers and six sessions, under the real systemd, logind, polkit and pcscd (booted.py):

    guard_walk.py PKI SEED EVENTS

Two desktops whose screens obey, one that does not and one console belong to two cards; two desktops, one of them of the same person,
to none. walk_oracle.py says what must become of them.
"""

import json
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from booted_machine import LOGIND, MANAGER, MANAGER_PATH, SESSION, Machine
from walk_oracle import GRACE, LATE, OTHER, QUIET, READER, REMOVED, SERVICE, SLEPT, STARTED, Oracle, Session
from walk_slot import PEOPLE, WORK, Slot

HERE = Path(__file__).parent
UNIT = "jpki-session-guard.service"
UNPLUGGED = WORK / "gone"
OTHERS = ("jiro", "saburo")  # cards that belong to no session
USERS = {"screen-0": "taro", "deaf-0": "taro", "screen-1": "hanako", "console-1": "hanako", "own-password": "taro", "password": "mallory"}
ACTED = re.compile(r"session=(\S+) .*: (locked|ended): ([^;]+)(; the lock was not obeyed)?; (\d+) ms after that was seen$")
HINDERED = re.compile(r"session=(\S+) .*: nothing can be done yet: logind")


class Walk:
    def __init__(self, pki: Path, seed: int, events: int):
        self.random, self.left = random.Random(seed), events
        self.machine = Machine(self._heard)
        self.sessions = {name: Session(name, kind, reader) for name, kind, reader in (
            ("screen-0", "obeys", 0), ("deaf-0", "deaf", 0), ("screen-1", "obeys", 1), ("console-1", "console", 1),
            ("own-password", "foreign", 0), ("password", "foreign", 0))}
        self.oracle = Oracle(list(self.sessions.values()))
        self.hosts: dict[str, subprocess.Popen] = {}
        self.ids: dict[str, str] = {}  # the last session of logind's, by our names; and its path
        self.paths: dict[str, str] = {}
        self.story: list[str] = []
        self.log: list[str] = []
        self.awake = 0
        self.shaken = 0.0  # when something last happened to more than one card
        self.served = True  # pcscd runs, or is started when somebody calls
        self.failed: AssertionError | None = None
        self.agent = subprocess.Popen((sys.executable, str(HERE / "session_agent.py")), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.agent.stdout.readline() == b"ready\n"
        self.slots = [Slot(self.machine, pki, number) for number in range(2)]

    # --- what is heard ----------------------------------------------------------------------------------
    def _heard(self, kind: str, who: str) -> None:
        try:
            self._note(kind, who)
        except AssertionError as failure:  # GLib would print it and go on
            self.failed = self.failed or failure

    def _note(self, kind: str, who: str) -> None:
        now = time.monotonic()
        if kind == "log":
            self.log.append(who)
            if acted := ACTED.search(who):
                for session in self.named(acted[1]):
                    self.oracle.logged(session, acted[2], acted[3], now)
                    self.oracle.decided(session, acted[2], int(acted[5]) / 1000, lock_failed=bool(acted[4]))
            if hindered := HINDERED.search(who):
                for session in self.named(hindered[1]):
                    session.hindered = True
        if kind == "awake":
            self.awake += 1
        for session in self.sessions.values():
            if kind in ("lock", "locked", "open") and self.paths.get(session.name) == who and session.id:
                self._say(f"{kind}: {session.name}")
                if kind == "lock":
                    self.oracle.lock_asked(session, now)
                session.locked = kind == "locked" if kind != "lock" else session.locked
            if kind == "removed" and session.id == who:
                self._say(f"ended: {session.name}")
                self.oracle.ended(session, now)

    def _say(self, what: str) -> None:
        self.story.append(f"{time.monotonic():9.2f} {what}")

    def listen(self, condition: Callable[[], object], seconds: float) -> bool:
        """The oracle looks on; its complaint ends the walk."""
        end = time.monotonic() + seconds
        while True:
            met = self.machine.until(condition, min(0.5, max(0.0, end - time.monotonic())))
            if self.failed:
                raise self.failed
            self.oracle.check(time.monotonic())
            if met or time.monotonic() >= end:
                return met

    def named(self, number: str) -> list[Session]:
        return [session for session in self.sessions.values() if self.ids.get(session.name) == number]

    # --- sessions -----------------------------------------------------------------------------------------
    def log_in(self, session: Session) -> bool:
        if session.name in self.hosts:
            before = self.hosts.pop(session.name)
            assert self.listen(lambda: before.poll() is not None, LATE), f"{session.name}: its processes go on after its end"
        service = {"console": "walk-console", "foreign": "walk-password"}.get(session.kind, "walk-screen")
        steps = ("tty=pts/walk", "authenticate", "open_session", "hold", "close_session")
        host = subprocess.Popen((sys.executable, str(HERE / "pam_host.py"), service, USERS[session.name], '{"PIN": "1234"}', *steps),
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        said: list[bytes] = []
        self.machine.lines(host, said.append)
        assert self.listen(lambda: said, 30), f"{session.name}: no login"
        opened = json.loads(said[0])
        # pcscd has not found the card yet; or logind, which began again to count, took the number of a session that is just ending.
        if 9 in opened["codes"] or 14 in opened["codes"]:
            host.stdin.close()
            host.wait()
            return False
        assert opened.get("codes") == [0, 0, 0] and opened.get("session"), f"{session.name}: {opened}"
        # A logind that was restarted begins again to count.
        self.ids = {name: one for name, one in self.ids.items() if one != opened["session"]} | {session.name: opened["session"]}
        self.hosts[session.name] = host
        self.paths[session.name] = self.machine.path_of(opened["session"])
        if session.kind == "obeys":
            self.agent.stdin.write(self.paths[session.name].encode() + b"\n")
            self.agent.stdin.flush()
            assert self.agent.stdout.readline() == b"ok\n"
        self.oracle.opened(session, opened["session"], time.monotonic(), calm=time.monotonic() - self.shaken > QUIET)
        self._say(f"log in: {session.name} is {opened['session']}")
        if session.kind != "foreign":
            seen = f"session={opened['session']} "
            assert self.listen(lambda: any(seen in line for line in self.log), LATE), f"{session.name}: the guard does not know it"
        return True

    def of_slot(self, slot: Slot) -> list[Session]:
        return [s for s in self.oracle.of_cards() if s.reader == slot.number]

    def there(self, slot: Slot) -> bool:
        return self.served and not UNPLUGGED.exists() and slot.inside and slot.card == PEOPLE[slot.number]

    def concerns(self, reason: str, sessions: list[Session], *, away: bool | None = None) -> None:
        if reason not in (REMOVED, OTHER):
            self.shaken = time.monotonic()
        for session in sessions:
            self.oracle.happened(session, reason, time.monotonic(), away=away)

    def what_is_there(self) -> None:
        for slot in self.slots:
            if self.there(slot):
                self.shaken = max(self.shaken, time.monotonic() - QUIET + 2)  # pcscd has yet to see the card
                for session in self.of_slot(slot):
                    self.oracle.back(session, time.monotonic())

    # --- events: each is a fact about the world, and then about the sessions ------------------------------------
    def pull(self, slot: Slot) -> bool:
        if not slot.inside:
            return False
        self.concerns(REMOVED, self.of_slot(slot), away=True)
        slot.inside = False
        slot.ctl("remove")
        return True

    def put_in(self, slot: Slot) -> bool:
        if slot.inside:
            return False
        slot.inside = True
        slot.ctl("insert")
        self.what_is_there()
        return True

    def swap(self, slot: Slot) -> bool:
        """Another card, at once, or its own again."""
        if not self.served or UNPLUGGED.exists():  # nobody could tell that the first one left
            return False
        other = self.random.choice(OTHERS) if slot.card in PEOPLE else PEOPLE[slot.number]
        if slot.inside:
            self.concerns(REMOVED, self.of_slot(slot), away=True)
            slot.ctl("remove")
        slot.ctl("wait", "absent", "10")
        slot.take(other)
        self.concerns(OTHER, self.of_slot(slot))
        self.what_is_there()
        return True

    def kill_pcscd(self, _slot: Slot) -> bool:
        self.concerns(SERVICE, self.oracle.of_cards())
        self.machine.run("systemctl", "kill", "--signal=KILL", "pcscd.service", status=None)
        self.what_is_there()
        return True

    def restart_pcscd(self, _slot: Slot) -> bool:
        if not self.served:
            return False
        self.concerns(SERVICE, self.oracle.of_cards())
        self.machine.run("systemctl", "restart", "pcscd.service")
        self.what_is_there()
        return True

    def stop_or_start_pcscd(self, _slot: Slot) -> bool:
        if self.served:
            self.concerns(SERVICE, self.oracle.of_cards())
            self.served = False
            self.machine.run("systemctl", "stop", "pcscd.socket", "pcscd.service")
            self.concerns(SERVICE, self.oracle.of_cards(), away=True)  # it takes its time to end, and is asked meanwhile
        else:
            self.machine.run("systemctl", "start", "pcscd.socket")
            self.served = True
            self.what_is_there()
        return True

    def plug_or_unplug(self, _slot: Slot) -> bool:
        """The readers do not answer any more; or a pcscd that was started again does not find them, and looks for them once."""
        if not UNPLUGGED.exists():
            for reason in (READER, REMOVED):
                self.concerns(reason, self.oracle.of_cards(), away=True)
            UNPLUGGED.touch()
            if self.served and self.random.random() < 0.5:
                self.restart_pcscd(_slot)
        else:
            UNPLUGGED.unlink()
            if self.served:
                self.restart_pcscd(_slot)
        self.what_is_there()
        return True

    def suspend(self, _slot: Slot) -> bool:
        before = self.awake
        self.concerns(SLEPT, self.oracle.of_cards())
        self.machine.run("systemctl", "suspend")
        assert self.listen(lambda: self.awake > before, 30), "the machine does not wake up"
        self.what_is_there()
        return True

    def kill_guard(self, _slot: Slot) -> bool:
        self.concerns(STARTED, self.oracle.of_cards())
        before = self.log.count("watching")
        self.machine.run("systemctl", "kill", "--signal=KILL", UNIT, status=None)
        assert self.listen(lambda: self.log.count("watching") > before, 15), "the guard is not started again"
        self.what_is_there()
        return True

    def restart_logind(self, _slot: Slot) -> bool:
        """It forgets what was locked."""
        self.shaken = time.monotonic()
        self.machine.run("systemctl", "restart", "systemd-logind.service")
        for session in self.oracle.of_cards():
            if (session.locked or session.asked) and not self.machine.locked_hint(self.paths[session.name]):
                self.oracle.hint_lost(session, time.monotonic())
        return True

    def unlock(self, slot: Slot) -> bool:
        """By a person at the screen, whether the card is there or not."""
        locked = [s for s in self.of_slot(slot) if s.locked]
        for session in locked:
            self.oracle.unlocked(session, time.monotonic())
            self.machine.set_locked_hint(self.paths[session.name], False)
        return bool(locked)

    def log_in_again(self, slot: Slot) -> bool:
        closed = [s for s in self.sessions.values() if not s.id and s.reader == slot.number]
        if not closed or not self.there(slot) or slot.ctl("wait", "present", "10", status=None) != 0:
            return False
        return self.log_in(closed[0])

    def settle(self) -> None:
        """Until nothing more is due: every session whose card is gone is locked or has ended."""
        self.listen(lambda: not self.oracle.pending(), 30)

    def _repair(self, slot: Slot) -> Callable[[Slot], bool] | None:
        """What is out of order stays so for some events only."""
        if self.random.random() < 0.6:
            return None
        if not self.served:
            return self.stop_or_start_pcscd
        if UNPLUGGED.exists():
            return self.plug_or_unplug
        return self.swap if slot.card != PEOPLE[slot.number] else None

    def walk(self) -> None:
        events = {self.pull: 24, self.put_in: 30, self.swap: 14, self.kill_pcscd: 5, self.restart_pcscd: 4, self.stop_or_start_pcscd: 8,
                  self.plug_or_unplug: 10, self.suspend: 6, self.kill_guard: 7, self.restart_logind: 2, self.unlock: 14, self.log_in_again: 60}
        happened: dict[str, int] = {}
        while self.left:
            slot = self.random.choice(self.slots)
            event = self._repair(slot) or self.random.choices(list(events), list(events.values()))[0]
            self._say(f"{event.__name__} {slot.number}")
            if not event(slot):
                self.story.pop()
                continue
            happened[event.__name__] = happened.get(event.__name__, 0) + 1
            self.left -= 1
            rhythm = self.random.random()
            if rhythm < 0.45:
                self.settle()
            else:  # or the next event comes while something is under way
                self.listen(lambda: False, self.random.uniform(0, 1.3 * GRACE) if rhythm < 0.8 else 0)
        print(", ".join(f"{name} {count}" for name, count in sorted(happened.items())))

    def end(self) -> None:
        """All cards are back and all screens open: nothing happens any more, and nothing has ever happened to the others."""
        if not self.served:
            self.stop_or_start_pcscd(self.slots[0])
        if UNPLUGGED.exists():
            self.plug_or_unplug(self.slots[0])
        for slot in self.slots:
            if slot.card != PEOPLE[slot.number]:
                self.swap(slot)
            self.put_in(slot)
            slot.ctl("wait", "present", "20")
        self.settle()
        self.listen(lambda: False, GRACE)
        for slot in self.slots:
            self.unlock(slot)
        self.listen(lambda: False, QUIET + 1)
        for session in self.sessions.values():
            if session.kind in ("obeys", "foreign"):
                assert session.id and not self.machine.locked_hint(self.paths[session.name]), f"{session.name} is not as it was: {session}"
            assert not session.owed, f"no record says why: {session}"

    def attack(self) -> None:
        """What another user may want of logind and of the records: nothing of it is had, and nothing happens to the sessions."""
        path, number = self.paths["screen-0"], self.ids["screen-0"]
        as_mallory = ("setpriv", "--reuid", "mallory", "--regid", "mallory", "--clear-groups")
        call = (*as_mallory, "busctl", "call", LOGIND)
        record = f"/run/jpki/sessions/session-{number}"
        before = Path(record).read_text()
        for command in ((*call, path, SESSION, "SetLockedHint", "b", "true"), (*call, MANAGER_PATH, MANAGER, "LockSession", "s", number),
                        (*call, MANAGER_PATH, MANAGER, "TerminateSession", "s", number), (*call, MANAGER_PATH, MANAGER, "Suspend", "b", "false"),
                        (*as_mallory, "cat", record), (*as_mallory, "cp", "/dev/null", record), (*as_mallory, "ln", "-s", "/dev/null", f"{record}9"),
                        (*as_mallory, "rm", "-f", record), (*as_mallory, "rm", "-rf", "/run/jpki/locked"), (*as_mallory, "pkill", "-f", UNIT[:-8])):
            status, text = self.machine.run(*command, status=None)
            assert status != 0, f"{' '.join(command)}: {text}"
        assert Path(record).read_text() == before
        assert not any(session.locked or session.asked for session in self.sessions.values())

    def stop(self) -> None:
        """Everybody logs out."""
        self.failed = None
        for session in self.sessions.values():
            session.id = ""
        for host in self.hosts.values():
            host.stdin.close()
            self.machine.until(lambda host=host: host.poll() is not None, 10)
        for child in (self.agent, *(slot.process for slot in self.slots)):
            child.kill()
            child.wait()
        self.machine.stop()

    def begin(self) -> None:
        self.machine.follow(UNIT)
        self.machine.run("systemctl", "start", "pcscd.socket", UNIT)
        assert self.listen(lambda: "watching" in self.log, 30), "the guard does not begin"
        for slot in self.slots:
            slot.ctl("wait", "present", "30")
        for session in self.sessions.values():
            assert self.log_in(session), f"{session.name}: its card is not found"


def middle(values: list[float]) -> float:
    return values[len(values) // 2]


def main() -> int:
    pki, seed, events = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    walk = Walk(pki, seed, events)
    began = time.monotonic()
    try:
        walk.begin()
        walk.attack()
        walk.walk()
        walk.end()
    except AssertionError as failure:
        print("\n".join((*walk.story[-60:], "--- the guard:", *walk.log[-60:])))
        print(walk.machine.run("journalctl", "--no-pager", "--lines=40", "--output=short-monotonic")[1])
        print(f"seed {seed}, {walk.left} of {events} events left: {failure}")
        return 1
    finally:
        walk.stop()
    delays = sorted(walk.oracle.delays) or [0.0]
    decisions = sorted(walk.oracle.decisions) or [0.0]
    print(f"seed {seed}: {events} events in {time.monotonic() - began:.0f} s; {walk.oracle.locks} locks, {walk.oracle.ends} log-offs, with a grace of {GRACE:g} s "
          f"{middle(decisions):.3f} s after the guard saw that the card was gone ({decisions[-1]:.3f} s at most) and {middle(delays):.2f} s after it was ({delays[-1]:.2f} s at most)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
