# SPDX-License-Identifier: LGPL-2.1-or-later
"""greeter_ear.py PID: what a screen reader finds of that process: role, name, states, lower edge and description of each that is showing."""

import sys

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi  # noqa: E402

ROLES = {"button": "push button"}  # which AT-SPI 2.56 (Debian 13) calls by a shorter name than 2.46
STATES = {Atspi.StateType.FOCUSED: "focused", Atspi.StateType.FOCUSABLE: "focusable"}


def walk(node) -> None:
    if node is None:
        return
    states = node.get_state_set()
    if not states.contains(Atspi.StateType.SHOWING):
        return
    names = " ".join(word for state, word in STATES.items() if states.contains(state))
    place = node.get_extents(Atspi.CoordType.SCREEN)
    texts = [(text or "").replace("\n", " ").replace("\t", " ") for text in (node.get_name(), node.get_description())]
    role = node.get_role_name()
    print(ROLES.get(role, role), texts[0], names, place.y + place.height, texts[1], sep="\t")
    for index in range(node.get_child_count()):
        walk(node.get_child_at_index(index))


desktop = Atspi.get_desktop(0)
for position in range(desktop.get_child_count()):
    application = desktop.get_child_at_index(position)
    if application is not None and application.get_process_id() == int(sys.argv[1]):
        for child in range(application.get_child_count()):
            walk(application.get_child_at_index(child))
