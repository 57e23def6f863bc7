// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/crl/crl_index_writer.h"

#include "validator/crl/checksum.h"
#include "validator/crl/crl_entries.h"
#include "validator/crl/crl_index_layout.h"
#include "validator/crl/entry_sort.h"

#include <cstring>

#include <sys/mman.h>

namespace jpki::crl {
namespace {

using AddError = CrlIndexWriter::AddError;

constexpr std::size_t kBufferSize = 1 << 20;
constexpr std::size_t kMaxHeadSize = 1 << 20;
constexpr mode_t kMode = 0640;

Unexpected<AddError> unusable(std::string text) {
  return Unexpected{AddError{true, std::move(text)}};
}
Unexpected<AddError> cannot_write(std::string text) {
  return Unexpected{AddError{false, std::move(text)}};
}

void append_der_header(Blob& out, std::size_t size) {
  out.push_back(asn1::kSequence);
  if (size < 0x80) return out.push_back(static_cast<std::uint8_t>(size));
  Blob octets;
  for (; size != 0; size >>= 8) octets.insert(octets.begin(), static_cast<std::uint8_t>(size));
  out.push_back(static_cast<std::uint8_t>(0x80 | octets.size()));
  append_bytes(out, octets);
}

// The CertificateList without revokedCertificates: header, extensions, algorithm and signature as they are.
Blob without_entries(const Crl& crl) {
  Blob tbs;
  bool past_times = false;
  for (asn1::DerReader reader(crl.envelope.tbs_contents); !reader.at_end();) {
    const auto field = reader.read();
    if (!field) break;  // decode_crl() has read it before
    const bool time = field->tag == asn1::kUtcTime || field->tag == asn1::kGeneralizedTime;
    past_times = past_times || time;
    if (past_times && field->tag == asn1::kSequence) continue;
    append_bytes(tbs, field->encoded);
  }
  Blob contents;
  append_der_header(contents, tbs.size());
  append_bytes(contents, tbs);
  append_bytes(contents, Bytes(crl.envelope.algorithm_der.data(),
                               crl.envelope.signature.data() + crl.envelope.signature.size()));
  Blob out;
  append_der_header(out, contents.size());
  append_bytes(out, contents);
  return out;
}

// A part of the file that is being written, to be changed in place.
class MappedRange {
 public:
  MappedRange(const UniqueFd& fd, std::uint64_t offset, std::size_t size) {
    const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    lead_ = static_cast<std::size_t>(offset % page);
    length_ = size + lead_;
    memory_ = ::mmap(nullptr, length_, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(),
                     static_cast<off_t>(offset - lead_));
  }
  MappedRange(const MappedRange&) = delete;
  MappedRange& operator=(const MappedRange&) = delete;
  ~MappedRange() {
    if (valid()) ::munmap(memory_, length_);
  }

  bool valid() const { return memory_ != MAP_FAILED; }
  std::span<std::uint8_t> bytes() const {
    return {static_cast<std::uint8_t*>(memory_) + lead_, length_ - lead_};
  }

