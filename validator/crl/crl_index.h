// SPDX-License-Identifier: LGPL-2.1-or-later
//
// CrlIndex: every CRL that jpki-crl-refresh verified, compiled into one mapped file. A look-up touches a few
// pages of it, whatever its size. Nothing in the file is believed for memory safety, and every byte that a
// look-up relies on is under a checksum: damage is an error, never "not listed". Format: crl_index_format.md.
#pragma once

#include "validator/crl/crl.h"
#include "validator/crl/index_file.h"
#include "validator/crl/index_table.h"
#include "validator/x509/certificate.h"
#include "validator/x509/digest.h"

#include <memory>
#include <vector>

namespace jpki::crl {

inline constexpr std::uint64_t kMaxIndexSize = std::uint64_t{16} << 30;

// The file that a section was compiled from, to know it again.
struct CrlSource {
  std::string name;            // without directory
  std::uint64_t size = 0;      // of the file
  std::uint64_t mtime = 0;     // of the file, nanoseconds since 1970
  std::uint64_t checksum = 0;  // of the DER, checksum.h
};

// One CRL of the index. Its views point into the index's file, which must outlive it.
class IndexedCrl final : public CrlView {
 public:
  IndexedCrl(IndexedCrl&&) noexcept = default;
  IndexedCrl& operator=(IndexedCrl&&) noexcept = default;

  const CrlHeader& header() const override { return crl_.header; }

  // The CRL was verified when it was compiled: this compares the key with the one that verified it, and
  // judges the algorithm and the key by `policy` as if it were verified now.
  Expected<Unit, x509::SignatureError> verify(Bytes subject_public_key_info,
                                              const x509::AlgorithmPolicy& policy) const override;
  Expected<std::optional<Reason>, std::string> find(Bytes serial, const x509::Name& issuer) const override;

  const x509::Sha256& signer_key() const { return signer_key_; }  // of the SubjectPublicKeyInfo
  const x509::Sha256& series() const { return series_; }          // crl_index_key.h
  const CrlSource& source() const { return source_; }
  std::uint64_t entry_count() const { return entries_.count(); }

 private:
  friend class CrlIndex;
  friend class CrlIndexWriter;
  IndexedCrl() = default;
  // Nothing when the head of a section, `head`, does not make sense inside `file`.
  static std::optional<IndexedCrl> open(const IndexFile& file, Blob head);
  // The number that entries of certificates by this issuer carry.
  Expected<std::optional<std::uint16_t>, std::string> issuer_number(const x509::Name& issuer) const;

  Blob head_;  // of the section; the others are views into it
  Bytes der_;  // the CRL without its entries
  Crl crl_;    // decoded from it
  x509::Name issuer_;
  bool indirect_ = false;
  x509::Sha256 signer_key_{};
  x509::Sha256 series_{};
  CrlSource source_;
  std::size_t entry_size_ = 0;
  IndexTable entries_;
  IndexTable issuers_;
};

class CrlIndex {
 public:
  // `trust.max_size` is replaced by `max_size`, or the largest that the machine can address. A damaged or
  // truncated file, or one of another version, is kNotReadable.
  static Expected<CrlIndex, FileError> open(const std::string& path, FileTrust trust = {.secret = true},
                                            IndexFile::Access access = IndexFile::Access::kRead,
                                            std::uint64_t max_size = kMaxIndexSize);

  // The CRLs that may cover a certificate by this issuer, those that the issuer's own key verified first. A
  // CRL whose signer is not the issuer is among them. The error says that the index is damaged.
  Expected<std::vector<IndexedCrl>, std::string> candidates(const x509::Certificate& subject,
                                                            const x509::Certificate& issuer) const;

  std::uint64_t section_count() const { return sections_.count(); }
  // `number` below section_count().
  Expected<IndexedCrl, std::string> section(std::uint32_t number) const;
  // Has no byte of the section's entries changed? Reads all of them.
  static bool intact(const IndexedCrl& crl) { return crl.entries_.intact() && crl.issuers_.intact(); }

 private:
  explicit CrlIndex(IndexFile file) : file_(std::make_unique<const IndexFile>(std::move(file))) {}
  // Why the file cannot be used.
  std::optional<std::string> read_header();
  Unexpected<std::string> damaged(const std::string& what) const;

  std::string path_;
  std::unique_ptr<const IndexFile> file_;  // where the tables find it
  IndexTable sections_;
  IndexTable directory_;
};

}  // namespace jpki::crl
