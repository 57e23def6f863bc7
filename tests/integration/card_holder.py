# SPDX-License-Identifier: LGPL-2.1-or-later
"""A program that logs in to a card through a PKCS#11 module and stays: card_holder.py MODULE PIN. Says "held"; for each line that
it reads, the state of its session (PKCS#11 v2.40, CKS_…), or for the line "token" what C_GetTokenInfo returns."""

import ctypes
import sys

# The places of the functions in CK_FUNCTION_LIST.
INITIALIZE, GET_SLOT_LIST, GET_TOKEN_INFO, OPEN_SESSION, GET_SESSION_INFO, LOGIN = 0, 4, 6, 12, 15, 18
TOKEN_INFO = 1024  # bytes; CK_TOKEN_INFO is smaller
CKF_SERIAL_SESSION, CKU_USER = 4, 1


class FunctionList(ctypes.Structure):
    _fields_ = [("version", ctypes.c_ubyte * 2), ("functions", ctypes.c_void_p * 68)]


class SessionInfo(ctypes.Structure):
    _fields_ = [(name, ctypes.c_ulong) for name in ("slot", "state", "flags", "error")]


def main() -> None:
    functions = ctypes.POINTER(FunctionList)()
    ctypes.CDLL(sys.argv[1]).C_GetFunctionList(ctypes.byref(functions))

    def returned(place: int, *arguments) -> int:
        return ctypes.CFUNCTYPE(ctypes.c_ulong, *[type(one) if isinstance(one, ctypes._SimpleCData) else ctypes.c_void_p
                                                  for one in arguments])(functions.contents.functions[place])(*arguments)

    def call(place: int, *arguments) -> None:
        if (rv := returned(place, *arguments)) != 0:
            sys.exit(f"function {place}: {rv:#x}")

    slots, count, session = (ctypes.c_ulong * 8)(), ctypes.c_ulong(8), ctypes.c_ulong()
    call(INITIALIZE, None)
    call(GET_SLOT_LIST, ctypes.c_ubyte(1), ctypes.cast(slots, ctypes.c_void_p), ctypes.cast(ctypes.byref(count), ctypes.c_void_p))
    call(OPEN_SESSION, ctypes.c_ulong(slots[0]), ctypes.c_ulong(CKF_SERIAL_SESSION), None, None,
         ctypes.cast(ctypes.byref(session), ctypes.c_void_p))
    pin = ctypes.create_string_buffer(sys.argv[2].encode())
    call(LOGIN, session, ctypes.c_ulong(CKU_USER), ctypes.cast(pin, ctypes.c_void_p), ctypes.c_ulong(len(sys.argv[2])))
    print("held", flush=True)
    for line in sys.stdin:
        if line == "token\n":
            token = ctypes.create_string_buffer(TOKEN_INFO)
            print(f"{returned(GET_TOKEN_INFO, ctypes.c_ulong(slots[0]), ctypes.cast(token, ctypes.c_void_p)):#x}", flush=True)
            continue
        info = SessionInfo()
        call(GET_SESSION_INFO, session, ctypes.cast(ctypes.byref(info), ctypes.c_void_p))
        print(info.state, flush=True)


if __name__ == "__main__":
    main()
