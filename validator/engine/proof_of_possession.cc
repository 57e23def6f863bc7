// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/engine/proof_of_possession.h"

#include "validator/x509/signature.h"

#include <array>

#include <gnutls/crypto.h>

namespace jpki::engine {
namespace {

using x509::ChallengeScheme;

constexpr std::string_view kLabel{"jpki-login challenge 1\0", 23};

// DigestInfo of SHA-256 up to the digest, RFC 8017 9.2 note 1.
constexpr std::array<std::uint8_t, 19> kSha256DigestInfo = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60,
                                                            0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
                                                            0x01, 0x05, 0x00, 0x04, 0x20};

void append_number(Blob& out, std::uint64_t value, std::size_t width) {
  for (std::size_t i = width; i-- > 0;) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

void append_text(Blob& out, std::string_view text) {
  append_number(out, text.size(), 2);
  append_bytes(out, as_bytes(text));
}

Expected<Blob, Refusal> digest_of(gnutls_digest_algorithm_t algorithm, Bytes data) {
  Blob digest(::gnutls_hash_get_len(algorithm));
  if (::gnutls_hash_fast(algorithm, data.data(), data.size(), digest.data()) != GNUTLS_E_SUCCESS)
    return Unexpected{Refusal{Verdict::kInternal, "hash"}};
  return digest;
}

Expected<Blob, Refusal> to_be_signed(ChallengeScheme scheme, Bytes challenge) {
  const bool sha384 = scheme == ChallengeScheme::kEcdsaSha384;
  auto digest = digest_of(sha384 ? GNUTLS_DIG_SHA384 : GNUTLS_DIG_SHA256, challenge);
  if (digest && scheme == ChallengeScheme::kRsaSha256)
    digest->insert(digest->begin(), kSha256DigestInfo.begin(), kSha256DigestInfo.end());
  return digest;
}

// PKCS#11 gives ECDSA signatures as r||s (v2.40 mechanisms, 2.3.1); X.509 verification wants Ecdsa-Sig-Value.
Expected<Blob, Refusal> ecdsa_sig_value(const Blob& r_and_s) {
  const auto half = static_cast<unsigned>(r_and_s.size() / 2);
  auto* bytes = const_cast<unsigned char*>(r_and_s.data());
  const gnutls_datum_t r{bytes, half};
  const gnutls_datum_t s{bytes + half, half};
  gnutls_datum_t encoded{};
  if (r_and_s.empty() || r_and_s.size() % 2 != 0 ||
      ::gnutls_encode_rs_value(&encoded, &r, &s) != GNUTLS_E_SUCCESS)
    return Unexpected{
        Refusal{Verdict::kProofOfPossessionFailed, "the card's answer is not an ECDSA signature"}};
  Blob out(encoded.data, encoded.data + encoded.size);
  ::gnutls_free(encoded.data);
  return out;
}

}  // namespace

Blob make_challenge(const Start& start, std::string_view account, Time now) {
  Blob out = to_blob(as_bytes(kLabel));
  append_bytes(out, start.nonce);
  for (const std::string_view text : {std::string_view(start.service), account, std::string_view(start.host),
                                      std::string_view(start.terminal), std::string_view(start.origin)})
    append_text(out, text);
  append_number(out, static_cast<std::uint64_t>(now.time_since_epoch().count()), 8);
  return out;
}

Expected<Unit, Refusal> prove_possession(card::Token& token, const card::ObjectId& id,
                                         Bytes subject_public_key_info, Bytes challenge) {
  const auto scheme = x509::challenge_scheme(subject_public_key_info);
  if (!scheme)
    return Unexpected{
        Refusal{Verdict::kCertificateUnacceptable, "the certificate's key is neither RSA nor ECDSA"}};
  const auto input = to_be_signed(*scheme, challenge);
  if (!input) return Unexpected{input.error()};
  const bool rsa = *scheme == ChallengeScheme::kRsaSha256;
  auto raw = token.sign(id, rsa ? card::KeyAlgorithm::kRsa : card::KeyAlgorithm::kEcdsa, *input);
  if (!raw) return Unexpected{Refusal{raw.error().verdict, raw.error().cause}};
  const auto signature = rsa ? Expected<Blob, Refusal>(std::move(*raw)) : ecdsa_sig_value(*raw);
  if (!signature) return Unexpected{signature.error()};
  if (!x509::verify_challenge(challenge, *signature, subject_public_key_info))
    return Unexpected{Refusal{Verdict::kProofOfPossessionFailed,
                              "the card's signature was not made with the certificate's key"}};
  return Unit{};
}

}  // namespace jpki::engine
