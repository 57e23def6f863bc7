# SPDX-License-Identifier: LGPL-2.1-or-later
"""./dev bench login: pam_jpki and Debian's pam_pkcs11, the same token, interleaved in one loop; then, with the virtual card and
pcscd, a login with OCSP and a big CRL beside one without."""

import sys

from bench_revocation import compare
from lab import Lab
from softhsm import SoftTokens, bench, configure_pam_pkcs11

GOAL = 1.0


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    lab = Lab()
    tokens = SoftTokens(lab, "taro")
    peer = configure_pam_pkcs11(lab, "taro")
    status = 0
    for one_process in (False, True):
        result = bench(lab, lab.service("jpki", ""), peer, user="taro", count=count, one_process=one_process)
        print(result.stdout, end="", flush=True)
        print(result.stderr, end="", file=sys.stderr)
        if result.returncode != 0:
            print("\n".join(lab.syslog.lines()[-10:]), file=sys.stderr)
            status = result.returncode
    print(f"goal: ratio at most {GOAL} for a login in a process of its own, as login, su and sudo make it")
    tokens.remove()
    service, card = lab.card_service(), lab.virtual_card("taro")
    try:
        return compare(lab, "taro", count) or status
    finally:
        card.stop()
        service.stop()


if __name__ == "__main__":
    sys.exit(main())
