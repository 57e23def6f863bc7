// SPDX-License-Identifier: LGPL-2.1-or-later
//
// OpenSC's C_Initialize wants to tell a desktop about cards: through GIO it looks for a session bus, may
// start one, and leaves a thread behind, which confinement could not reach. jpki-validator defines and
// exports OpenSC's own functions for it, and the dynamic linker takes the program's first: no bus, no thread,
// and no time for them. Should an OpenSC come that binds them otherwise, its thread is noticed and told
// (sandbox/confinement.h).

#define JPKI_EXPORT extern "C" __attribute__((visibility("default")))

JPKI_EXPORT void sc_notify_init();
JPKI_EXPORT void sc_notify_close();
JPKI_EXPORT void sc_notify(const char* title, const char* text);
JPKI_EXPORT void sc_notify_id(void* context, void* atr, void* card, int text);

void sc_notify_init() {}
void sc_notify_close() {}
void sc_notify(const char*, const char*) {}
void sc_notify_id(void*, void*, void*, int) {}
