// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a field holds while somebody types into it: one page, locked in memory where the limit allows it, left
// out of core dumps, wiped behind each deletion and before it is given back. GTK's own buffer grows in
// ordinary memory.
#pragma once

#include <cstddef>

#include <gtk/gtk.h>

namespace jpki::greeter {

inline constexpr std::size_t kMaxTyped = 256;  // bytes; what goes beyond is not taken

// A new one, which the caller owns; nullptr when no page can be had.
GtkEntryBuffer* new_secret_buffer();

// What is in `buffer`, with a zero at its end; valid until it changes.
const char* text_in(GtkEntryBuffer* buffer);

}  // namespace jpki::greeter
