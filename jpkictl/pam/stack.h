// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A service of PAM as libpam loads it: the files, with what they include, as one stack for each facility; and
// what libpam makes of the return codes of its modules. Nothing is loaded, and no module runs.
//
// As Linux-PAM 1.5.2 with Debian's "@include"; tests run every stack through the real libpam and compare.
#pragma once

#include "jpkictl/pam/control.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace jpki::ctl::pam {

enum class Facility { kAuth, kAccount, kSession, kPassword };
inline constexpr std::size_t kFacilities = 4;

struct Place {
  std::string file;
  unsigned line = 0;
  auto operator<=>(const Place&) const = default;
};

struct Step {
  enum class Kind {
    kModule,
    kFails,     // a line that libpam cannot read: PAM_PERM_DENIED
    kSubstack,  // where one begins; does nothing
  };
  Kind kind = Kind::kModule;
  Place place;
  Control control = {};
  std::string module = {};                // as it is written: "pam_unix.so"
  std::vector<std::string> options = {};  // without brackets
  unsigned level = 0;                     // so many substacks around it
};
using Stack = std::vector<Step>;

struct Trouble {
  enum class Kind {
    kUnknownFacility,
    kBadControl,
    kNoModule,
    kMissingFile,  // of an include or a substack
    kTooDeep,
  };
  Kind kind;
  Place place;
  std::string word;  // what is wrong, as it is written
};

struct Service {
  std::string name;
  bool usable = true;  // false: libpam refuses to begin
  std::array<Stack, kFacilities> stacks = {};
  std::vector<Trouble> troubles = {};
  std::vector<std::string> files = {};  // that were read, in this order

  const Stack& of(Facility facility) const { return stacks.at(static_cast<std::size_t>(facility)); }
};

struct FileText {
  std::string path;
  std::string text;
};
// The file of a service or of an include, which may be a path; nothing: there is none.
using ReadPamFile = std::function<std::optional<FileText>(const std::string& name)>;

// A facility without a line has those of "other".
Service load_service(const std::string& name, const ReadPamFile& read);

struct Visit {
  std::size_t step = 0;  // in the stack
  int code = PAM_SUCCESS;
  Action action = {};
};

struct Outcome {
  int code = PAM_PERM_DENIED;
  std::optional<std::size_t> decided_by = {};  // the step whose code it is; nothing: none said anything
  std::optional<std::size_t> bad_jump = {};    // the last one that leads past the end
  std::vector<Visit> visits = {};              // of modules, in the order in which they were asked
};

// What pam_authenticate() or pam_acct_mgmt() returns when the modules return what `returned` says.
Outcome run(const Stack& stack, const std::function<int(std::size_t step)>& returned);

}  // namespace jpki::ctl::pam
