#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A program that uses libpam as no decent one does: pam_host.py SERVICE USER ANSWERS STEP...

ANSWERS is JSON: the answer for a prompt that holds the key. Steps: authenticate, setcred, setcred=FLAGS, fork-setcred, user=NAME,
service=NAME, tty=NAME, later=SECONDS (later_boot.c is preloaded), open_session, close_session, hold (tells the session's id, and waits for the
end of its input). Prints JSON: what each step returned, what was asked and told.
"""

import ctypes
import json
import os
import sys
from pathlib import Path

ITEMS = {"service": 1, "user": 2, "tty": 3}
PAM_ESTABLISH_CRED = 2
PROMPT_STYLES = (1, 2)


class Message(ctypes.Structure):
    _fields_ = [("style", ctypes.c_int), ("text", ctypes.c_char_p)]


class Response(ctypes.Structure):
    _fields_ = [("text", ctypes.c_void_p), ("code", ctypes.c_int)]


CONVERSE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.POINTER(ctypes.POINTER(Message)),
                            ctypes.POINTER(ctypes.POINTER(Response)), ctypes.c_void_p)


class Conversation(ctypes.Structure):
    _fields_ = [("function", CONVERSE), ("data", ctypes.c_void_p)]


libc = ctypes.CDLL(None)
libc.calloc.restype = libc.strdup.restype = ctypes.c_void_p
libpam = ctypes.CDLL("libpam.so.0")
libpam.pam_getenv.restype = ctypes.c_char_p
# For a new service name libpam unloads the modules of the old one, but keeps their data; pam_end() would then have pam_unix's freed by
# code that is gone.
pam_unix = ctypes.CDLL(str(next(Path("/usr/lib").glob("*/security/pam_unix.so"))))
asked: list[str] = []
told: list[str] = []
service, user, answers, *steps = sys.argv[1:]
known = json.loads(answers)


@CONVERSE
def converse(count, messages, responses, _data):
    memory = libc.calloc(count, ctypes.sizeof(Response))
    array = ctypes.cast(memory, ctypes.POINTER(Response))
    for i in range(count):
        message = messages[i].contents
        text = message.text.decode()
        if message.style not in PROMPT_STYLES:
            told.append(text)
            continue
        asked.append(text)
        answer = next((value for key, value in known.items() if key in text), "")
        array[i].text = libc.strdup(answer.encode())
    responses[0] = array
    return 0


def perform(handle, step: str) -> int:
    name, _, value = step.partition("=")
    if name == "authenticate":
        return libpam.pam_authenticate(handle, 0)
    if name == "setcred":
        return libpam.pam_setcred(handle, int(value or PAM_ESTABLISH_CRED))
    if name == "fork-setcred":
        child = os.fork()
        if child == 0:
            os._exit(libpam.pam_setcred(handle, PAM_ESTABLISH_CRED))
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if name in ("open_session", "close_session"):
        return getattr(libpam, f"pam_{name}")(handle, 0)
    if name == "hold":
        print(json.dumps({"session": (libpam.pam_getenv(handle, b"XDG_SESSION_ID") or b"").decode(), "codes": codes}), flush=True)
        sys.stdin.read()
        return 0
    if name in ITEMS:
        return libpam.pam_set_item(handle, ITEMS[name], ctypes.c_char_p(value.encode()))
    ctypes.c_long.in_dll(libc, "later_boot_seconds").value = int(value)
    return 0


pam = ctypes.c_void_p()
conversation = Conversation(converse, None)
assert libpam.pam_start(service.encode(), user.encode() or None, ctypes.byref(conversation), ctypes.byref(pam)) == 0
codes: list[int] = []
for step in steps:
    codes.append(perform(pam, step))
libpam.pam_end(pam, 0)
print(json.dumps({"codes": codes, "asked": asked, "told": told}))
