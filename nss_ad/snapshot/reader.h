// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The snapshot files for programs: opened with a reason when that fails, and read back as Contents.
#pragma once

#include "base/expected.h"
#include "base/time.h"
#include "nss_ad/snapshot/contents.h"
#include "nss_ad/snapshot/snapshot_file.h"
#include "nss_ad/snapshot/view.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace jpki::ad::snapshot {

struct ReadError {
  FileState state;
  std::string text;  // cause and next step
};

// A snapshot file mapped; the view lives as long as this. As the file is immutable, all of it is of one time.
template <class TheView, FileKind kKind>
class Opened {
 public:
  static Expected<Opened, ReadError> open(const std::string& path, uid_t owner = 0);

  TheView view() const { return {file_->data(), file_->size()}; }
  Time synchronized() const { return Time(std::chrono::seconds(view().synchronized())); }

 private:
  explicit Opened(std::unique_ptr<MappedFile> file) : file_(std::move(file)) {}
  std::unique_ptr<MappedFile> file_;
};
using OpenedUsers = Opened<UsersView, FileKind::kUsers>;
using OpenedRestricted = Opened<RestrictedView, FileKind::kRestricted>;
extern template class Opened<UsersView, FileKind::kUsers>;
extern template class Opened<RestrictedView, FileKind::kRestricted>;

std::string text_of(const Piece& piece);
// A SID as a record holds it; empty when it is none.
Sid sid_of(const Piece& piece);
AccountState state_of(const AccountFields& account);
// The record with this SID; reads all of them.
std::optional<UserFields> find_user(const UsersView& view, const Sid& sid);
std::optional<GroupFields> find_group(const UsersView& view, const Sid& sid);
// The group as a rule names it: by its SID, or as libnss_ad finds a name.
std::optional<GroupFields> find_group(const UsersView& view, const std::string& name_or_sid);
// The names in a list that ends each with a NUL.
std::vector<std::string> names_of(const Piece& list);

// Both files of `directory` whole, checksums of all their bytes verified; users and groups by ascending id.
// The files are joined by uid, name and SID: a user whom restricted.snap does not know has the state
// "disabled" and no binding.
Expected<Contents, ReadError> read_contents(const std::string& directory, uid_t owner = 0);
// Only users.snap: all states are "disabled", no bindings.
Expected<Contents, ReadError> read_users(const std::string& directory, uid_t owner = 0);

}  // namespace jpki::ad::snapshot
