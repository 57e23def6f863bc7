# SPDX-License-Identifier: LGPL-2.1-or-later
"""What PAM and a front end say to each other, seen from between them: conversation_spy.c, preloaded into every program of the lab."""

from pathlib import Path

from lab import Lab, run

LOG = Path("/run/lab-conversation")
PRELOAD = Path("/etc/ld.so.preload")
SOURCE = Path(__file__).with_name("conversation_spy.c")


class ConversationSpy:
    """One for a table of cases. stop() takes it out of the programs that are started afterwards."""

    def __init__(self, lab: Lab):
        library = lab.work / "conversation_spy.so"
        run("gcc", "-shared", "-fPIC", "-Wall", f'-DCONVERSATION_LOG="{LOG}"', "-o", str(library), str(SOURCE))
        LOG.touch()
        LOG.chmod(0o666)
        self._before = PRELOAD.read_text() if PRELOAD.exists() else None
        PRELOAD.write_text((self._before or "") + f"{library}\n")

    def clear(self) -> None:
        LOG.write_text("")

    def lines(self) -> list[str]:
        return LOG.read_text(errors="replace").splitlines()

    def said(self) -> list[str]:
        """All that a screen could have shown, prompts too."""
        return [text for word, _, text in (line.partition(" ") for line in self.lines())
                if word in ("tells", "complains", "asks-hidden", "asks-shown")]

    def waits_for_answer(self) -> bool:
        return self.lines()[-1:] == ["waits "]

    def asks_to_choose(self) -> bool:
        """From a list, which GDM shows."""
        return self.lines()[-2:] == ["asks-list ", "waits "]

    def holds_message(self) -> bool:
        """The host has a message and has not yet returned: at once true and untrue with a host that goes on."""
        return self.lines()[-1:] == ["shows "]

    def decisions(self) -> int:
        return sum(line.startswith("decided ") for line in self.lines())

    def service(self) -> str:
        """That of the conversation that was begun last."""
        return next((line.partition(" ")[2] for line in reversed(self.lines()) if line.startswith("begins ")), "")

    def silent(self) -> bool:
        return "authenticates silent" in self.lines()

    def stop(self) -> None:
        if self._before is None:
            PRELOAD.unlink()
        else:
            PRELOAD.write_text(self._before)
        LOG.unlink()
