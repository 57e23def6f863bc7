# SPDX-License-Identifier: LGPL-2.1-or-later
"""All front ends by name. `lightdm:GREETER:SERVICE` is a greeter that is not listed, which asks for no name."""

from collections.abc import Callable
from functools import partial

from front_end import FrontEnd
from gdm import Gdm
from lightdm import JpkiGreeter, Lightdm
from lockers import I3lock, Kscreenlocker, Xscreensaver
from terminals import Login, Pkexec, Sshd, Su, Sudo
from wayland import Gtklock, Swaylock

FRONT_ENDS: dict[str, Callable[..., FrontEnd]] = {
    "lightdm-gtk-greeter": Lightdm,
    "lightdm-gtk-greeter-without-name": partial(Lightdm, asks_name=False),
    "jpki-greeter": JpkiGreeter,
    "i3lock": I3lock,
    "xscreensaver": Xscreensaver,
    "swaylock": Swaylock,
    "gtklock": Gtklock,
    "kscreenlocker": Kscreenlocker,
    "gdm": Gdm,
    "pkexec": Pkexec,
    "sshd": Sshd,
    "login": Login,
    "su": Su,
    "sudo": Sudo,
}

# Only when they are named: gtklock is in Debian 13 alone and has a root of that release; kscreenlocker needs plasma-workspace, 750 MB
# that nothing else needs; gdm has a root of its own, too, and takes minutes to start where there is no graphics card.
ON_REQUEST = {"gtklock", "kscreenlocker", "gdm"}


def front_end(name: str) -> Callable[..., FrontEnd]:
    if name.startswith("lightdm:"):
        _, greeter, service = name.split(":")
        return partial(Lightdm, greeter=greeter, service=service, asks_name=False)
    return FRONT_ENDS[name]
