// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/fetch/fetch_protocol.h"

#include "base/wire.h"

#include <algorithm>
#include <array>

namespace jpki::fetch {
namespace {

using std::chrono::milliseconds;

enum class Type : std::uint8_t { kCall = 1, kAnswer = 2, kError = 3 };

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

bool is_header_text(std::string_view text) {
  return text.size() <= kMaxFetchText && is_printable(text);
}

bool is_within_bounds(const FetchRequest& request) {
  if (request.alternatives.empty() || request.alternatives.size() > kMaxAlternatives) return false;
  for (const auto& [url, body, content_type] : request.alternatives)
    if (url.empty() || url.size() > kMaxUrl || body.size() > kMaxFetchBody || !is_header_text(content_type))
      return false;
  for (const std::string* text : {&request.accept, &request.etag, &request.last_modified, &request.tls_trust})
    if (!is_header_text(*text)) return false;
  return request.max_size > 0 && request.max_size <= kMaxDocument && request.timeout > milliseconds(0) &&
         request.timeout <= kMaxFetchTime && request.hedge_after >= milliseconds(0) &&
         request.hedge_after <= kMaxFetchTime;
}

std::string cut(const std::string& text, std::size_t most) {
  std::string out = text.substr(0, most);
  std::ranges::replace_if(
      out, [](char c) { return c < ' ' || c > '~'; }, '?');
  return out;
}

void begin(WireWriter& w, Type type, Ticket ticket) {
  w.number(kFetchProtocolVersion);
  w.number(static_cast<std::uint8_t>(type));
  w.number(ticket);
}

void number_of(WireWriter& w, milliseconds span) {
  w.number(static_cast<std::uint32_t>(span.count()));
}

milliseconds read_span(WireReader& r) {
  return milliseconds(r.number<std::uint32_t>());
}

FetchRequest read_request(WireReader& r) {
  FetchRequest request;
  request.timeout = read_span(r);
  request.hedge_after = read_span(r);
  request.max_size = static_cast<std::size_t>(r.number<std::uint64_t>());
  for (std::string* text : {&request.accept, &request.etag, &request.last_modified, &request.tls_trust})
    *text = r.string();
  const std::size_t count = r.number<std::uint8_t>();
  for (std::size_t i = 0; i < count && i <= kMaxAlternatives; ++i) {
    FetchRequest::Alternative& alternative = request.alternatives.emplace_back();
    alternative.url = r.string();
    alternative.body = to_blob(r.bytes());
    alternative.content_type = r.string();
  }
  return request;
}

FetchAnswer read_answer(WireReader& r) {
  FetchAnswer answer;
  answer.alternative = r.number<std::uint8_t>();
  answer.not_modified = r.flag();
  answer.size = r.number<std::uint64_t>();
  for (std::string* text : {&answer.content_type, &answer.etag, &answer.last_modified}) {
    *text = r.string();
    if (!is_header_text(*text)) r.fail();
  }
  return answer;
}

FetchError read_error(WireReader& r) {
  FetchError error{r.enumerator(FetchError::Reason::kForbidden, FetchError::Reason::kHelper), r.string()};
  if (error.text.size() > kMaxErrorText || !is_printable(error.text)) r.fail();
  return error;
}

}  // namespace

std::optional<Blob> encode_call(const FetchCall& call) {
  const FetchRequest& request = call.request;
  if (!is_within_bounds(request)) return {};
  Blob packet(kMaxFetchPacket);
  WireWriter w(packet);
  begin(w, Type::kCall, call.ticket);
  number_of(w, request.timeout);
  number_of(w, request.hedge_after);
  w.number(std::uint64_t{request.max_size});
  for (const std::string* text : {&request.accept, &request.etag, &request.last_modified, &request.tls_trust})
    w.string(*text);
  w.number(static_cast<std::uint8_t>(request.alternatives.size()));
  for (const auto& [url, body, content_type] : request.alternatives) {
    w.string(url);
    w.string(Bytes(body));
    w.string(content_type);
  }
  if (w.overflow()) return {};
  packet.resize(w.used());
  return packet;
}

std::optional<FetchCall> decode_call(Bytes packet) {
  if (packet.size() > kMaxFetchPacket) return {};
  WireReader r(packet);
  if (r.number<std::uint8_t>() != kFetchProtocolVersion) return {};
  if (r.number<std::uint8_t>() != static_cast<std::uint8_t>(Type::kCall)) return {};
  FetchCall call;
  call.ticket = r.number<Ticket>();
  call.request = read_request(r);
  if (!r.complete() || !is_within_bounds(call.request)) return {};
  return call;
}

Blob encode_result(const FetchResult& result) {
  Blob packet(kMaxFetchPacket);
  WireWriter w(packet);
  if (result.outcome) {
    const FetchAnswer& answer = *result.outcome;
    begin(w, Type::kAnswer, result.ticket);
    w.number(static_cast<std::uint8_t>(answer.alternative));
    w.flag(answer.not_modified);
    w.number(answer.size);
    for (const std::string* text : {&answer.content_type, &answer.etag, &answer.last_modified})
      w.string(cut(*text, kMaxFetchText));
  } else {
    begin(w, Type::kError, result.ticket);
    w.number(static_cast<std::uint8_t>(result.outcome.error().reason));
    w.string(cut(result.outcome.error().text, kMaxErrorText));
  }
  packet.resize(w.used());
  return packet;
}

std::optional<FetchResult> decode_result(Bytes packet) {
  if (packet.size() > kMaxFetchPacket) return {};
  WireReader r(packet);
  if (r.number<std::uint8_t>() != kFetchProtocolVersion) return {};
  const auto type = static_cast<Type>(r.number<std::uint8_t>());
  const auto ticket = r.number<Ticket>();
  std::optional<FetchResult> result;
  switch (type) {
    case Type::kCall:
      break;
    case Type::kAnswer:
      result = FetchResult{ticket, read_answer(r)};
      break;
    case Type::kError:
      result = FetchResult{ticket, Unexpected{read_error(r)}};
      break;
  }
  if (!r.complete()) return {};
  return result;
}

}  // namespace jpki::fetch
