// SPDX-License-Identifier: LGPL-2.1-or-later
//
// lightdm's library writes answers through a GLib channel, whose buffer keeps the last one until a longer
// message goes through it: for good, since none is longer. These functions make such channels write without a
// buffer. The library hands out none of its channels, so the program's own g_io_channel_unix_new() is the one
// that it calls.
#pragma once

namespace jpki::greeter {

// Every channel made since the program began, if it is for `descriptor` and has no encoding, writes directly
// from now on.
void write_directly(int descriptor);

// Overwrites what functions that have returned left of their variables on the stack.
void wipe_stack();

}  // namespace jpki::greeter
