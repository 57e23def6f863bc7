# SPDX-License-Identifier: LGPL-2.1-or-later
"""A program of this directory on a machine of booted.py, for tests."""

import subprocess
from pathlib import Path

HERE = Path(__file__).parent
# A drop-in of user@.service: nobody's own services.
NO_USER_SERVICES = "[Service]\nType=oneshot\nRemainAfterExit=yes\nPAMName=\nExecStart=\nExecStart=/bin/true\n"


def run_booted(work: Path, units: dict[str, str], program: str, *arguments: str, timeout: float) -> str:
    """What it printed; it must succeed. `units`: a drop-in for each of these units. Files lie in `work`."""
    report = work / "report"
    report.mkdir(parents=True)
    for unit, text in units.items():
        drop_in = work / "units" / f"{unit}.d" / "test.conf"
        drop_in.parent.mkdir(parents=True)
        drop_in.write_text(text)
    machine = subprocess.Popen(("/usr/bin/python3", str(HERE / "booted.py"), "--report", str(report), "--units", str(work / "units"), "--",
                                "/usr/bin/python3", str(HERE / program), *arguments), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               text=True)
    late = ""
    try:
        said, _ = machine.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        machine.terminate()  # killed, it would leave its control groups
        said, _ = machine.communicate(timeout=60)
        late = f"not ended within {timeout:g} s\n"
    told = (report / "output").read_text() if (report / "output").exists() else ""
    assert machine.returncode == 0 and not late, late + told + said
    return told
