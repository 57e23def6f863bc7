// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/x509/signature.h"

#include "validator/asn1/der_reader.h"
#include "validator/asn1/der_values.h"
#include "validator/x509/public_key.h"
#include "validator/x509/signed_object.h"

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <optional>

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

namespace jpki::x509 {
namespace {

struct DeinitPublicKey {
  void operator()(gnutls_pubkey_t key) const { gnutls_pubkey_deinit(key); }
};
using PublicKey = std::unique_ptr<std::remove_pointer_t<gnutls_pubkey_t>, DeinitPublicKey>;

using Checked = Expected<Unit, SignatureError>;

Unexpected<SignatureError> refuse(SignatureError error) {
  return Unexpected{error};
}

gnutls_datum_t datum(Bytes bytes) {
  // GnuTLS only reads through it.
  return {const_cast<unsigned char*>(bytes.data()), static_cast<unsigned>(bytes.size())};
}

enum class Parameters { kNullOrAbsent, kAbsent };

struct Algorithm {
  std::string_view oid;
  gnutls_sign_algorithm_t sign;
  Parameters parameters;
};

constexpr Algorithm kAlgorithms[] = {
    {"1.2.840.113549.1.1.11", GNUTLS_SIGN_RSA_SHA256, Parameters::kNullOrAbsent},
    {"1.2.840.113549.1.1.12", GNUTLS_SIGN_RSA_SHA384, Parameters::kNullOrAbsent},
    {"1.2.840.113549.1.1.13", GNUTLS_SIGN_RSA_SHA512, Parameters::kNullOrAbsent},
    {"1.2.840.10045.4.3.2", GNUTLS_SIGN_ECDSA_SHA256, Parameters::kAbsent},
    {"1.2.840.10045.4.3.3", GNUTLS_SIGN_ECDSA_SHA384, Parameters::kAbsent},
    {"1.2.840.10045.4.3.4", GNUTLS_SIGN_ECDSA_SHA512, Parameters::kAbsent},
    {"1.3.101.112", GNUTLS_SIGN_EDDSA_ED25519, Parameters::kAbsent},
    {"1.3.101.113", GNUTLS_SIGN_EDDSA_ED448, Parameters::kAbsent},
};
constexpr Algorithm kSha1Algorithms[] = {
    {"1.2.840.113549.1.1.5", GNUTLS_SIGN_RSA_SHA1, Parameters::kNullOrAbsent},
    {"1.2.840.10045.4.1", GNUTLS_SIGN_ECDSA_SHA1, Parameters::kAbsent},
};
// Never used, whatever the policy.
constexpr struct {
  std::string_view oid;
  const char* what;
} kBrokenAlgorithms[] = {
    {"1.2.840.113549.1.1.2", "MD2"}, {"1.2.840.113549.1.1.3", "MD4"},   {"1.2.840.113549.1.1.4", "MD5"},
    {"1.2.840.10040.4.3", "DSA"},    {"2.16.840.1.101.3.4.3.1", "DSA"}, {"2.16.840.1.101.3.4.3.2", "DSA"},
};
constexpr std::string_view kDsaKey = "1.2.840.10040.4.1";
constexpr std::string_view kRsaPss = "1.2.840.113549.1.1.10";
constexpr std::string_view kMgf1 = "1.2.840.113549.1.1.8";

template <std::size_t N>
const Algorithm* find_algorithm(const Algorithm (&table)[N], std::string_view oid) {
  const auto* const found = std::ranges::find(table, oid, &Algorithm::oid);
  return found == std::end(table) ? nullptr : found;
}

const char* broken_algorithm(std::string_view oid) {
  for (const auto& broken : kBrokenAlgorithms)
    if (oid == broken.oid) return broken.what;
  return nullptr;
}

// A DSA certificate may inherit its parameters (RFC 3279 2.3.2): GnuTLS cannot even import such a key.
bool is_dsa_key(Bytes subject_public_key_info) {
  const auto contents = asn1::read_only(subject_public_key_info, asn1::kSequence);
  if (!contents) return false;
  const auto algorithm = asn1::DerReader(*contents).read(asn1::kSequence);
  const auto decoded = algorithm ? decode_algorithm(algorithm->encoded) : std::nullopt;
  return decoded && decoded->oid == kDsaKey;
}

bool parameters_fit(Parameters expected, Bytes parameters) {
  static constexpr std::uint8_t kNull[] = {asn1::kNull, 0};
  return parameters.empty() ||
         (expected == Parameters::kNullOrAbsent && std::ranges::equal(parameters, kNull));
}

// RSASSA-PSS-params, RFC 4055 3.1. The defaults (SHA-1) and unusual salts are not for us.
std::optional<gnutls_sign_algorithm_t> pss_algorithm(Bytes parameters) {
  static constexpr struct {
    std::string_view hash;
    std::uint64_t salt;
    gnutls_sign_algorithm_t sign;
  } kHashes[] = {
      {"2.16.840.1.101.3.4.2.1", 32, GNUTLS_SIGN_RSA_PSS_SHA256},
      {"2.16.840.1.101.3.4.2.2", 48, GNUTLS_SIGN_RSA_PSS_SHA384},
      {"2.16.840.1.101.3.4.2.3", 64, GNUTLS_SIGN_RSA_PSS_SHA512},
  };
  const auto contents = asn1::read_only(parameters, asn1::kSequence);
  if (!contents) return std::nullopt;
  asn1::DerReader reader(*contents);
  const auto hash_field = reader.read(asn1::context_constructed(0));
  const auto mask_field = hash_field ? reader.read(asn1::context_constructed(1)) : std::nullopt;
  const auto salt_field = mask_field ? reader.read(asn1::context_constructed(2)) : std::nullopt;
  if (!salt_field || !reader.at_end()) return std::nullopt;

  const auto hash = decode_algorithm(hash_field->contents);
  const auto mask = decode_algorithm(mask_field->contents);
  const auto mask_hash = mask && mask->oid == kMgf1 ? decode_algorithm(mask->parameters) : std::nullopt;
  const auto salt_contents = asn1::read_only(salt_field->contents, asn1::kInteger);
  const auto salt = salt_contents ? asn1::decode_unsigned(*salt_contents) : std::nullopt;
  if (!hash || !mask_hash || !salt || hash->oid != mask_hash->oid) return std::nullopt;
  for (const auto& known : kHashes)
    if (hash->oid == known.hash && *salt == known.salt) return known.sign;
  return std::nullopt;
}

Expected<gnutls_sign_algorithm_t, SignatureError> choose(const std::string& oid, Bytes parameters,
                                                         const AlgorithmPolicy& policy) {
  if (broken_algorithm(oid) != nullptr) return refuse(SignatureError::kWeak);
  if (oid == kRsaPss) {
    const auto sign = pss_algorithm(parameters);
    if (!sign) return refuse(SignatureError::kUnsupported);
    return *sign;
  }
  const Algorithm* algorithm = find_algorithm(kSha1Algorithms, oid);
  if (algorithm != nullptr && !policy.allow_sha1) return refuse(SignatureError::kWeak);
  if (algorithm == nullptr) algorithm = find_algorithm(kAlgorithms, oid);
  if (algorithm == nullptr || !parameters_fit(algorithm->parameters, parameters))
    return refuse(SignatureError::kUnsupported);
  return algorithm->sign;
}

struct CheckedKey {
  PublicKey key;
  gnutls_pk_algorithm_t algorithm;
  unsigned bits;
};

Expected<CheckedKey, SignatureError> import_key(Bytes subject_public_key_info,
                                                const AlgorithmPolicy& policy) {
  gnutls_pubkey_t raw = nullptr;
  if (gnutls_pubkey_init(&raw) != 0) return refuse(SignatureError::kUnsupported);
  CheckedKey checked{PublicKey(raw), GNUTLS_PK_UNKNOWN, 0};
  const gnutls_datum_t der = datum(subject_public_key_info);
  if (gnutls_pubkey_import(raw, &der, GNUTLS_X509_FMT_DER) != 0)
    return refuse(is_dsa_key(subject_public_key_info) ? SignatureError::kWeak : SignatureError::kUnsupported);
  const int algorithm = gnutls_pubkey_get_pk_algorithm(raw, &checked.bits);
  if (algorithm < 0) return refuse(SignatureError::kUnsupported);
  checked.algorithm = static_cast<gnutls_pk_algorithm_t>(algorithm);

  if (algorithm == GNUTLS_PK_DSA) return refuse(SignatureError::kWeak);
  const bool rsa = algorithm == GNUTLS_PK_RSA || algorithm == GNUTLS_PK_RSA_PSS;
  const bool curve = algorithm == GNUTLS_PK_ECDSA || algorithm == GNUTLS_PK_EDDSA_ED25519 ||
                     algorithm == GNUTLS_PK_EDDSA_ED448;
  if (!rsa && !curve) return refuse(SignatureError::kUnsupported);
  if (checked.bits < (rsa ? policy.min_rsa_bits : 255)) return refuse(SignatureError::kWeak);
  if (rsa && checked.bits > kMaxRsaBits) return refuse(SignatureError::kUnsupported);
  if (!is_known_key_encoding(subject_public_key_info)) return refuse(SignatureError::kUnsupported);
  return checked;
}

Checked verify(const CheckedKey& key, gnutls_sign_algorithm_t algorithm, Bytes data, Bytes signature,
               const AlgorithmPolicy& policy) {
  if (data.size() > std::numeric_limits<unsigned>::max()) return refuse(SignatureError::kUnsupported);
  if (gnutls_sign_supports_pk_algorithm(algorithm, key.algorithm) == 0)
    return refuse(SignatureError::kUnsupported);
  const gnutls_datum_t data_datum = datum(data);
  const gnutls_datum_t signature_datum = datum(signature);
  const unsigned flags = policy.allow_sha1 ? GNUTLS_VERIFY_ALLOW_SIGN_WITH_SHA1 : 0;
  if (gnutls_pubkey_verify_data2(key.key.get(), algorithm, flags, &data_datum, &signature_datum) < 0)
    return refuse(SignatureError::kInvalid);
  return Unit{};
}

// Empty when the hash is not available.
Blob hash_in_pieces(Bytes data, gnutls_digest_algorithm_t hash,
                    const std::function<void(std::size_t)>& progress) {
  constexpr std::size_t kPiece = 4 << 20;
  gnutls_hash_hd_t handle = nullptr;
  if (gnutls_hash_init(&handle, hash) != 0) return {};
  Blob digest(gnutls_hash_get_len(hash));
  bool hashed = true;
  for (std::size_t at = 0; at < data.size() && hashed; at += kPiece) {
    const Bytes piece = data.subspan(at, std::min(kPiece, data.size() - at));
    hashed = gnutls_hash(handle, piece.data(), piece.size()) == 0;
    if (progress) progress(at + piece.size());
  }
  gnutls_hash_deinit(handle, digest.data());
  return hashed ? digest : Blob{};
}

Expected<ChallengeScheme, SignatureError> scheme_of(const CheckedKey& key) {
  if (key.algorithm == GNUTLS_PK_RSA) return ChallengeScheme::kRsaSha256;
  if (key.algorithm != GNUTLS_PK_ECDSA) return refuse(SignatureError::kUnsupported);
  return key.bits > 256 ? ChallengeScheme::kEcdsaSha384 : ChallengeScheme::kEcdsaSha256;
}

gnutls_sign_algorithm_t sign_algorithm_of(ChallengeScheme scheme) {
  switch (scheme) {
    case ChallengeScheme::kRsaSha256:
      return GNUTLS_SIGN_RSA_SHA256;
    case ChallengeScheme::kEcdsaSha256:
      return GNUTLS_SIGN_ECDSA_SHA256;
    case ChallengeScheme::kEcdsaSha384:
      return GNUTLS_SIGN_ECDSA_SHA384;
  }
  return GNUTLS_SIGN_UNKNOWN;
}

}  // namespace

Expected<Unit, SignatureError> verify_signature(Bytes data, Bytes signature, const std::string& algorithm,
                                                Bytes parameters, Bytes subject_public_key_info,
                                                const AlgorithmPolicy& policy) {
  const auto sign = choose(algorithm, parameters, policy);
  if (!sign) return Unexpected{sign.error()};
  const auto key = import_key(subject_public_key_info, policy);
  if (!key) return Unexpected{key.error()};
  return verify(*key, *sign, data, signature, policy);
}

SignedData::SignedData(Bytes data, Bytes signature, const std::string& algorithm, Bytes parameters,
                       const AlgorithmPolicy& policy, std::function<void(std::size_t)> progress)
    : data_(data),
      signature_(signature),
      algorithm_(algorithm),
      parameters_(parameters),
      policy_(policy),
      progress_(std::move(progress)) {}

Expected<Unit, SignatureError> SignedData::verify(Bytes subject_public_key_info) {
  const auto sign = choose(algorithm_, parameters_, policy_);
  if (!sign) return Unexpected{sign.error()};
  const auto key = import_key(subject_public_key_info, policy_);
  if (!key) return Unexpected{key.error()};
  const gnutls_digest_algorithm_t hash = gnutls_sign_get_hash_algorithm(*sign);
  const bool whole = key->algorithm == GNUTLS_PK_EDDSA_ED25519 || key->algorithm == GNUTLS_PK_EDDSA_ED448;
  if (whole || hash == GNUTLS_DIG_UNKNOWN) return jpki::x509::verify(*key, *sign, data_, signature_, policy_);
  if (gnutls_sign_supports_pk_algorithm(*sign, key->algorithm) == 0)
    return refuse(SignatureError::kUnsupported);
  if (digest_.empty()) digest_ = hash_in_pieces(data_, hash, progress_);
  if (digest_.empty()) return refuse(SignatureError::kUnsupported);
  const gnutls_datum_t digest_datum = datum(digest_);
  const gnutls_datum_t signature_datum = datum(signature_);
  const unsigned flags = policy_.allow_sha1 ? GNUTLS_VERIFY_ALLOW_SIGN_WITH_SHA1 : 0;
  if (gnutls_pubkey_verify_hash2(key->key.get(), *sign, flags, &digest_datum, &signature_datum) < 0)
    return refuse(SignatureError::kInvalid);
  return Unit{};
}

Expected<Unit, SignatureError> check_algorithm(const std::string& algorithm, Bytes parameters,
                                               Bytes subject_public_key_info, const AlgorithmPolicy& policy) {
  const auto sign = choose(algorithm, parameters, policy);
  if (!sign) return Unexpected{sign.error()};
  const auto key = import_key(subject_public_key_info, policy);
  if (!key) return Unexpected{key.error()};
  if (gnutls_sign_supports_pk_algorithm(*sign, key->algorithm) == 0)
    return refuse(SignatureError::kUnsupported);
  return Unit{};
}

Expected<Unit, SignatureError> check_public_key(Bytes subject_public_key_info,
                                                const AlgorithmPolicy& policy) {
  const auto key = import_key(subject_public_key_info, policy);
  if (!key) return Unexpected{key.error()};
  return Unit{};
}

std::string describe_weak_key(Bytes subject_public_key_info) {
  if (is_dsa_key(subject_public_key_info)) return "DSA";
  AlgorithmPolicy any;
  any.min_rsa_bits = 0;
  const auto key = import_key(subject_public_key_info, any);
  return key ? "RSA key of " + std::to_string(key->bits) + " bits" : "elliptic curve with too few bits";
}

std::string describe_weakness(const std::string& algorithm, Bytes subject_public_key_info,
                              const AlgorithmPolicy& policy) {
  if (const char* broken = broken_algorithm(algorithm)) return broken;
  if (find_algorithm(kSha1Algorithms, algorithm) != nullptr && !policy.allow_sha1) return "SHA-1";
  return describe_weak_key(subject_public_key_info);
}

Expected<ChallengeScheme, SignatureError> challenge_scheme(Bytes subject_public_key_info) {
  const auto key = import_key(subject_public_key_info, {});
  if (!key) return Unexpected{key.error()};
  return scheme_of(*key);
}

Expected<Unit, SignatureError> verify_challenge(Bytes challenge, Bytes signature,
                                                Bytes subject_public_key_info) {
  const AlgorithmPolicy policy;
  const auto key = import_key(subject_public_key_info, policy);
  if (!key) return Unexpected{key.error()};
  const auto scheme = scheme_of(*key);
  if (!scheme) return Unexpected{scheme.error()};
  return verify(*key, sign_algorithm_of(*scheme), challenge, signature, policy);
}

}  // namespace jpki::x509
