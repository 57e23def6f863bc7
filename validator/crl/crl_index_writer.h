// SPDX-License-Identifier: LGPL-2.1-or-later
//
// CrlIndexWriter: compiles verified CRLs into a new index (crl_index.h), in bounded memory: entries are
// sorted inside the file that is being written. The file gets its name in commit(), or never.
#pragma once

#include "base/atomic_file.h"
#include "validator/crl/crl_index.h"
#include "validator/crl/crl_index_key.h"

#include <functional>
#include <map>

namespace jpki::crl {

class CrlIndexWriter {
 public:
  // Told now and then how many bytes of a CRL's entries are compiled.
  using Progress = std::function<void(std::size_t)>;

  // Writes `path` with mode 0640 and the effective user and group of the process.
  static Expected<CrlIndexWriter, std::string> create(const std::string& path);

  // Adds a CRL that was verified with the key of this digest. Entries that may not be used are an error
  // (crl_entries.h); the index is then as if add() had not been called.
  struct AddError {
    bool crl_unusable;  // else the index cannot be written
    std::string text;
  };
  Expected<Unit, AddError> add(const Crl& crl, const x509::Sha256& signer_key, const CrlSource& source,
                               const Progress& progress = {});
  // Adds a section of another index, with another source when it was renamed or touched. A damaged one is
  // `crl_unusable`.
  Expected<Unit, AddError> copy(const IndexedCrl& section, const CrlSource& source);

  std::size_t section_count() const { return heads_.size(); }
  Expected<Unit, std::string> commit();

 private:
  struct Head {
    std::uint64_t offset;
    std::uint32_t size;
    std::uint64_t checksum;
  };
  struct Tables {
    std::size_t entry_size = 0;
    TableRoot entries;
    TableRoot issuers;
  };
  using IssuerNumbers = std::map<x509::Sha256, std::uint32_t>;

  explicit CrlIndexWriter(AtomicFile file);
  Expected<Tables, AddError> add_entries(const Crl& crl, const Progress& progress);
  // Appends the entries as they come. Nothing when a serial has no room in `entry_size`, which then becomes
  // the size that it needs.
  Expected<std::optional<IssuerNumbers>, AddError> append_entries(const Crl& crl, std::size_t& entry_size,
                                                                  const Progress& progress);
  // Sorts the entries from `start` to the end and puts their fences behind them.
  Expected<TableRoot, std::string> close_entries(std::uint64_t start, std::size_t entry_size);
  Expected<TableRoot, std::string> append_table(Bytes records, const TableShape& shape);
  Expected<TableRoot, std::string> append_issuers(const IssuerNumbers& numbers);
  Expected<Unit, std::string> append_head(Blob head, const Tables& tables, Bytes crl, const CrlSource& source,
                                          const CrlHeader& header);
  Expected<Unit, std::string> append(Bytes bytes);

  AtomicFile file_;
  std::uint64_t end_;  // what is written, the header's room included
  std::vector<Head> heads_;
  std::vector<std::pair<LookupKey, std::uint32_t>> directory_;
};

}  // namespace jpki::crl
