// SPDX-License-Identifier: LGPL-2.1-or-later
//
// ControlServer: the UNIX stream socket (mode 0600) that takes ControlCommands, one line each. A client whose
// command waits is answered by the event that makes the condition true; its further lines are read after
// that.
#pragma once

#include "base/expected.h"
#include "base/unique_fd.h"
#include "testkit/vcard/control_commands.h"
#include "testkit/vcard/event_loop.h"

#include <deque>
#include <memory>
#include <string>

namespace jpki::vcard {

class ControlServer final : public EventSource {
 public:
  // Listens at `path`; takes over a socket that nobody serves any more. The error names the path and the
  // cause.
  static Expected<std::unique_ptr<ControlServer>, std::string> listen(const std::string& path,
                                                                      ControlCommands commands);

  // Removes the socket.
  ~ControlServer() override;

  void watch(std::vector<Watch>& watches) override;
  std::optional<SteadyTime> due() const override;
  void on_time(SteadyTime now) override;

 private:
  struct Client {
    UniqueFd socket;
    std::string input;
    std::string output;
    std::function<bool()> waits_for;
    SteadyTime waits_until;
    bool ended = false;
  };

  ControlServer(std::string path, UniqueFd socket, ControlCommands commands)
      : path_(std::move(path)), socket_(std::move(socket)), commands_(commands) {}

  void accept();
  void on_ready(Client& client, short events);
  bool serve_lines(Client& client, SteadyTime now);
  static void send_output(Client& client);

  std::string path_;
  UniqueFd socket_;
  ControlCommands commands_;
  std::deque<std::unique_ptr<Client>> clients_;
};

}  // namespace jpki::vcard
