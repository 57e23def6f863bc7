# SPDX-License-Identifier: LGPL-2.1-or-later
"""./dev bench card [ROUNDS]: how long people wait for their card, in turns in one run: ours with jpki-pkcs11.so and with OpenSC, Debian's
pam_pkcs11 and SSSD's p11_child with OpenSC, and the bare floor, a program that sends what a login needs and nothing else. The virtual
card takes 10, 25 or 50 ms for each command. Times: from the start of the program to the PIN prompt, and from Enter to its end; SSSD
runs p11_child once for each."""

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bench"))

from card_modules import MODULES, CardModule  # noqa: E402
from dialogue import converse  # noqa: E402
from lab import PIN, Lab  # noqa: E402
from side_by_side import Median, in_turns  # noqa: E402
from softhsm import configure_pam_pkcs11  # noqa: E402

USER = "taro"
READER = "Virtual PCD 00 00"
LATENCIES = (10, 25, 50)  # ms
OTHER_MODULES = Path("/etc/pkcs11/modules")  # where a file beside the package's own says more
FLOOR, OWN, OPENSC, PEER, SSSD = "bare floor", "ours, jpki-pkcs11", "ours, OpenSC", "pam_pkcs11, OpenSC", "p11_child, OpenSC"
KINDS = ("selects", "reads", "verifies_empty", "verifies", "signs", "apdus")
TO_PROMPT = 1.15  # of the floor's time to the prompt
WHOLE = 0.35  # of pam_pkcs11's whole login
COMMANDS = 15


@dataclass(frozen=True)
class Wait:
    """Seconds, and the commands by kind."""

    prompt: float
    enter: float
    commands: tuple[int, ...]

    @property
    def whole(self) -> float:
        return self.prompt + self.enter


class P11Child:
    """What pam_sss has done before it asks for the PIN (--pre), and with the PIN (--auth): SSSD checks path and signature, nothing else."""

    CERTIFICATE = "User Authentication Certificate"

    def __init__(self, lab: Lab):
        self.environment, root = lab.environment(), lab.build / "p11_child" / "root"
        program, = root.glob("usr/libexec/sssd/p11_child")
        libraries, = root.glob("usr/lib/*/sssd")
        self.environment["LD_LIBRARY_PATH"] = f"{libraries}:{libraries.parent}"
        authorities = lab.work / "p11_child.pem"
        anchors = sorted((lab.pki / "anchors.d").iterdir())
        authorities.write_text("".join(file.read_text() for file in anchors if file.suffix != ".toml"))
        self.argv = [str(program), "--debug-fd=2", f"--ca_db={authorities}", "--verify=no_ocsp"]
        OTHER_MODULES.mkdir(parents=True, exist_ok=True)
        for module in Path("/usr/share/p11-kit/modules").glob("*.module"):
            if not module.name.startswith("opensc"):
                (OTHER_MODULES / module.name).write_text("disable-in: p11_child\n")

    def run(self, *options: str, typed: str = "") -> list[str]:
        done = subprocess.run([*self.argv, *options], input=typed, env=self.environment, capture_output=True, text=True, timeout=60)
        status, *found = done.stdout.splitlines()
        if done.returncode != 0 or status != "0":
            raise SystemExit(f"{options}: {done.stdout}{done.stderr}")
        return found

    def certificate(self) -> list[str]:
        """Token, module, CKA_ID, label and the certificate in base64, of the one that logs in."""
        found = self.run("--pre")
        return next(found[i:i + 5] for i in range(0, len(found), 5) if found[i + 3] == self.CERTIFICATE)

    def log_in(self, certificate: list[str]) -> None:
        named = zip(("token_name", "module_name", "key_id", "label"), certificate[:4], strict=True)
        answer = self.run("--auth", "--pin", *(f"--{option}={value}" for option, value in named), typed=PIN)
        if answer[:5] != certificate:
            raise SystemExit(f"p11_child --auth: {answer}")


