// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The name constraints in force along a path: permitted_subtrees and excluded_subtrees of RFC 5280 6.1.2(b)
// and (c).
#pragma once

#include "validator/x509/certificate.h"

#include <optional>
#include <string>
#include <vector>

namespace jpki::path {

class NameConstraintState {
 public:
  // 6.1.4(g): from here on the constraints of `certificate` hold too. It must outlive the state.
  void add(const x509::Certificate& certificate);

  // 6.1.3(b) and (c): is every name of `certificate` permitted by each set of constraints and excluded by
  // none? The clause that failed, or nothing. Judged are the subject, every subjectAltName, and as
  // rfc822Names also each SmtpUTF8Mailbox (RFC 9598 6) and each emailAddress of the subject, decoded. RFC
  // 5280 4.2.1.10 asks for those only where there is no rfc822Name, but all of them name accounts.
  // Constraints of a form that is not supported, critical or not, refuse every certificate with a name of
  // that form: to ignore them would be to accept too much.
  std::optional<std::string> refusal(const x509::Certificate& certificate) const;

 private:
  std::optional<std::string> refusal_of(const x509::GeneralName& name) const;

  std::vector<const x509::NameConstraints*> constraints_;
  std::size_t subtrees_ = 0;
};

}  // namespace jpki::path
