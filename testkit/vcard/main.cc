// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpki-vcard: a virtual MyNumber card. Exit status: 0 done, 1 `ctl`: the card said no, 2 could not begin.
#include "testkit/vcard/control_client.h"
#include "testkit/vcard/options.h"
#include "testkit/vcard/service.h"

#include <cstdio>
#include <exception>

namespace {

using namespace jpki::vcard;

constexpr int kRefused = 1;
constexpr int kCannotBegin = 2;

int complain(const std::string& text) {
  (void)std::fprintf(stderr, "jpki-vcard: %s\n", text.c_str());
  return kCannotBegin;
}

int run(const ServeOptions& options) {
  const auto served = serve(options);
  return served ? 0 : complain(served.error());
}

int run(const ControlOptions& options) {
  const auto reply = send_command(options.control_socket, options.command);
  if (!reply) return complain(reply.error());
  const bool refused = reply->starts_with("error: ");
  (void)std::fprintf(refused ? stderr : stdout, "%s\n", reply->c_str());
  return refused ? kRefused : 0;
}

int run(const ShowText& show) {
  (void)std::fputs(show.text.c_str(), stdout);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto invocation = parse_options(argc, argv);
    if (!invocation) return complain(invocation.error());
    return std::visit([](const auto& options) { return run(options); }, *invocation);
  } catch (const std::exception& error) {
    return complain(error.what());
  }
}
