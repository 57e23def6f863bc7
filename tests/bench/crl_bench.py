#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""./dev bench crl: verify and load CRLs with reason codes, and look certificates up, beside dirmngr, OpenSSL and GnuTLS.

    crl_bench.py BUILD [COUNT…]      (as root, in a name space whose /etc may be written)

All peers read the same files, in turns, in one run. Memory is the peak of a process's anonymous memory (RssAnon), looked at every
millisecond of a run that is not timed: mapped files and the page cache do not count. A cold look-up is what a process costs that
looks a card up, less one that verifies the card's certificate only. The CRLs are kept in BUILD/bench-crl.

"compile" is verifying and compiling alone; "refresh" is the whole of jpki-crl-refresh, which also loads the configuration, confines
itself and works on a copy.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from side_by_side import Cost, Goals, Median, cost_of, excess, in_turns, median, ratio

SIZES = (10_000, 100_000, 1_000_000, 5_000_000)
GNUTLS_LIMIT = 10_000  # its time is quadratic
ROUNDS = {10_000: 25, 100_000: 25, 1_000_000: 15, 5_000_000: 9}
COLD_ROUNDS = 300
OF_DIRMNGR = 0.45
MEMORY_MIB = 64
COLD_MICROSECONDS = 200
WARM_MICROSECONDS = 1


def rss_anon(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1])
    except (FileNotFoundError, ProcessLookupError):
        pass
    return 0


def peak_memory(*argv: str | Path) -> float:
    """MiB."""
    process = subprocess.Popen([str(a) for a in argv], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    peak = 0
    while process.poll() is None:
        peak = max(peak, rss_anon(process.pid))
        time.sleep(0.001)
    _, err = process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"{argv}: exit status {process.returncode}\n{err}")
    return peak / 1024


