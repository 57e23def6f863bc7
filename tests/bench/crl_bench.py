#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""./dev bench crl: verify and load CRLs with reason codes, and look certificates up, beside dirmngr, OpenSSL and GnuTLS.

    crl_bench.py BUILD [COUNT…]      (as root, in a name space whose /etc may be written)

All peers read the same files, in turns, in one run. Time is wall time of a process; memory is the peak of its anonymous
memory (RssAnon), looked at every millisecond: mapped files and the page cache do not count. The CRLs are kept in
BUILD/bench-crl.
"""

import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

SIZES = (10_000, 100_000, 1_000_000, 5_000_000)
GNUTLS_LIMIT = 10_000  # its time is quadratic
ROUNDS = {10_000: 5, 100_000: 5, 1_000_000: 3, 5_000_000: 3}
COLD_RUNS = 300
GOALS = {"compile": 0.5, "memory": 64.0, "cold": 200.0, "warm": 1.0}


def rss_anon(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1])
    except (FileNotFoundError, ProcessLookupError):
        pass
    return 0


def measure(*argv: str | Path) -> tuple[float, float, str]:
    """Seconds, MiB of anonymous memory at the peak, standard output."""
    start = time.perf_counter()
    process = subprocess.Popen([str(a) for a in argv], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    peak = 0
    while process.poll() is None:
        peak = max(peak, rss_anon(process.pid))
        time.sleep(0.001)
    seconds = time.perf_counter() - start
    out, err = process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"{argv}: exit status {process.returncode}\n{out}{err}")
    return seconds, peak / 1024, out


class Bench:
    def __init__(self, build: Path):
        self.ours = build / "tests/bench/crl_bench"
        self.openssl = build / "tests/bench/crl_bench_openssl"
        self.work = build / "bench-crl"
        self.work.mkdir(exist_ok=True)
        self.ca = self.work / "ca.der"
        self.index = self.work / "bench.idx"
        self.home = self.work / "gnupg"

    def files(self, count: int) -> tuple[Path, Path]:
        crl, card = self.work / f"{count}.crl", self.work / f"card-{count}.der"
        if not crl.exists() or time.time() - crl.stat().st_mtime > 300 * 86400:
            print(f"making a CRL of {count} entries", file=sys.stderr, flush=True)
            measure(self.ours, "make", self.work, str(count))
        crl.read_bytes()  # into the page cache: all begin alike
        return crl, card

    def load_by_dirmngr(self, crl: Path) -> tuple[float, float, str]:
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(mode=0o700)
        trusted = Path("/etc/gnupg/trusted-certs")
        trusted.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.ca, trusted / "bench.crt")
        result = measure("dirmngr", "--homedir", self.home, "--disable-ldap", "--load-crl", crl)
        if not any(path.stat().st_size > 10_000 for path in (self.home / "crls.d").iterdir()):
            raise RuntimeError("dirmngr did not take the CRL")
        return result

    def one_size(self, count: int) -> bool:
        crl, card = self.files(count)
        peers = {
            "jpki": lambda: measure(self.ours, "compile", crl, self.ca, self.index),
            "dirmngr": lambda: self.load_by_dirmngr(crl),
            "openssl": lambda: measure(self.openssl, crl, self.ca, card),
        }
        if count <= GNUTLS_LIMIT:
            peers["gnutls"] = lambda: measure(self.ours, "gnutls", crl)
        runs: dict[str, list[tuple[float, float, str]]] = {name: [] for name in peers}
        for _ in range(ROUNDS.get(count, 3)):
            for name, run in peers.items():
                runs[name].append(run())
        seconds = {name: statistics.median(run[0] for run in results) for name, results in runs.items()}
        memory = {name: max(run[1] for run in results) for name, results in runs.items()}

        print(f"{count} entries, {crl.stat().st_size / 1e6:.1f} MB; index {self.index.stat().st_size / 1e6:.1f} MB")
        for name in peers:
            ratio = f"{seconds['jpki'] / seconds[name]:8.3f} of it" if name != "jpki" else ""
            what = "verify + compile" if name == "jpki" else "import" if name == "gnutls" else "verify + load"
            print(f"  {name:8} {what:17} {seconds[name] * 1e3:10.1f} ms  {memory[name]:8.1f} MiB  {ratio}")
        _, _, cold = measure(self.ours, "cold", self.index, self.ca, card, str(COLD_RUNS))
        empty, path, full, difference, alone = map(float, cold.split())
        warm = float(measure(self.ours, "warm", self.index, str(count))[2])
        other = statistics.median(float(run[2]) for run in runs["openssl"])
        print(f"  processes, medians of {COLD_RUNS} in turns: empty {empty:.0f} µs, verifies the card's certificate {path:.0f} µs, "
              f"looks it up as well {full:.0f} µs: look-up, cold {difference:.0f} µs; "
              f"without any signature, over an empty process {alone:.0f} µs")
        print(f"  look-up, warm: jpki {warm:.3f} µs, openssl {other:.3f} µs", flush=True)
        return (memory["jpki"] < GOALS["memory"] and difference < GOALS["cold"] and warm < GOALS["warm"]
                and seconds["jpki"] < GOALS["compile"] * seconds["dirmngr"])


def main() -> int:
    build = Path(sys.argv[1])
    sizes = [int(argument) for argument in sys.argv[2:]] or SIZES
    bench = Bench(build)
    met = [bench.one_size(count) for count in sizes]
    print("goals, of the largest: compile in less than 0.5 of dirmngr, under 64 MiB, cold look-up within 200 µs, warm under 1 µs: "
          + ("met" if met[-1] else "NOT met"))
    return 0 if met[-1] else 1


if __name__ == "__main__":
    os.environ["LC_ALL"] = "C"
    sys.exit(main())
