// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/crl/crl_index.h"

#include "validator/crl/checksum.h"
#include "validator/crl/crl_index_key.h"
#include "validator/crl/crl_index_layout.h"
#include "validator/crl/distribution_point.h"

#include <algorithm>
#include <cstdint>

namespace jpki::crl {
namespace {

using layout::load_root;

constexpr char kRemedy[] = "; rebuild it: jpki-crl-refresh --rebuild";

x509::Sha256 load_digest(Bytes head, std::size_t at) {
  x509::Sha256 digest;
  std::ranges::copy(head.subspan(at, digest.size()), digest.begin());
  return digest;
}

// Sections of one directory entry: enough for every generation of a CA with its deltas. More are an error,
// for one that is not looked at could revoke.
constexpr std::uint32_t kMaxOrdinal = 256;

}  // namespace

std::optional<IndexedCrl> IndexedCrl::open(const IndexFile& file, Blob bytes) {
  namespace at = layout::section;
  IndexedCrl section;
  section.head_ = std::move(bytes);
  const Bytes head = section.head_;
  if (head.size() < at::kFixedSize) return std::nullopt;
  const std::size_t crl_size = load_le<std::uint32_t>(&head[at::kCrlSizeAt]);
  const std::size_t name_size = load_le<std::uint32_t>(&head[at::kNameSizeAt]);
  if (head.size() != at::kFixedSize + crl_size + name_size) return std::nullopt;

  section.entry_size_ = load_le<std::uint32_t>(&head[at::kEntrySizeAt]);
  if (std::ranges::find(layout::kEntrySizes, section.entry_size_) == layout::kEntrySizes.end())
    return std::nullopt;
  const auto entries =
      IndexTable::open(file, load_root(&head[at::kEntriesAt]), layout::entries_shape(section.entry_size_));
  const auto issuers = IndexTable::open(file, load_root(&head[at::kIssuersAt]), layout::kIssuers);
  auto crl = decode_crl(head.subspan(at::kFixedSize, crl_size));
  if (!entries || !issuers || !crl) return std::nullopt;
  auto issuer = x509::decode_name(crl->header.issuer_der);
  if (!issuer) return std::nullopt;
  if (crl->header.issuing_distribution_point) {
    const auto flags = decode_scope_flags(*crl->header.issuing_distribution_point);
    if (!flags) return std::nullopt;
    section.indirect_ = flags->indirect;
  }
  section.der_ = head.subspan(at::kFixedSize, crl_size);
  section.crl_ = std::move(*crl);
  section.issuer_ = std::move(*issuer);
  section.signer_key_ = load_digest(head, at::kSignerKeyAt);
  section.series_ = load_digest(head, at::kSeriesAt);
  section.source_ = {std::string(as_text(head.subspan(at::kFixedSize + crl_size))),
                     load_le<std::uint64_t>(&head[at::kSourceSizeAt]),
                     load_le<std::uint64_t>(&head[at::kSourceMtimeAt]),
                     load_le<std::uint64_t>(&head[at::kSourceChecksumAt])};
  section.entries_ = *entries;
  section.issuers_ = *issuers;
  return section;
}

Expected<Unit, x509::SignatureError> IndexedCrl::verify(Bytes subject_public_key_info,
                                                        const x509::AlgorithmPolicy& policy) const {
  if (x509::sha256(subject_public_key_info) != signer_key_) return Unexpected{x509::SignatureError::kInvalid};
  return x509::check_algorithm(crl_.envelope.algorithm.oid, crl_.envelope.algorithm.parameters,
                               subject_public_key_info, policy);
}

Expected<std::optional<std::uint16_t>, std::string> IndexedCrl::issuer_number(
    const x509::Name& issuer) const {
  if (!indirect_) {
    if (!names_equal(issuer, issuer_)) return std::optional<std::uint16_t>();
    return std::optional<std::uint16_t>(0);
  }
  const x509::Sha256 digest = name_digest(issuer);
  Blob buffer;
  const auto record = issuers_.find(digest, buffer);
  if (!record) return Unexpected{record.error()};
  if (!*record) return std::optional<std::uint16_t>();
  return std::optional(
      static_cast<std::uint16_t>(load_le<std::uint32_t>(&(**record)[layout::kIssuers.key_size])));
}

Expected<std::optional<Reason>, std::string> IndexedCrl::find(Bytes serial, const x509::Name& issuer) const {
  const auto damaged = [](const std::string& why) { return Unexpected{"CRL index: " + why + kRemedy}; };
  const auto number = issuer_number(issuer);
  if (!number) return damaged(number.error());
  std::array<std::uint8_t, layout::kMaxEntrySize> key{};
  if (!*number || !layout::put_entry_key(key.data(), entry_size_, **number, serial))
    return std::optional<Reason>();
  Blob buffer;
  const auto record = entries_.find(Bytes(key).first(entry_size_ - 1), buffer);
  if (!record) return damaged(record.error());
  if (!*record) return std::optional<Reason>();
  const std::uint8_t reason = (*record)->back();
  if (reason > static_cast<std::uint8_t>(Reason::kAaCompromise) || reason == 7)
    return damaged("an entry has no reason that exists");
  return std::optional(static_cast<Reason>(reason));
}

Unexpected<std::string> CrlIndex::damaged(const std::string& what) const {
  return Unexpected{path_ + ": damaged: " + what + kRemedy};
}

std::optional<std::string> CrlIndex::read_header() {
  namespace at = layout::header;
  Blob buffer;
  const auto read = file_->at(0, at::kSize, buffer);
  if (!read || as_text(read->first(layout::kMagic.size())) != layout::kMagic) return "no CRL index";
  const Bytes file = *read;
  if (load_le<std::uint32_t>(&file[at::kVersionAt]) != layout::kVersion)
    return "a format of another version of this program";
  if (load_le<std::uint64_t>(&file[at::kChecksumAt]) != checksum(file.first(at::kChecksumAt)))
    return "its header has the wrong checksum";
  if (load_le<std::uint64_t>(&file[at::kFileSizeAt]) != file_->size()) return "truncated";
  const auto sections = IndexTable::open(*file_, load_root(&file[at::kSectionsAt]), layout::kSections);
  const auto directory = IndexTable::open(*file_, load_root(&file[at::kDirectoryAt]), layout::kDirectory);
  if (!sections || !directory) return "its tables are outside the file";
  sections_ = *sections;
  directory_ = *directory;
  return std::nullopt;
}

Expected<CrlIndex, FileError> CrlIndex::open(const std::string& path, FileTrust trust,
                                             IndexFile::Access access, std::uint64_t max_size) {
  trust.max_size = static_cast<std::size_t>(std::min<std::uint64_t>(max_size, SIZE_MAX));
  auto file = IndexFile::open(path, trust, access);
  if (!file) {
    FileError error = file.error();
    if (error.reason == FileError::Reason::kMissing) error.text += "; run: jpki-crl-refresh";
    if (error.reason == FileError::Reason::kTooLarge) error.text += kRemedy;
    return Unexpected{std::move(error)};
  }
  CrlIndex index(std::move(*file));
  index.path_ = path;
  if (const auto problem = index.read_header())
    return Unexpected{FileError{FileError::Reason::kNotReadable, path + ": " + *problem + kRemedy}};
  return index;
}

Expected<IndexedCrl, std::string> CrlIndex::section(std::uint32_t number) const {
  std::array<std::uint8_t, 4> key;
  store_be(key.data(), number);
  Blob buffer;
  const auto record = sections_.find(key, buffer);
  if (!record) return damaged(record.error());
  if (!*record) return damaged("a section is missing");
  const std::uint8_t* const fields = &(**record)[layout::kSections.key_size];
  const auto offset = load_le<std::uint64_t>(fields);
  const auto size = load_le<std::uint32_t>(fields + 8);
  const auto expected = load_le<std::uint64_t>(fields + 12);
  const auto head = file_->at(offset, size, buffer);
  if (!head) return damaged("a section is outside the file");
  if (checksum(*head) != expected) return damaged("a section has the wrong checksum");
  auto section = IndexedCrl::open(*file_, to_blob(*head));
  if (!section) return damaged("a section is malformed");
  return std::move(*section);
}

Expected<std::vector<IndexedCrl>, std::string> CrlIndex::candidates(const x509::Certificate& subject,
                                                                    const x509::Certificate& issuer) const {
  Blob buffer;
  std::vector<std::uint32_t> numbers;
  for (const LookupKey key : lookup_keys(subject)) {
    for (std::uint32_t ordinal = 0;; ++ordinal) {
      std::array<std::uint8_t, 12> directory_key;
      store_be(directory_key.data(), key);
      store_be(directory_key.data() + 8, ordinal);
      const auto record = directory_.find(directory_key, buffer);
      if (!record) return damaged(record.error());
      if (!*record) break;
      if (ordinal == kMaxOrdinal)
        return Unexpected{path_ + ": more than " + std::to_string(kMaxOrdinal) +
                          " CRLs for one certificate; remove those of other scopes from the CRL directory"};
      numbers.push_back(load_le<std::uint32_t>(&(**record)[directory_key.size()]));
    }
  }
  std::ranges::sort(numbers);
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  std::vector<IndexedCrl> found;
  for (const std::uint32_t number : numbers) {
    auto crl = section(number);
    if (!crl) return Unexpected{crl.error()};
    found.push_back(std::move(*crl));
  }
  const x509::Sha256 key = x509::sha256(issuer.subject_public_key_info());
  std::stable_partition(found.begin(), found.end(),
                        [&](const IndexedCrl& crl) { return crl.signer_key() == key; });
  return found;
}

}  // namespace jpki::crl
