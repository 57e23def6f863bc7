// SPDX-License-Identifier: LGPL-2.1-or-later
//
// LightdmManager: lightdm through its own library. The only file that knows it.
#pragma once

#include "greeter/manager.h"

#include <memory>

typedef struct _LightDMGreeter LightDMGreeter;

namespace jpki::greeter {

class LightdmManager final : public Manager {
 public:
  LightdmManager();
  ~LightdmManager() override;
  LightdmManager(const LightdmManager&) = delete;
  LightdmManager& operator=(const LightdmManager&) = delete;

  bool connect(Listener& listener) override;
  bool authenticate(const std::string& name) override;
  bool respond(const char* text) override;
  bool cancel() override;
  bool start_session() override;
  bool can(Power power) override;
  void request(Power power) override;

 private:
  struct Unref {
    void operator()(LightDMGreeter* greeter) const noexcept;
  };
  std::unique_ptr<LightDMGreeter, Unref> greeter_;
};

}  // namespace jpki::greeter
