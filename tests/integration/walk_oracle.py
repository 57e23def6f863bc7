# SPDX-License-Identifier: LGPL-2.1-or-later
"""What must become of sessions when their cards come and go, said without looking at how jpki-session-guard does it.

Told: what was done to cards, readers and daemons, and what logind said. Times are seconds of CLOCK_MONOTONIC. Whatever is wrong is
an AssertionError.
"""

from dataclasses import dataclass, field

GRACE = 1.0
SLACK = 1.0  # from when the guard sees that a card is gone and the grace is over: that is the guard's alone, and by its own clock
# Of the rest, pcscd asks a reader every 0.4 s, waits a second more for one that does not answer (SendHotplugSignal), and a machine is busy.
LATE = 5.0
PATIENCE = 10.0  # with a lock that nobody obeys
QUIET = GRACE + 1 + LATE  # so long after the last thing that happened to a card all is done that follows from it

REMOVED = "the card was taken out of its reader"
OTHER = "the reader holds another card, or one that cannot be read"
READER = "the reader is gone"
SERVICE = "pcscd is gone"
SLEPT = "the machine slept"
STARTED = "the guard was started after the session"
UNLOCKED = "the session was unlocked while its card was away"
HINT_LOST = "logind began anew, and cannot tell whether the session is locked"


@dataclass
class Session:
    name: str
    kind: str  # "obeys", "deaf" (locks are not obeyed), "console"; "foreign": no card opened it
    reader: int = 0
    id: str = ""  # logind's; empty: it is not open
    locked: bool = False  # LockedHint
    away: float | None = None  # since when its card is not where it was
    touched: float = 0  # when something last happened that concerns it
    asked: float | None = None  # when logind was told to lock it, since the last time that it was open
    reasons: set[str] = field(default_factory=set)
    owed: list[tuple[str, set[str]]] = field(default_factory=list)  # records of the guard's that must come
    hindered: bool = False  # since its last record logind did not answer the guard
    ending: bool = False  # a record says that it was ended: it may be ended once more
    early: list[tuple[str, str, float]] = field(default_factory=list)  # those that came before what they tell


class Oracle:
    def __init__(self, sessions: list[Session]):
        self.sessions = sessions
        self.delays: list[float] = []  # from when a card was gone to the lock; the guard may have lost it before
        self.decisions: list[float] = []  # from when the guard saw it to the lock, as its records say
        self.locks = self.ends = 0

    def of_cards(self) -> list[Session]:
        return [s for s in self.sessions if s.id and s.kind != "foreign"]

    # --- what was done ----------------------------------------------------------------------------------
    def opened(self, session: Session, session_id: str, now: float, *, calm: bool = True) -> None:
        """`calm`: for a while nothing has happened to pcscd, readers, the guard or logind: there is no reason to touch the session."""
        session.id, session.locked, session.away, session.touched, session.asked = session_id, False, None, now - (QUIET if calm else 0), None
        session.hindered = session.ending = False
        session.reasons = set() if calm else {SERVICE, READER, STARTED}

    def happened(self, session: Session, reason: str, now: float, *, away: bool | None = None) -> None:
        """Something that the guard may take for a card that is gone. `away`: whether the card is where it was, if that is new."""
        if session.away is None and not session.asked and now - session.touched > QUIET:
            session.reasons.clear()
        session.reasons.add(reason)
        if away and session.away is None:
            session.away = now
        if away is False:
            session.away = None
        session.touched = now

    def back(self, session: Session, now: float) -> None:
        session.away, session.touched = None, now

    def unlocked(self, session: Session, now: float) -> None:
        if session.locked and session.away is not None and now - session.away > QUIET:  # known to be gone: nothing else can be the reason
            session.reasons &= {OTHER}
        session.locked, session.asked = False, None
        self.happened(session, UNLOCKED, now)
        if session.away is not None:
            session.away = now

    def hint_lost(self, session: Session, now: float) -> None:
        """logind began anew: nobody can tell whether its screen is locked, and the grace begins once more."""
        session.locked, session.asked = False, None
        self.happened(session, HINT_LOST, now)
        if session.away is not None:
            session.away = now

    # --- what logind said -------------------------------------------------------------------------------
    def lock_asked(self, session: Session, now: float) -> None:
        self._may_be_touched(session, now, "locked")
        assert session.kind != "console", f"{session.name}: a console was asked to lock itself"
        session.asked = now
        self._needs_record(session, "locked", now)
        self.locks += 1

    def ended(self, session: Session, now: float) -> None:
        self._may_be_touched(session, now, "ended")
        assert session.kind != "obeys", f"{session.name}: ended, although it obeys"
        if session.kind == "deaf":
            assert session.asked is not None and now - session.asked > PATIENCE / 2, f"{session.name}: ended at once, though it was to lock itself"
        self._needs_record(session, "ended", now)
        session.id = ""
        self.ends += 1

    def _may_be_touched(self, session: Session, now: float, what: str) -> None:
        state = f"{session.name} ({session.kind}): {what} at {now:.2f}; {session}"
        assert session.kind != "foreign", f"no card opened it. {state}"
        if session.away is None:
            follows = session.touched + QUIET + (PATIENCE if session.asked else 0)
            assert now < follows, f"its card has been there long enough. {state}"
        elif not session.asked:
            assert session.reasons != {REMOVED} or now >= session.away + GRACE, f"before its grace was over. {state}"
            self.delays.append(now - session.away)

    # --- what must be by now ------------------------------------------------------------------------------
    def pending(self) -> list[Session]:
        """Those whose card is gone and which are still open."""
        return [s for s in self.of_cards() if s.away is not None and not s.locked]

    def check(self, now: float) -> None:
        for session in self.pending():
            latest = session.away + GRACE + 1 + LATE + (PATIENCE if session.kind == "deaf" else 0)
            assert now < latest, f"{session.name}: its card is gone, and it is open: {session}"

    def _needs_record(self, session: Session, what: str, now: float) -> None:
        for early in session.early:
            if early[0] == what and self._may_say(early[1], session.reasons) and now - early[2] < LATE:
                session.early.remove(early)
                return
        session.owed.append((what, set(session.reasons)))

    @staticmethod
    def _may_say(why: str, reasons: set[str]) -> bool:
        """A card may also leave, or its reader, while it is read."""
        return why in reasons or why == OTHER

    def logged(self, session: Session, what: str, why: str, now: float) -> None:
        """A record of the guard's: that it locked or ended a session."""
        for owed in session.owed:
            if owed[0] == what and self._may_say(why, owed[1]):
                session.owed.remove(owed)
                return
        session.early.append((what, why, now))

    def decided(self, session: Session, what: str, after: float, *, lock_failed: bool) -> None:
        """What the same record says: so many seconds after the guard saw that the card was gone."""
        least = GRACE + (PATIENCE if lock_failed else 0)
        state = f"{session.name}: {what} {after} s after the guard saw that its card was gone"
        assert after >= least, f"before its grace was over: {state}"
        if not session.hindered and not session.ending:
            assert after <= least + SLACK, f"too late: {state}"
            if not lock_failed:
                self.decisions.append(after)
        session.hindered, session.ending = False, what == "ended"