class Bench:
    def __init__(self, lab: Lab, card):
        self.lab, self.card = lab, card
        opensc = next(Path("/usr/lib").glob("*/opensc-pkcs11.so"))
        self.peer = configure_pam_pkcs11(lab, USER, name="opensc", module=opensc)
        self.p11_child = P11Child(lab)
        self.service = lab.service("bench-card", "timeout=60")

    def _measure(self, argv: list[str], done: str) -> Wait:
        asked = []

        def type_pin() -> str:
            asked.append(time.monotonic())
            return PIN

        self.card.ctl("stats-reset")
        begin = time.monotonic()
        seen = converse(argv, [type_pin], environment=self.lab.environment())
        end = time.monotonic()
        if done not in seen.screen or seen.status != 0 or len(asked) != 1:
            raise SystemExit(f"{argv}: {seen.screen}\n{self.lab.syslog.text()}")
        return Wait(asked[0] - begin, end - asked[0], self._commands())

    def _commands(self) -> tuple[int, ...]:
        stats = self.card.stats()
        return tuple(stats[kind] for kind in KINDS)

    def _pamtester(self, service: str) -> Wait:
        return self._measure(["pamtester", service, USER, "authenticate"], "successfully authenticated")

    def _ours(self, name: str) -> Wait:
        module = CardModule(name)
        module.choose()
        try:
            return self._pamtester(self.service)
        finally:
            module.leave()

    def _sssd(self) -> Wait:
        self.card.ctl("stats-reset")
        begin = time.monotonic()
        certificate = self.p11_child.certificate()
        asked = time.monotonic()
        self.p11_child.log_in(certificate)
        return Wait(asked - begin, time.monotonic() - asked, self._commands())

    def run(self, rounds: int) -> dict[str, list[Wait]]:
        sides = {FLOOR: lambda: self._measure([str(self.lab.build / "tests/bench/card_floor"), READER], ""),
                 OWN: lambda: self._ours("own"), OPENSC: lambda: self._ours("opensc"), PEER: lambda: self._pamtester(self.peer),
                 SSSD: self._sssd}
        assert set(MODULES) == {"own", "opensc"}
        return in_turns(sides, rounds)


def judge(what: str, ratio: Median, goal: float) -> bool:
    met = "met" if ratio.high <= goal else "MISSED" if ratio.low > goal else "cannot tell: noise"
    print(f"    {what}: {ratio.text()}, goal {goal}: {met}")
    return met != "MISSED"


def report(milliseconds: int, waits: dict[str, list[Wait]]) -> bool:
    print(f"  {milliseconds} ms a command")
    for name, made in waits.items():
        prompt, enter = (Median.of(getattr(wait, part) for wait in made) for part in ("prompt", "enter"))
        counts = ", ".join(f"{kind} {count}" for kind, count in zip(KINDS, made[-1].commands, strict=True))
        print(f"    {name:20} to the prompt {prompt.text()} s, from Enter {enter.text()} s; {counts}")

    def ratio(part: str, side: str) -> Median:
        return Median.of(getattr(ours, part) / getattr(other, part) for ours, other in zip(waits[OWN], waits[side], strict=True))

    sent = max(wait.commands[KINDS.index("apdus")] for wait in waits[OWN])
    few = sent <= COMMANDS
    print(f"    commands of a login: {sent}, goal {COMMANDS}: {'met' if few else 'MISSED'}")
    good = judge("to the prompt, of the floor", ratio("prompt", FLOOR), TO_PROMPT) and few
    return judge("whole login, of pam_pkcs11", ratio("whole", PEER), WHOLE) and good


def main() -> int:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    lab = Lab()
    good = True
    for milliseconds in LATENCIES:
        service = lab.card_service()
        card = lab.virtual_card(USER, options=("--apdu-latency-ms", str(milliseconds)))
        try:
            good = report(milliseconds, Bench(lab, card).run(rounds)) and good
        finally:
            card.stop()
            service.stop()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
