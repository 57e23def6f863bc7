// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The feed file: assertions that the site's administrators, or what they run, put on this machine. Root's
// file, which nobody else may write and others may not read. One assertion a line:
//
//   # comment
//   NEW  OLD [OLD…]
//   NEW  none
//
// NEW is SHA256:… of the certificate's DER, or one of its strong mapping strings; OLD are strong mapping
// strings of the one older certificate. A string ends at the blank before the next "X509:" or "SHA256:", or
// at the end of the line: an issuer's name may hold blanks. Several lines for one certificate count together.
// A wrong line makes the whole feed one that could not tell: it may have said the opposite.
#pragma once

#include "base/safe_file.h"
#include "validator/succession/assertion.h"

namespace jpki::succession {

inline constexpr std::size_t kFeedLimit = std::size_t{8} << 20;  // bytes
inline constexpr std::size_t kFeedLineLimit = 4096;

constexpr FileTrust feed_trust(uid_t owner) {
  return {.max_size = kFeedLimit, .owner = owner, .secret = true};
}

// What `text` says of the certificate that has these names; never kFailed without ":LINE: why".
Answer search_feed(std::string_view text, const std::vector<std::string>& names);

// The file, open: nothing of it is opened later.
class Feed {
 public:
  explicit Feed(const std::string& path, uid_t owner = 0);
  Answer answer(const std::vector<std::string>& names) const;
  // Empty: it can be trusted.
  const std::string& problem() const noexcept { return problem_; }

 private:
  std::string path_;
  UniqueFd fd_;
  std::string problem_;
};

}  // namespace jpki::succession