class Bench:
    def __init__(self, build: Path):
        self.ours = build / "tests/bench/crl_bench"
        self.openssl = build / "tests/bench/crl_bench_openssl"
        self.work = build / "bench-crl"
        self.work.mkdir(exist_ok=True)
        self.ca = self.work / "ca.der"
        self.index = self.work / "bench.idx"
        self.home = self.work / "gnupg"
        self.goals = Goals()
        self.site = self.work / "site"
        self.refresh = ("jpki-crl-refresh", "--config", Path("/etc/jpki/bench.toml"), "--rebuild")

    def configure(self, crl: Path) -> None:
        """What jpki-crl-refresh reads: the bench's CA as an anchor, and one CRL."""
        anchors = Path("/etc/jpki/bench-anchors")
        for directory in (anchors, self.site):
            shutil.rmtree(directory, ignore_errors=True)
            directory.mkdir(parents=True)
        shutil.copyfile(self.ca, anchors / "bench.der")
        digest = hashlib.sha256(self.ca.read_bytes()).hexdigest()
        (anchors / "bench.toml").write_text(
            f'certificate = "bench.der"\nsha256 = "{digest}"\nkinds = ["jpki-authentication"]\n')
        shutil.copyfile(crl, self.site / "bench.crl")
        Path("/etc/jpki/bench.toml").write_text(
            f'[trust]\nanchors = "{anchors}"\n[revocation]\ncrls = "{self.site}"\nindex = "{self.site}/crl.idx"\n')

    def files(self, count: int) -> tuple[Path, Path]:
        crl, card = self.work / f"{count}.crl", self.work / f"card-{count}.der"
        if not crl.exists() or time.time() - crl.stat().st_mtime > 300 * 86400:
            print(f"making a CRL of {count} entries", file=sys.stderr, flush=True)
            cost_of(self.ours, "make", self.work, str(count))
        crl.read_bytes()  # into the page cache: all begin alike
        return crl, card

    def dirmngr_that_loads(self, crl: Path) -> list[str | Path]:
        """With a home that has nothing in it yet."""
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(mode=0o700)
        trusted = Path("/etc/gnupg/trusted-certs")
        trusted.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.ca, trusted / "bench.crt")
        return ["dirmngr", "--homedir", self.home, "--disable-ldap", "--load-crl", crl]

    def has_loaded(self) -> None:
        if not any(path.stat().st_size > 10_000 for path in (self.home / "crls.d").iterdir()):
            raise RuntimeError("dirmngr did not take the CRL")

    def load_by_dirmngr(self, crl: Path) -> Cost:
        cost = cost_of(*self.dirmngr_that_loads(crl))
        self.has_loaded()
        return cost

    def loads(self, count: int, crl: Path, card: Path) -> None:
        self.configure(crl)
        compile_ = (self.ours, "compile", crl, self.ca, self.index)
        openssl = (self.openssl, crl, self.ca, card)
        memory = {"compile": peak_memory(*compile_), "refresh": peak_memory(*self.refresh),
                  "dirmngr": peak_memory(*self.dirmngr_that_loads(crl)), "openssl": peak_memory(*openssl)}
        self.has_loaded()
        sides: dict[str, Callable[[], Cost]] = {
            "compile": lambda: cost_of(*compile_),
            "refresh": lambda: cost_of(*self.refresh),
            "dirmngr": lambda: self.load_by_dirmngr(crl),
            "openssl": lambda: cost_of(*openssl),
        }
        if count <= GNUTLS_LIMIT:
            sides["gnutls"] = lambda: cost_of(self.ours, "gnutls", crl)
            memory["gnutls"] = peak_memory(self.ours, "gnutls", crl)
        costs = in_turns(sides, ROUNDS.get(count, 9))
        print(f"{count} entries, {crl.stat().st_size / 1e6:.1f} MB; index {self.index.stat().st_size / 1e6:.1f} MB; "
              f"medians of {len(costs['compile'])} rounds [at 95 %]")
        for name, side in costs.items():
            print(f"  {name:18} CPU {median(side, 'cpu').text(1e3, 1):>27} ms   wall {median(side, 'wall').text(1e3, 1):>27} ms  "
                  f"{memory[name]:8.1f} MiB")
        for ours, peer in [(ours, peer) for ours in ("compile", "refresh") for peer in list(costs)[2:]]:
            print(f"  {ours + ' / ' + peer:18} CPU {ratio(costs[ours], costs[peer], 'cpu').text(decimals=3):>27}      "
                  f"wall {ratio(costs[ours], costs[peer], 'wall').text(decimals=3):>27}")
        self.goals.at_most("compile / dirmngr, CPU time", ratio(costs["compile"], costs["dirmngr"], "cpu"), OF_DIRMNGR)
        self.goals.at_most("refresh / dirmngr, CPU time", ratio(costs["refresh"], costs["dirmngr"], "cpu"), OF_DIRMNGR)
        self.goals.at_most("memory", Median.of([max(memory["compile"], memory["refresh"])]), MEMORY_MIB, unit=" MiB")

    def cold_look_up(self, card: Path) -> None:
        steps = {"empty": ("empty",), "path": ("path", self.ca, card), "lookup": ("lookup", self.index, self.ca, card),
                 "find": ("find", self.index, self.ca, card)}
        costs = in_turns({name: lambda step=step: cost_of(self.ours, *step) for name, step in steps.items()}, COLD_ROUNDS)
        for kind, name in (("cpu", "CPU"), ("wall", "wall")):
            print(f"  cold, {name:4} of a process, µs: empty {median(costs['empty'], kind).text(1e6, 0)}, "
                  f"verifies the card's certificate {median(costs['path'], kind).text(1e6, 0)}, "
                  f"looks it up as well {median(costs['lookup'], kind).text(1e6, 0)}: "
                  f"{excess(costs['lookup'], costs['path'], kind).text(1e6, 0)} more; "
                  f"looks it up without any signature {excess(costs['find'], costs['empty'], kind).text(1e6, 0)} more than empty")
        self.goals.at_most("look-up, cold, CPU time", excess(costs["lookup"], costs["path"], "cpu"), COLD_MICROSECONDS, 1e6, " µs")

    def warm_look_up(self, count: int, crl: Path, card: Path) -> None:
        def rounds(*argv: str | Path) -> Median:
            done = subprocess.run([str(word) for word in argv], capture_output=True, text=True, check=True)
            return Median.of(map(float, done.stdout.split()))
        ours = rounds(self.ours, "warm", self.index, str(count))
        theirs = rounds(self.openssl, crl, self.ca, card, "warm")
        print(f"  warm, CPU, µs: jpki {ours.text(decimals=3)}, openssl {theirs.text(decimals=3)}")
        self.goals.at_most("look-up, warm, CPU time", ours, WARM_MICROSECONDS, 1, " µs")

    def one_size(self, count: int) -> None:
        crl, card = self.files(count)
        self.loads(count, crl, card)
        self.cold_look_up(card)
        self.warm_look_up(count, crl, card)


def main() -> int:
    with open("/etc/passwd", "a") as passwd:
        passwd.write("_jpki:x:990:990::/nonexistent:/usr/sbin/nologin\n")
    bench = Bench(Path(sys.argv[1]))
    for count in [int(argument) for argument in sys.argv[2:]] or SIZES:
        bench.one_size(count)
    return bench.goals.exit_status()


if __name__ == "__main__":
    os.environ["LC_ALL"] = "C"
    sys.exit(main())