 private:
  std::size_t lead_ = 0;
  std::size_t length_ = 0;
  void* memory_ = MAP_FAILED;
};

// The numbers of an entry's certificate issuers, RFC 5280 5.3.3; more than kMaxIssuers are an error.
Expected<std::vector<std::uint16_t>, std::string> numbers_of(Bytes general_names,
                                                             std::map<x509::Sha256, std::uint32_t>& known) {
  const auto names = decode_certificate_issuer(general_names);
  if (!names) return Unexpected{names.error()};
  std::vector<std::uint16_t> numbers;
  for (const auto& name : *names) {
    const auto number =
        known.emplace(name_digest(name), static_cast<std::uint32_t>(known.size())).first->second;
    if (number >= layout::kMaxIssuers)
      return Unexpected{std::string("certificateIssuer: more than 65536 names")};
    numbers.push_back(static_cast<std::uint16_t>(number));
  }
  return numbers;
}

}  // namespace

CrlIndexWriter::CrlIndexWriter(AtomicFile file) : file_(std::move(file)), end_(layout::header::kSize) {}

Expected<CrlIndexWriter, std::string> CrlIndexWriter::create(const std::string& path) {
  auto file = AtomicFile::create(path, kMode);
  if (!file) return Unexpected{file.error()};
  return CrlIndexWriter(std::move(*file));
}

Expected<Unit, std::string> CrlIndexWriter::append(Bytes bytes) {
  auto written = file_.write(bytes, end_);
  if (written) end_ += bytes.size();
  return written;
}

Expected<Unit, AddError> CrlIndexWriter::add(const Crl& crl, const x509::Sha256& signer_key,
                                             const CrlSource& source, const Progress& progress) {
  const Blob stub = without_entries(crl);
  const auto series = series_of(crl.header, signer_key);
  if (!series) return unusable(series.error());
  if (stub.size() + source.name.size() > kMaxHeadSize) return unusable("crlExtensions: too large");
  const std::uint64_t start = end_;
  const auto tables = add_entries(crl, progress);
  if (!tables) {
    end_ = start;
    return Unexpected{tables.error()};
  }
  Blob fixed(layout::section::kFixedSize);
  std::ranges::copy(signer_key, &fixed[layout::section::kSignerKeyAt]);
  std::ranges::copy(*series, &fixed[layout::section::kSeriesAt]);
  if (auto head = append_head(std::move(fixed), *tables, stub, source, crl.header); !head)
    return cannot_write(head.error());
  return Unit{};
}

Expected<CrlIndexWriter::Tables, AddError> CrlIndexWriter::add_entries(const Crl& crl,
                                                                       const Progress& progress) {
  const std::uint64_t start = end_;
  Tables tables;
  tables.entry_size = layout::kEntrySizes.front();
  std::optional<IssuerNumbers> issuers;
  while (!issuers) {
    end_ = start;
    auto appended = append_entries(crl, tables.entry_size, progress);
    if (!appended) return Unexpected{appended.error()};
    issuers = std::move(*appended);
  }
  auto entries = close_entries(start, tables.entry_size);
  if (!entries) return cannot_write(entries.error());
  tables.entries = *entries;
  const auto numbers = append_issuers(*issuers);
  if (!numbers) return cannot_write(numbers.error());
  tables.issuers = *numbers;
  return tables;
}

Expected<std::optional<CrlIndexWriter::IssuerNumbers>, AddError> CrlIndexWriter::append_entries(
    const Crl& crl, std::size_t& entry_size, const Progress& progress) {
  const auto issuer = x509::decode_name(crl.header.issuer_der);
  if (!issuer) return unusable("issuer: " + issuer.error());
  IssuerNumbers known = {{name_digest(*issuer), 0}};
  std::vector<std::uint16_t> numbers = {0};
  Blob buffer;
  buffer.reserve(kBufferSize);
  EntryReader reader(crl);
  for (CrlEntry entry; reader.next(entry);) {
    if (entry.issuer_changed) {
      auto changed = numbers_of(entry.certificate_issuer, known);
      if (!changed) return unusable(changed.error());
      numbers = std::move(*changed);
    }
    for (const std::uint16_t number : numbers) {
      std::array<std::uint8_t, layout::kMaxEntrySize> record;
      if (!layout::put_entry_key(record.data(), entry_size, number, entry.serial)) {
        entry_size = layout::entry_size_for(entry.serial.size());
        return std::optional<IssuerNumbers>();
      }
      record[entry_size - 1] = static_cast<std::uint8_t>(entry.reason);
      buffer.insert(buffer.end(), record.begin(), record.begin() + static_cast<std::ptrdiff_t>(entry_size));
    }
    if (buffer.size() + numbers.size() * entry_size <= kBufferSize) continue;
    if (auto written = append(buffer); !written) return cannot_write(written.error());
    buffer.clear();
    if (progress) progress(static_cast<std::size_t>(entry.serial.data() - crl.entries.data()));
  }
  if (reader.error()) return unusable(*reader.error());
  if (auto written = append(buffer); !written) return cannot_write(written.error());
  return std::optional(std::move(known));
}

Expected<TableRoot, std::string> CrlIndexWriter::close_entries(std::uint64_t start, std::size_t entry_size) {
  const auto size = static_cast<std::size_t>(end_ - start);
  if (size == 0) return append_table({}, layout::entries_shape(entry_size));
  const MappedRange range(file_.fd(), start, size);
  if (!range.valid())
    return Unexpected{std::string("the new index cannot be mapped: ") + std::strerror(errno)};
  const std::size_t kept = sort_entries(range.bytes(), entry_size);
  const Fences fences = build_fences(range.bytes().first(kept), layout::entries_shape(entry_size));
  end_ = start + kept;
  if (auto written = append(fences.bytes); !written) return Unexpected{written.error()};
  return TableRoot{start, kept / entry_size, fences.root_checksum};
}

Expected<TableRoot, std::string> CrlIndexWriter::append_table(Bytes records, const TableShape& shape) {
  const Fences fences = build_fences(records, shape);
  const TableRoot root{end_, records.size() / shape.record_size, fences.root_checksum};
  for (const Bytes part : {records, Bytes(fences.bytes)})
    if (auto written = append(part); !written) return Unexpected{written.error()};
  return root;
}

Expected<TableRoot, std::string> CrlIndexWriter::append_issuers(const IssuerNumbers& numbers) {
  Blob records;
  for (const auto& [digest, number] : numbers) {
    const std::size_t at = records.size();
    append_bytes(records, digest);
    records.resize(at + layout::kIssuers.record_size);
    store_le(&records[at + digest.size()], number);
  }
  return append_table(records, layout::kIssuers);
}

Expected<Unit, std::string> CrlIndexWriter::append_head(Blob head, const Tables& tables, Bytes crl,
                                                        const CrlSource& source, const CrlHeader& header) {
  namespace at = layout::section;
  const auto keys = lookup_keys(header);
  if (!keys) return Unexpected{keys.error()};
  store_le(&head[at::kSourceChecksumAt], source.checksum);
  store_le(&head[at::kSourceSizeAt], source.size);
  store_le(&head[at::kSourceMtimeAt], source.mtime);
  layout::store_root(&head[at::kEntriesAt], tables.entries);
  layout::store_root(&head[at::kIssuersAt], tables.issuers);
  store_le(&head[at::kEntrySizeAt], static_cast<std::uint32_t>(tables.entry_size));
  store_le(&head[at::kCrlSizeAt], static_cast<std::uint32_t>(crl.size()));
  store_le(&head[at::kNameSizeAt], static_cast<std::uint32_t>(source.name.size()));
  append_bytes(head, crl);
  append_bytes(head, as_bytes(source.name));
  const auto number = static_cast<std::uint32_t>(heads_.size());
  heads_.push_back({end_, static_cast<std::uint32_t>(head.size()), checksum(head)});
  for (const LookupKey key : *keys) directory_.emplace_back(key, number);
  return append(head);
}

Expected<Unit, AddError> CrlIndexWriter::copy(const IndexedCrl& section, const CrlSource& source) {
  if (!CrlIndex::intact(section)) return unusable("the section of the last index is damaged");
  Tables tables{section.entry_size_, section.entries_.root(), section.issuers_.root()};
  for (auto [root, table] :
       {std::pair(&tables.entries, &section.entries_), std::pair(&tables.issuers, &section.issuers_)}) {
    root->offset = end_;
    Blob buffer;
    const auto bytes = table->bytes(buffer);
    if (!bytes) return unusable("the section of the last index cannot be read");
    if (auto written = append(*bytes); !written) return cannot_write(written.error());
  }
  Blob fixed(layout::section::kFixedSize);
  std::ranges::copy(section.signer_key(), &fixed[layout::section::kSignerKeyAt]);
  std::ranges::copy(section.series(), &fixed[layout::section::kSeriesAt]);
  auto head = append_head(std::move(fixed), tables, section.der_, source, section.header());
  if (!head) return cannot_write(head.error());
  return Unit{};
}

Expected<Unit, std::string> CrlIndexWriter::commit() {
  namespace at = layout::header;
  Blob sections;
  for (std::uint32_t number = 0; number < heads_.size(); ++number) {
    std::array<std::uint8_t, layout::kSections.record_size> record;
    store_be(record.data(), number);
    store_le(&record[4], heads_[number].offset);
    store_le(&record[12], heads_[number].size);
    store_le(&record[16], heads_[number].checksum);
    append_bytes(sections, record);
  }
  std::ranges::sort(directory_);
  Blob directory;
  std::uint32_t ordinal = 0;
  for (std::size_t i = 0; i < directory_.size(); ++i) {
    ordinal = i > 0 && directory_[i].first == directory_[i - 1].first ? ordinal + 1 : 0;
    std::array<std::uint8_t, layout::kDirectory.record_size> record;
    store_be(record.data(), directory_[i].first);
    store_be(&record[8], ordinal);
    store_le(&record[12], directory_[i].second);
    append_bytes(directory, record);
  }
  const auto sections_root = append_table(sections, layout::kSections);
  if (!sections_root) return Unexpected{sections_root.error()};
  const auto directory_root = append_table(directory, layout::kDirectory);
  if (!directory_root) return Unexpected{directory_root.error()};

  std::array<std::uint8_t, at::kSize> header{};
  std::ranges::copy(as_bytes(layout::kMagic), header.begin());
  store_le(&header[at::kVersionAt], layout::kVersion);
  store_le(&header[at::kFileSizeAt], end_);
  layout::store_root(&header[at::kSectionsAt], *sections_root);
  layout::store_root(&header[at::kDirectoryAt], *directory_root);
  store_le(&header[at::kChecksumAt], checksum(Bytes(header).first(at::kChecksumAt)));
  if (auto written = file_.write(header, 0); !written) return written;
  if (::ftruncate(file_.fd().get(), static_cast<off_t>(end_)) != 0)
    return Unexpected{std::string("the new index cannot be cut to its size: ") + std::strerror(errno)};
  return file_.commit();
}

}  // namespace jpki::crl
