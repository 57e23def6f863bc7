// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The local map, changed: read, edited and written whole under the directory's lock, so that a login finds
// the old file or the new one. Other lines and comments stay byte for byte; so do owner, group and mode of a
// file that a login would trust.
#pragma once

#include "jpkictl/card/registry.h"

#include <functional>

#include <sys/types.h>

namespace jpki::ctl::card {

class LocalRegistry final : public Registry {
 public:
  // `owner`: whose the file must be; `group`: who may read a new one (logins).
  LocalRegistry(std::string path, uid_t owner, gid_t group)
      : path_(std::move(path)), owner_(owner), group_(group) {}

  std::string name() const override { return path_; }
  Expected<Unit, Trouble> knows(const std::string& account) override;
  Expected<std::vector<Held>, Trouble> of_account(const std::string& account) override;
  Expected<std::vector<Held>, Trouble> holders_of(std::span<const std::string> mappings) override;
  Expected<Change, Trouble> add(const Claim& claim) override;
  Expected<Change, Trouble> remove(const Held& binding) override;
  Expected<std::size_t, Trouble> move(const std::string& from, const std::string& to) override;
  Expected<std::vector<std::string>, Trouble> malformed() override;

  // The whole text; empty where there is no file yet.
  Expected<std::string, Trouble> text() const;

 private:
  // `edit` gets the text and changes it; what it refuses, and a text that it leaves, is not written.
  Expected<Unit, Trouble> change(const std::function<Expected<Unit, Trouble>(std::string& text)>& edit);
  Expected<Unit, Trouble> write(const std::string& text) const;

  std::string path_;
  uid_t owner_;
  gid_t group_;
};

}  // namespace jpki::ctl::card
