// SPDX-License-Identifier: LGPL-2.1-or-later
//
// File rules: owner, group and mode of the files that a login needs, and what makes a missing one.
#pragma once

#include "jpkictl/doctor/facts.h"
#include "jpkictl/doctor/finding.h"

#include <optional>
#include <span>
#include <string>

namespace jpki::ctl::doctor {

enum class Who { kRoot, kHelper, kGuard };

struct FileRule {
  const char* path;
  FileFact::Kind kind;
  Who owner;
  Who group;
  mode_t mode;       // no other bits may be set
  mode_t needed;     // without these the login cannot use it
  const char* make;  // the command that makes a missing one; nullptr: it may be missing
};

// The parts of a login that are files; the names are those of the judgements in links.h.
std::span<const FileRule> rules_of_module();
std::span<const FileRule> rules_of_programs();
std::span<const FileRule> rules_of_directories();
std::span<const FileRule> rules_of_greeter();
// What `jpkictl card pending` signs requests with, and takes them by; the key, then the directory of hosts.
std::span<const FileRule> rules_of_requests();
const FileRule& rule_of_name_service_module();
const FileRule& rule_of_sessions();
const FileRule& rule_of_catalogue();

// What is wrong with the first file that breaks its rule; nothing: all are as they have to be. A user or
// group that does not exist is not compared: helper-user tells that.
std::optional<Finding> judge_files(std::span<const FileRule> rules, const Facts& facts);
// The same of one file.
std::optional<Finding> judge_file(const FileRule& rule, const Facts& facts);

// `path` for a shell, quoted where it has to be.
std::string shell_word(const std::string& path);

}  // namespace jpki::ctl::doctor
