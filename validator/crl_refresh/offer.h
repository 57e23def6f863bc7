// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Offers: CRLs that could be in the next index, and where each comes from: a file that is to be compiled, or
// a section of the last index whose file did not change.
#pragma once

#include "validator/crl/crl_index.h"
#include "validator/crl/crl_policy.h"
#include "validator/crl_refresh/crl_file.h"
#include "validator/crl_refresh/crl_signer.h"

#include <functional>

namespace jpki::crl_refresh {

// How far a step has come, in bytes.
using Progress = std::function<void(const std::string& step, std::size_t done, std::size_t total)>;

// The sections of the last index. No CRL goes back behind them (R8), even when none of them is used again.
struct Offer;
struct JudgeRules;
struct LastIndex {
  std::optional<crl::CrlIndex> index;
  std::vector<crl::IndexedCrl> sections;
  bool reusable = true;  // the first two of these find nothing otherwise

  const crl::IndexedCrl* unchanged(const std::string& name, const FileStamp& stamp) const;
  const crl::IndexedCrl* same_content(std::uint64_t checksum) const;
  const crl::IndexedCrl* of_series(const x509::Sha256& series) const;
  // Did the offer's file have a CRL by the same key of another scope, which is not too old?
  bool has_other_scope(const Offer& offer, const JudgeRules& rules) const;
};

struct Offer {
  crl::CrlSource source;
  x509::Sha256 signer_key{};
  x509::Sha256 series{};
  const crl::IndexedCrl* section = nullptr;  // of the last index; else:
  std::optional<crl::MappedFile> file;
  crl::Crl crl;  // views into `file`
  const crl::CrlHeader& header() const { return section != nullptr ? section->header() : crl.header; }
};

struct JudgeRules {
  SignerRules signers;
  crl::CrlPolicy policy;
  Time now{};
};

// The section of the last index for a file that did not change since.
std::optional<Offer> unchanged(const std::string& name, const FileStamp& stamp, const LastIndex& last);

// The CRL in the file that is open as `fd`, which nobody may write to any more; it is that of the file `path`
// with `stamp`. It is verified unless the last index has it.
Expected<Offer, Report::Line> judge(const UniqueFd& fd, const std::string& path, const FileStamp& stamp,
                                    const LastIndex& last, const JudgeRules& rules, const Progress& progress);

bool is_stale(const crl::CrlHeader& header, const JudgeRules& rules);

// R8: a lower CRLNumber or an earlier thisUpdate than what it would replace.
bool goes_back(const crl::CrlHeader& header, const crl::CrlHeader& than);
// Orders the CRLs of one series, by thisUpdate and then by CRLNumber; none is the lowest.
bool is_newer(const crl::CrlHeader& header, const crl::CrlHeader& than);

}  // namespace jpki::crl_refresh
