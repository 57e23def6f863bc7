// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/succession/resolver.h"

#include "base/text_lines.h"
#include "validator/x509/digest.h"

#include <fmt/format.h>
#include <nettle/base64.h>

namespace jpki::succession {
namespace {

constexpr std::string_view kFirstLine = "jpki-succession 1";
constexpr std::string_view kOld = "old ";

Answer failed(std::string why) {
  return {Answer::Kind::kFailed, {}, std::move(why)};
}

std::string base64_of(Bytes bytes) {
  std::string text(BASE64_ENCODE_RAW_LENGTH(bytes.size()), '\0');
  base64_encode_raw(text.data(), bytes.size(), bytes.data());
  return text;
}

}  // namespace

std::string resolver_question(const x509::Certificate& certificate, x509::Kind kind) {
  return fmt::format("{}\nkind {}\nsha256 {}\ncertificate {}\n", kFirstLine, x509::name_of(kind),
                     to_hex(x509::sha256(certificate.der())), base64_of(certificate.der()));
}

Answer parse_resolver_answer(std::string_view text) {
  if (text.size() > kMaxResolverAnswer) return failed("its answer is too long");
  if (take_line(text) != kFirstLine) return failed("its answer does not begin with jpki-succession 1");
  std::vector<std::string> old;
  std::optional<Answer::Kind> plain;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (plain) return failed("its answer goes on after none or unknown");
    if (line == "none" || line == "unknown") {
      plain = line == "none" ? Answer::Kind::kNone : Answer::Kind::kUnknown;
      continue;
    }
    auto name = line.starts_with(kOld) ? canonical_name(line.substr(kOld.size()), false) : std::nullopt;
    if (!name)
      return failed("a line of its answer is not old, none or unknown, or has no strong mapping string");
    if (old.size() == kMostOld) return failed("it names more older certificates than can be one");
    old.push_back(std::move(*name));
  }
  if (plain && !old.empty()) return failed("its answer says two things");
  if (plain) return {*plain, {}, {}};
  if (old.empty()) return failed("its answer says nothing");
  return {Answer::Kind::kOld, std::move(old), {}};
}

}  // namespace jpki::succession
