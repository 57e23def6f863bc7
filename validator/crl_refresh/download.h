// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Downloads: every [[crl]] of jpki.toml is fetched into the CRL directory under its name. A document replaces
// the file only after it was judged good; what a server said about it is remembered for conditional requests.
#pragma once

#include "validator/config/config.h"
#include "validator/crl_refresh/offer.h"
#include "validator/fetch/fetcher.h"

#include <chrono>
#include <map>

namespace jpki::crl_refresh {

inline constexpr char kDownloadsFile[] = ".downloads.json";

// What is remembered of the last document that was taken.
struct DownloadState {
  std::string url;
  std::string etag;
  std::string last_modified;
  FileStamp stamp;  // of the file that it became
};
using DownloadStates = std::map<std::string, DownloadState>;

// No file is no state. The error says that what is there was ignored.
Expected<DownloadStates, std::string> load_states(const std::string& path, const FileTrust& trust);
Expected<Unit, std::string> save_states(const std::string& path, const DownloadStates& states);

// What the downloads of one run may take, before any signature is verified.
struct DownloadLimits {
  std::chrono::milliseconds time =
      std::chrono::minutes(20);  // for all of them: an index is written after that
  std::uint64_t reserve =
      256 << 20;  // bytes of the disk that stay free: for the index and what logins remember
};

struct DownloadContext {
  const std::string& directory;
  const std::string& index_file;
  const LastIndex& last;
  const JudgeRules& rules;
  const Progress& progress;
  DownloadLimits limits;
};

// The new documents that were taken; `states` follows. The rest is in `report`.
std::vector<Offer> download(const std::vector<config::CrlDownload>& downloads, fetch::Fetcher& fetcher,
                            const DownloadContext& context, DownloadStates& states, Report& report);

}  // namespace jpki::crl_refresh
