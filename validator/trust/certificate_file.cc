// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/trust/certificate_file.h"

#include <algorithm>
#include <memory>
#include <optional>

#include <gnutls/gnutls.h>

namespace jpki::trust {
namespace {

constexpr std::string_view kPemBegin = "-----BEGIN";
constexpr std::string_view kCertificateBegin = "-----BEGIN CERTIFICATE-----";
constexpr std::string_view kCertificateEnd = "-----END CERTIFICATE-----";

std::optional<Blob> decode_block(std::string_view block) {
  const gnutls_datum_t pem{
      reinterpret_cast<unsigned char*>(const_cast<char*>(block.data())),  // GnuTLS reads it only
      static_cast<unsigned>(block.size())};
  gnutls_datum_t der{nullptr, 0};
  if (gnutls_pem_base64_decode2("CERTIFICATE", &pem, &der) != 0) return std::nullopt;
  const std::unique_ptr<unsigned char, decltype(gnutls_free)> owner(der.data, gnutls_free);
  return to_blob({der.data, der.size});
}

bool is_certificate_name(const std::string& name) {
  return name.ends_with(".pem") || name.ends_with(".crt") || name.ends_with(".der");
}

Expected<Unit, std::string> add_certificates(const TrustedDirectory& directory, const std::string& name,
                                             std::vector<x509::Certificate>& certificates) {
  const std::string path = directory.path_of(name);
  const auto file = directory.read(name);
  if (!file) return Unexpected{file.error().text};
  const auto found = certificates_in(*file);
  if (!found) return Unexpected{path + ": " + found.error()};
  for (const Blob& der : *found) {
    auto certificate = x509::Certificate::decode(der);
    if (!certificate) return Unexpected{path + ": " + certificate.error()};
    certificates.push_back(std::move(*certificate));
  }
  return Unit{};
}

Expected<Unit, std::string> check_use(const std::string& path,
                                      std::span<const x509::Certificate> certificates) {
  const bool useful = std::ranges::all_of(
      certificates, [](const auto& one) { return is_authority(one) || is_crl_signer(one); });
  if (useful) return Unit{};
  return Unexpected{path +
                    ": contains a certificate that is neither a CA's nor a CRL signer's (basicConstraints, "
                    "keyUsage); remove it"};
}

}  // namespace

Expected<std::vector<Blob>, std::string> certificates_in(Bytes content) {
  const std::string_view text = as_text(content);
  if (text.find(kPemBegin) == std::string_view::npos) return std::vector<Blob>{to_blob(content)};
  std::vector<Blob> found;
  for (auto begin = text.find(kCertificateBegin); begin != std::string_view::npos;
       begin = text.find(kCertificateBegin, begin)) {
    const auto end = text.find(kCertificateEnd, begin);
    if (end == std::string_view::npos) return Unexpected{std::string("a PEM block does not end")};
    const auto size = end + kCertificateEnd.size() - begin;
    auto der = decode_block(text.substr(begin, size));
    if (!der) return Unexpected{std::string("a PEM block is not base64")};
    if (found.size() == kMaxCertificatesInFile) return Unexpected{std::string("too many certificates")};
    found.push_back(std::move(*der));
    begin += size;
  }
  if (found.empty()) return Unexpected{std::string("no certificate in PEM form")};
  return found;
}

bool is_authority(const x509::Certificate& certificate) {
  const auto constraints = certificate.basic_constraints();
  const auto usage = certificate.key_usage();
  return constraints && constraints->is_ca && (!usage || (*usage & x509::kKeyCertSign) != 0);
}

bool is_crl_signer(const x509::Certificate& certificate) {
  const auto usage = certificate.key_usage();
  return usage && (*usage & x509::kCrlSign) != 0;
}

std::vector<FiledCertificate> load_intermediate_files(const std::string& directory,
                                                      std::vector<std::string>& problems,
                                                      const FileTrust& trust) {
  std::vector<FiledCertificate> certificates;
  const auto opened = TrustedDirectory::open(directory, trust);
  if (!opened && opened.error().reason == FileError::Reason::kMissing) return certificates;
  const auto names = opened ? opened->list("") : Unexpected{opened.error()};
  if (!names) problems.push_back(names.error().text);
  if (!names) return certificates;
  for (const std::string& name : *names) {
    if (!is_certificate_name(name)) continue;
    std::vector<x509::Certificate> found;
    auto usable = add_certificates(*opened, name, found);
    if (usable) usable = check_use(opened->path_of(name), found);
    if (!usable) {
      problems.push_back(usable.error());
      continue;
    }
    for (x509::Certificate& certificate : found)
      certificates.push_back({opened->path_of(name), std::move(certificate)});
  }
  return certificates;
}

std::vector<x509::Certificate> load_intermediates(const std::string& directory,
                                                  std::vector<std::string>& problems,
                                                  const FileTrust& trust) {
  std::vector<x509::Certificate> certificates;
  for (FiledCertificate& filed : load_intermediate_files(directory, problems, trust))
    certificates.push_back(std::move(filed.certificate));
  return certificates;
}

Expected<std::vector<x509::Certificate>, std::string> load_certificates(const std::string& directory,
                                                                        const FileTrust& trust) {
  const auto opened = TrustedDirectory::open(directory, trust);
  if (!opened) return Unexpected{opened.error().text};
  const auto names = opened->list("");
  if (!names) return Unexpected{names.error().text};
  std::vector<x509::Certificate> certificates;
  for (const std::string& name : *names) {
    if (!is_certificate_name(name)) continue;
    if (auto added = add_certificates(*opened, name, certificates); !added) return Unexpected{added.error()};
  }
  return certificates;
}

}  // namespace jpki::trust
