# SPDX-License-Identifier: LGPL-2.1-or-later
"""Somebody who takes every connection that pcscd gives, and keeps them. Says "full" when there are no more."""

import ctypes
import time

pcsc = ctypes.CDLL("libpcsclite.so.1")
taken = 0
while pcsc.SCardEstablishContext(ctypes.c_ulong(2), None, None, ctypes.byref(ctypes.c_long())) == 0:
    taken += 1
print("full" if taken else "nothing to be had", flush=True)
time.sleep(600)
