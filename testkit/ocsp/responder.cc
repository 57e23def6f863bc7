// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/ocsp/responder.h"

#include "testkit/pki/profiles.h"

#include <charconv>

namespace jpki::testocsp {

using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr std::chrono::hours kDay{24};
constexpr std::uint8_t kMalformedRequest = 1;
constexpr std::uint8_t kUnauthorized = 6;
constexpr Time kRevocation{std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)};
constexpr std::uint8_t kCessationOfOperation = 5;  // as the CRL of the test PKI says

std::optional<Blob> parse_hex(const std::string& text) {
  Blob out;
  if (text.empty() || text.size() % 2 != 0) return std::nullopt;
  for (std::size_t at = 0; at < text.size(); at += 2) {
    std::uint8_t octet = 0;
    const auto [end, error] = std::from_chars(&text[at], &text[at] + 2, octet, 16);
    if (error != std::errc() || end != &text[at] + 2) return std::nullopt;
    out.push_back(octet);
  }
  return out;
}

}  // namespace

Responder::Responder(PkiTree pki) : pki_(std::move(pki)) {
  reset();
}

void Responder::reset() {
  const std::lock_guard lock(mutex_);
  status_.clear();
  carried_.clear();
  first_.clear();
  recipes_.clear();
  statistics_ = {};
  const auto card = pki_.serials.find("revoked");
  if (card != pki_.serials.end()) status_[card->second] = revoked(kRevocation, kCessationOfOperation);
}

void Responder::set_recipes(std::deque<Recipe> recipes) {
  const std::lock_guard lock(mutex_);
  recipes_ = std::move(recipes);
}

std::optional<Blob> Responder::serial_of(const std::string& who) const {
  const auto card = pki_.serials.find(who);
  return card != pki_.serials.end() ? std::optional(card->second) : parse_hex(who);
}

bool Responder::carry(const std::string& who, const std::string& oid, const std::string& value) {
  const auto serial = serial_of(who);
  auto octets = parse_hex(value);
  if (!serial || oid.empty() || !octets) return false;
  const std::lock_guard lock(mutex_);
  carried_[*serial] = {oid, false, std::move(*octets)};
  return true;
}

bool Responder::set_status(const std::string& who, std::optional<Blob> status) {
  const auto serial = serial_of(who);
  if (!serial) return false;
  const std::lock_guard lock(mutex_);
  status_.erase(*serial);
  if (status) status_[*serial] = std::move(*status);
  return true;
}

Statistics Responder::statistics() const {
  const std::lock_guard lock(mutex_);
  return statistics_;
}

HttpAnswer Responder::answer(Bytes bytes, bool is_get, Time now) {
  const std::lock_guard lock(mutex_);
  const auto request = read_request(bytes);
  HttpAnswer simple;
  if (!request) {
    simple.body = error_response(kMalformedRequest);
    return simple;
  }
  count(*request, is_get);
  const Ca* const ca = pki_.issuer_of(request->ids.front());
  if (ca == nullptr) {
    simple.body = error_response(kUnauthorized);
    return simple;
  }
  Draft draft = truth(*ca, *request, is_get, now);
  for (const Step& step : next_recipe()) step.fault->apply(draft, step.number);
  draft.http.body = body_of(draft);
  return std::move(draft.http);
}

Recipe Responder::next_recipe() {
  if (recipes_.empty()) return {};
  Recipe recipe = recipes_.front();
  if (recipes_.size() > 1) recipes_.pop_front();
  return recipe;
}

void Responder::count(const OcspRequest& request, bool is_get) {
  ++(is_get ? statistics_.get : statistics_.post);
  if (request.nonce) ++statistics_.nonce;
  const bool sha1 = request.ids.front().hash == digest_oid(testpki::Digest::kSha1);
  ++(sha1 ? statistics_.sha1 : statistics_.sha256);
}

Draft Responder::truth(const Ca& ca, const OcspRequest& request, bool is_get, Time now) const {
  Draft draft{pki_, ca, request, now, is_get};
  draft.delegate = ocsp_responder_certificate(ca.subject, pki_.responder_key, now - kDay, now + kDay);
  draft.delegate_issuer = &ca.key;
  draft.signer = &pki_.responder_key;
  draft.response.responder_id = by_name(draft.delegate.subject);
  draft.response.produced_at = now;
  for (const CertId& id : request.ids) {
    const auto known = status_.find(id.serial);
    draft.response.responses.push_back({.id = id,
                                        .status = known == status_.end() ? good() : known->second,
                                        .this_update = now - seconds(1),
                                        .next_update = now + minutes(15)});
    const auto carried = carried_.find(id.serial);
    if (carried != carried_.end()) draft.response.responses.back().extensions = {carried->second};
  }
  if (request.nonce) draft.response.extensions.push_back(nonce_extension(*request.nonce));
  return draft;
}

Blob Responder::body_of(const Draft& draft) {
  const Blob& serial = draft.request.ids.front().serial;
  const auto first = first_.find(serial);
  if (draft.replay && first != first_.end()) return first->second;  // nothing is signed
  Blob der = finish(draft);
  first_.try_emplace(serial, der);
  return der;
}

}  // namespace jpki::testocsp
