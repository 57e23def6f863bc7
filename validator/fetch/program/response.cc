// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/fetch/program/response.h"

#include "base/number.h"
#include "validator/fetch/fetch_protocol.h"

#include <algorithm>

#include <strings.h>

namespace jpki::fetch {
namespace {

constexpr long kSwitching = 101;
constexpr long kOk = 200;
constexpr long kNotModified = 304;

bool are_all(const std::vector<std::string>& values, std::initializer_list<const char*> known) {
  return std::ranges::all_of(values, [&](const std::string& value) {
    return std::ranges::any_of(known, [&](const char* one) { return ::strcasecmp(value.c_str(), one) == 0; });
  });
}

// A validator that was cut would never match.
std::string bounded(const std::string& text) {
  return text.size() > kMaxFetchText ? std::string() : text;
}

}  // namespace

Response::Response(const Attempt& attempt, std::string host)
    : attempt_(attempt),
      host_(std::move(host)),
      document_(attempt.file, attempt.request.max_size, attempt.storage) {
  answer_.alternative = attempt.alternative;
}

bool Response::is_provisional(long status) {
  return status >= 100 && status < kOk && status != kSwitching;  // nobody asked to switch
}

bool Response::is_conditional() const {
  return !attempt_.request.etag.empty() || !attempt_.request.last_modified.empty();
}

void Response::fail(FetchError error) {
  if (!failure_) failure_ = std::move(error);
}

// RFC 9112 6.3: two lengths, or a length beside chunks, are how answers are smuggled into others.
bool Response::lengths_agree(const ResponseHead& head) {
  if (head.transfer_encodings.size() > 1) fail(Problem::kLengths);
  if (head.lengths.empty()) return !failure_;
  const auto length = whole_number<std::uint64_t>(head.lengths.front());
  const bool agree =
      length && head.transfer_encodings.empty() && std::ranges::all_of(head.lengths, [&](const auto& one) {
        return whole_number<std::uint64_t>(one) == length;
      });
  if (!agree) {
    fail(Problem::kLengths);
  } else if (*length > attempt_.request.max_size) {
    fail(error_of_size(attempt_.request.max_size, host_));
  }
  return !failure_;
}

bool Response::take_head(const ResponseHead& head) {
  answer_.not_modified = head.status == kNotModified && is_conditional();
  if (head.status != kOk && !answer_.not_modified) {
    fail(error_of_status(head.status, host_));
    return false;
  }
  answer_.content_type = bounded(head.content_type);
  answer_.etag = bounded(head.etag);
  answer_.last_modified = bounded(head.last_modified);
  if (answer_.not_modified) return true;
  if (!are_all(head.content_encodings, {"", "identity"}) ||
      !are_all(head.transfer_encodings, {"", "identity", "chunked"})) {
    fail(Problem::kCompressed);
    return false;
  }
  return lengths_agree(head);
}

Expected<FetchAnswer, FetchError> Response::finish() {
  if (failure_) return Unexpected{*failure_};
  if (document_.state() != Document::State::kGood) return Unexpected{error_of(document_, host_)};
  if (answer_.not_modified) return answer_;
  if (document_.size() == 0) return Unexpected{error_of(Problem::kEmpty, host_)};
  if (!document_.commit()) return Unexpected{error_of(document_, host_)};
  answer_.size = document_.size();
  return answer_;
}

}  // namespace jpki::fetch
