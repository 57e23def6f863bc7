// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpki-testocsp: the OCSP responder of a test PKI, on loopback HTTP.
#include "base/time.h"
#include "testkit/ocsp/control.h"
#include "testkit/ocsp/http_server.h"

#include <cstdio>
#include <iostream>
#include <string>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::testocsp;

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;

struct Options {
  std::string tree;
  std::uint16_t port = 0;
  bool detached = false;
  bool list = false;
  std::vector<std::string> recipes;
};

int fail(const std::string& text) {
  fmt::print(stderr, "jpki-testocsp: {}\n", text);
  return kExitFailed;
}

HttpAnswer refuse(int status) {
  HttpAnswer answer;
  answer.status = status;
  answer.content_type = "text/plain";
  return answer;
}

HttpAnswer handle(Responder& responder, const HttpRequest& request) {
  const bool is_get = request.method == "GET";
  if (!is_get && request.method != "POST") return refuse(405);
  if (!is_get && request.content_type != "application/ocsp-request") return refuse(415);
  const auto bytes = ocsp_request_of(request);
  if (!bytes) return refuse(400);
  return responder.answer(*bytes, is_get, SystemClock().now());
}

// Ends the process when standard input does: threads with slow clients need not be waited for.
[[noreturn]] void obey(Responder& responder) {
  for (std::string line; std::getline(std::cin, line);) {
    fmt::print("{}\n", execute(responder, line));
    std::fflush(stdout);
  }
  ::_exit(0);
}

int run(const Options& options) {
  auto tree = load_tree(options.tree);
  if (!tree) return fail(tree.error());
  Responder responder(std::move(*tree));
  if (!options.recipes.empty()) {
    std::string line = "answer";
    for (const std::string& recipe : options.recipes) line += " " + recipe;
    if (const std::string result = execute(responder, line); result != "ok") return fail(result);
  }
  auto server = HttpServer::listen(options.port);
  if (!server) return fail(server.error());
  fmt::print("ready {}\n", server->port());
  std::fflush(stdout);
  const HttpServer::Handler handler = [&](const HttpRequest& request) { return handle(responder, request); };
  // cppcheck-suppress missingReturn ; serve() is [[noreturn]], which cppcheck does not see through ->
  if (!options.detached) std::thread([&] { obey(responder); }).detach();
  server->serve(handler);
}

}  // namespace

int main(int argc, char** argv) try {
  Options options;
  CLI::App app(
      "The OCSP responder for a test PKI made by jpki-testpki: GET and POST on http://127.0.0.1:PORT/, at "
      "any path.\n"
      "It prints \"ready PORT\", then answers each command with one line, and ends at end of input or on\n"
      "SIGTERM. Every certificate is good except that of the card \"revoked\", until you say otherwise. "
      "Commands:\n\n" +
      std::string(kCommands));
  app.set_version_flag("--version", PACKAGE_STRING);
  app.add_option("--pki", options.tree, "folder made by jpki-testpki");
  app.add_option("--port", options.port, "TCP port; 0 takes a free one")->capture_default_str();
  app.add_option("--answer", options.recipes, "recipes to start with, as in the command");
  app.add_flag("--detached", options.detached, "read no commands; end only on SIGTERM");
  app.add_flag("--faults", options.list, "list the faults that recipes can be made of");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;
  }
  if (options.list) {
    fmt::print("{}", list_faults());
    return 0;
  }
  if (options.tree.empty()) {
    fmt::print(stderr, "jpki-testocsp: --pki DIR is missing; make one with: jpki-testpki --out DIR\n");
    return kExitUsage;
  }
  return run(options);
} catch (const std::exception& error) {
  static_cast<void>(std::fprintf(stderr, "jpki-testocsp: %s\n", error.what()));
  return kExitFailed;
}
