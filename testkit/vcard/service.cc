// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/vcard/service.h"

#include "testkit/vcard/card_directory.h"
#include "testkit/vcard/control_server.h"
#include "testkit/vcard/counter_file.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/signalfd.h>

namespace jpki::vcard {
namespace {

using Cards = std::vector<std::unique_ptr<CardInReader>>;

// SIGTERM and SIGINT as an event.
class StopSignals final : public EventSource {
 public:
  StopSignals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    ::sigprocmask(SIG_BLOCK, &signals, nullptr);
    fd_.reset(::signalfd(-1, &signals, SFD_CLOEXEC));
  }

  bool arrived() const noexcept { return arrived_; }

  void watch(std::vector<Watch>& watches) override {
    watches.push_back({fd_.get(), POLLIN, [this](short) { arrived_ = true; }});
  }
  std::optional<SteadyTime> due() const override { return std::nullopt; }
  void on_time(SteadyTime) override {}

 private:
  UniqueFd fd_;
  bool arrived_ = false;
};

void print_line(std::FILE* stream, const std::string& line) {
  (void)std::fprintf(stream, "%s\n", line.c_str());
  (void)std::fflush(stream);
}

Expected<sockaddr_in, std::string> resolve(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (error != 0) return Unexpected{host + ": " + ::gai_strerror(error)};
  sockaddr_in address{};
  std::memcpy(&address, found->ai_addr, sizeof address);
  ::freeaddrinfo(found);
  return address;
}

// Gives the card the counters of its state file, or starts the file with full ones.
Expected<Unit, std::string> restore(VirtualCard& card, const CounterFile& file, const std::string& path) {
  const auto stored = file.load();
  if (!stored) return Unexpected{stored.error()};
  if (!*stored) return file.save(card.counters());
  const PinCounters counters = **stored;
  const PinCounters full = card.counters();
  if (counters.auth > full.auth || counters.sign > full.sign) {
    return Unexpected{path +
                      ": more tries left than --auth-tries or --sign-tries; remove it to start afresh"};
  }
  card.restore_counters(counters);
  return Unit{};
}

ReaderAddress reader_at(sockaddr_in host, std::size_t port) {
  host.sin_port = htons(static_cast<std::uint16_t>(port));
  ReaderAddress address;
  std::memcpy(&address.storage, &host, sizeof host);
  address.size = sizeof host;
  return address;
}

Expected<Unit, std::string> add_card(const ServeOptions& options, const sockaddr_in& host, Cards& cards) {
  const std::size_t index = cards.size();
  auto contents = load_card(options.card_directories[index], options.key_type);
  if (!contents) return Unexpected{contents.error()};
  const std::string path = options.state_file + (index == 0 ? "" : "." + std::to_string(index));
  const CounterFile file(path);
  VirtualCard::Hooks hooks;
  hooks.save = [file](PinCounters counters) {
    const auto saved = file.save(counters);
    if (!saved) print_line(stderr, "jpki-vcard: " + saved.error());
    return saved.has_value();
  };
  hooks.trace = [index](const std::string& line) {
    print_line(stderr, "@" + std::to_string(index) + " " + line);
  };
  cards.push_back(std::make_unique<CardInReader>(std::move(*contents), options.rules, options.latency,
                                                 std::move(hooks), reader_at(host, options.port + index)));
  return restore(cards.back()->card, file, path);
}

Expected<Unit, std::string> add_faults(const ServeOptions& options, const ControlCommands& commands) {
  for (const std::string& spec : options.faults) {
    const std::size_t space = spec.starts_with('@') ? spec.find(' ') : std::string::npos;
    const bool chosen = space != std::string::npos;
    const std::string line = chosen ? spec.substr(0, space) + " fault" + spec.substr(space) : "fault " + spec;
    const auto result = commands.execute(line);
    const auto* const reply = std::get_if<std::string>(&result);
    if (reply == nullptr || *reply != "ok") return Unexpected{"--fault: " + (reply ? *reply : spec)};
  }
  return Unit{};
}

}  // namespace

Expected<Unit, std::string> serve(const ServeOptions& options) {
  StopSignals signals;
  const auto host = resolve(options.host);
  if (!host) return Unexpected{host.error()};
  Cards cards;
  while (cards.size() < options.card_directories.size()) {
    auto added = add_card(options, *host, cards);
    if (!added) return added;
  }
  const ControlCommands commands(cards);
  auto faults = add_faults(options, commands);
  if (!faults) return faults;
  const auto server = ControlServer::listen(options.control_socket, commands);
  if (!server) return Unexpected{server.error()};

  std::vector<EventSource*> sources = {&signals};
  for (const auto& card : cards) {
    sources.push_back(&card->link);
    if (!options.absent) card->link.insert();
  }
  sources.push_back(server->get());  // last: its waits see what the others did
  print_line(stdout, "ready");
  run_until(sources, [&signals] { return signals.arrived(); });
  return Unit{};
}

}  // namespace jpki::vcard
