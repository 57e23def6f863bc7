# SPDX-License-Identifier: LGPL-2.1-or-later
"""Adds up what ran: summary.py BUILD CHECK_STATUS PYTEST_STATUS. The last line is "N passed, N failed".

The exit status says whether all is well. Counts Check programs by their own sums, other automake tests as one each, and pytest's
cases from BUILD/integration.xml. A skipped test, a report that is missing and a status other than 0 that no counted failure of
its own explains are failures: where one test does not compile, make check runs none.
"""

import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

CHECK_SUM = re.compile(r"^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)$", re.MULTILINE)
TEST_RESULT = re.compile(r"^:test-result: (\w+)", re.MULTILINE)


def count_automake_test(trs: Path) -> tuple[int, int]:
    results = TEST_RESULT.findall(trs.read_text())
    log = trs.with_suffix(".log")
    sums = CHECK_SUM.findall(log.read_text(errors="replace")) if log.exists() else []
    bad = sum(result not in ("PASS", "XFAIL") for result in results) or (not results)
    if not sums:
        return len(results) - bad, int(bad)
    checks, failures, errors = (sum(int(row[i]) for row in sums) for i in range(3))
    failed = failures + errors
    return checks - failed, failed or int(bad)  # a program that died after its last check failed as well


def count_pytest(report: Path) -> tuple[int, int]:
    if not report.exists():
        return 0, 1
    passed = failed = 0
    for suite in ElementTree.parse(report).getroot().iter("testsuite"):
        cases, bad = int(suite.get("tests", 0)), sum(int(suite.get(k, 0)) for k in ("failures", "errors", "skipped"))
        passed, failed = passed + max(cases - bad, 0), failed + bad
    return passed, failed


def main() -> int:
    build, check_status, pytest_status = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    passed = failed = 0
    for trs in sorted(build.rglob("*.trs")):
        good, bad = count_automake_test(trs)
        print(f"{good:5} passed {bad:3} failed  {trs.relative_to(build).with_suffix('')}")
        passed, failed = passed + good, failed + bad
    if check_status != 0 and failed == 0:
        print(f"make check ended with {check_status}: not all unit tests ran; see {build}/check.log")
        failed += 1
    good, bad = count_pytest(build / "integration.xml")
    print(f"{good:5} passed {bad:3} failed  tests/integration")
    if pytest_status != 0 and bad == 0:
        print(f"pytest ended with {pytest_status}, and no test of it failed")
        bad += 1
    passed, failed = passed + good, failed + bad
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
