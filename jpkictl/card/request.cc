// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/card/request.h"

#include "base/number.h"
#include "validator/map/mapping_strings.h"
#include "validator/succession/assertion.h"
#include "validator/succession/overlay.h"
#include "validator/x509/base64.h"

#include <algorithm>

#include <fmt/format.h>

namespace jpki::ctl::card {
namespace {

constexpr std::string_view kFirstLine = "jpki-request 1";
constexpr std::string_view kByPassword = "pin password";
constexpr std::string_view kBySuccession = "pin succession";
constexpr std::size_t kLongestHost = 64;
constexpr std::size_t kSignatureSize = 64;  // Ed25519, RFC 8032 5.1.6

// The lines of a text, one after the other.
class LineReader {
 public:
  explicit LineReader(std::string_view text) : text_(text) {}

  bool at_end() const { return text_.empty(); }
  std::size_t left() const { return text_.size(); }  // octets
  // The rest of the next line when it begins with `beginning`; else the line stays.
  std::optional<std::string_view> next(std::string_view beginning) {
    const std::size_t end = text_.find('\n');
    if (end == text_.npos || !text_.substr(0, end).starts_with(beginning)) return std::nullopt;
    const auto rest = text_.substr(beginning.size(), end - beginning.size());
    text_.remove_prefix(end + 1);
    return rest;
  }

 private:
  std::string_view text_;
};

std::optional<Time> time_of(std::optional<std::string_view> digits) {
  if (!digits) return std::nullopt;
  const auto seconds = whole_number<std::int64_t>(*digits);
  if (!seconds || *seconds < 0 || std::to_string(*seconds) != *digits) return std::nullopt;
  return Time(std::chrono::seconds(*seconds));
}

std::optional<Blob> octets_of(std::optional<std::string_view> text) {
  return text ? x509::from_base64(*text) : std::nullopt;
}

std::optional<Request> take_request(LineReader& lines) {
  if (lines.next(kFirstLine) != "") return std::nullopt;
  const auto host = lines.next("host=");
  const auto account = lines.next("account=");
  const auto asked = time_of(lines.next("asked="));
  const auto made = time_of(lines.next("made="));
  const auto proven = lines.next("proven=");
  std::vector<std::string> old_names;
  while (const auto old = lines.next("old=")) {
    if (succession::canonical_name(*old, false) != *old) return std::nullopt;
    old_names.emplace_back(*old);
  }
  auto certificate = octets_of(lines.next("certificate="));
  auto signature = octets_of(lines.next("signature="));
  if (!host || !is_host_word(*host) || !account || !succession::is_account_text(*account) || !asked ||
      !made || proven != (old_names.empty() ? kByPassword : kBySuccession) ||
      old_names.size() > succession::kMostOld || !certificate || certificate->empty() ||
      certificate->size() > succession::kMaxEntryCertificate || !signature ||
      signature->size() != kSignatureSize)
    return std::nullopt;
  return Request{std::string(*host),      std::string(*account), *asked, *made, std::move(old_names),
                 std::move(*certificate), std::move(*signature)};
}

}  // namespace

std::string Request::name() const {
  return map::thumbprint_string(certificate);
}

bool is_host_word(std::string_view host) noexcept {
  const auto stands = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return !host.empty() && host.size() <= kLongestHost && host.front() != '.' &&
         std::ranges::all_of(host, stands);
}

std::string signed_text(const Request& request) {
  std::string text = fmt::format("{}\nhost={}\naccount={}\nasked={}\nmade={}\nproven={}\n", kFirstLine,
                                 request.host, request.account, request.asked.time_since_epoch().count(),
                                 request.made.time_since_epoch().count(),
                                 request.is_renewal() ? kBySuccession : kByPassword);
  for (const std::string& old : request.old_names) text += "old=" + old + '\n';
  return text + "certificate=" + x509::to_base64(request.certificate) + '\n';
}

std::string spelled(const Request& request) {
  return signed_text(request) + "signature=" + x509::to_base64(request.signature) + '\n';
}

std::optional<std::vector<Request>> parse_requests(std::string_view text) {
  std::vector<Request> requests;
  for (LineReader lines(text); !lines.at_end();) {
    const std::size_t before = lines.left();
    auto request = take_request(lines);
    if (!request || before - lines.left() > kMaxRequest || requests.size() == kMostRequests)
      return std::nullopt;
    requests.push_back(std::move(*request));
  }
  return requests;
}

}  // namespace jpki::ctl::card
