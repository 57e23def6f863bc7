// SPDX-License-Identifier: LGPL-2.1-or-later
#include "greeter/direct_channel.h"

#include <array>
#include <cstring>

#include <dlfcn.h>
#include <glib.h>

namespace {

// The library makes two; what others make afterwards is of no interest.
constexpr std::size_t kMost = 8;
std::array<GIOChannel*, kMost> channels{};
std::size_t count = 0;

constexpr std::size_t kStack = 64 * 1024;

}  // namespace

// NOLINTNEXTLINE: the name is GLib's
extern "C" __attribute__((visibility("default"))) GIOChannel* g_io_channel_unix_new(int descriptor) {
  using Function = GIOChannel* (*)(int);
  static const auto original = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "g_io_channel_unix_new"));
  GIOChannel* const channel = original(descriptor);
  if (count < kMost) channels[count++] = ::g_io_channel_ref(channel);
  return channel;
}

namespace jpki::greeter {

void write_directly(int descriptor) {
  for (std::size_t i = 0; i < count; ++i) {
    if (::g_io_channel_unix_get_fd(channels[i]) == descriptor &&
        ::g_io_channel_get_encoding(channels[i]) == nullptr)
      ::g_io_channel_set_buffered(channels[i], FALSE);
  }
}

[[gnu::noinline]] void wipe_stack() {
  std::array<char, kStack> room;
  ::explicit_bzero(room.data(), room.size());
}

}  // namespace jpki::greeter
