// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/crl_refresh/download.h"

#include "base/atomic_file.h"

#include <algorithm>
#include <cstring>
#include <span>

#include <fcntl.h>

namespace jpki::crl_refresh {
namespace {

using config::CrlDownload;

constexpr std::size_t kAtOnce = 16;
constexpr std::size_t kPiece = 1 << 20;
constexpr std::chrono::minutes kTimeout{15};

std::string file_name(const CrlDownload& download) {
  return download.name + ".crl";
}

class Downloads {
 public:
  Downloads(fetch::Fetcher& fetcher, const DownloadContext& context, DownloadStates& states, Report& report)
      : fetcher_(fetcher), context_(context), states_(states), report_(report) {}

  void fetch(std::span<const CrlDownload> downloads) {
    std::vector<Running> running;
    for (const CrlDownload& download : downloads) start(download, running);
    for (const Running& one : running) finish(one);
  }

  std::vector<Offer> take() { return std::move(offers_); }

 private:
  struct Running {
    const CrlDownload& download;
    UniqueFd document;  // without a name
    fetch::Ticket ticket;
  };

  std::string path_of(const CrlDownload& download) const {
    return context_.directory + '/' + file_name(download);
  }

  fetch::FetchRequest request_for(const CrlDownload& download) const {
    fetch::FetchRequest request;
    for (const std::string& url : download.urls) request.alternatives.push_back({url, {}, {}});
    request.timeout = kTimeout;
    request.max_size = kMaxCrlFileSize;
    request.tls_trust = download.tls_trust;
    const auto state = states_.find(download.name);
    // What one server said is of no use with another one, or for a file that somebody changed.
    if (state == states_.end() || download.urls.empty() || state->second.url != download.urls.front() ||
        stamp_of(path_of(download)) != state->second.stamp)
      return request;
    request.etag = state->second.etag;
    request.last_modified = state->second.last_modified;
    return request;
  }

  void start(const CrlDownload& download, std::vector<Running>& running) {
    UniqueFd document(::open(context_.directory.c_str(), O_RDWR | O_TMPFILE | O_CLOEXEC, 0600));
    if (!document.valid())
      return report_.add(Problem::kNotFetched,
                         file_name(download) + ": no file for the document: " + std::strerror(errno));
    const auto ticket = fetcher_.start(request_for(download), document);
    if (!ticket) return report_.add(Problem::kNotFetched, file_name(download) + ": " + ticket.error().text);
    running.push_back({download, std::move(document), *ticket});
  }

  void finish(const Running& running) {
    if (context_.progress) context_.progress("fetch " + file_name(running.download), 0, 0);
    const auto answer = fetcher_.await(running.ticket, Deadline::after(kTimeout + std::chrono::seconds(10)));
    if (!answer)
      return report_.add(Problem::kNotFetched, file_name(running.download) + ": " + answer.error().text);
    if (answer->not_modified)
      return report_.remarks.push_back(file_name(running.download) + ": not modified");
    take(running, *answer);
  }

  // The fetcher could still write to what it delivered: a copy is judged, compiled and kept.
  Expected<AtomicFile, std::string> copy(const Running& running) const {
    auto file = AtomicFile::create(path_of(running.download), 0640);
    if (!file) return file;
    Blob piece(kPiece);
    for (std::uint64_t at = 0;;) {
      const ssize_t n = ::pread(running.document.get(), piece.data(), piece.size(), static_cast<off_t>(at));
      if (n < 0) return Unexpected{path_of(running.download) + ": " + std::strerror(errno)};
      if (n == 0) return file;
      const auto size = static_cast<std::size_t>(n);
      if (auto written = file->write(Bytes(piece).first(size), at); !written)
        return Unexpected{written.error()};
      at += size;
      if (at > kMaxCrlFileSize) return Unexpected{path_of(running.download) + ": too large"};
    }
  }

  void take(const Running& running, const fetch::FetchAnswer& answer) {
    const std::string name = file_name(running.download);
    auto file = copy(running);
    if (!file) return report_.add(Problem::kNotFetched, file.error());
    auto offer =
        judge(file->fd(), context_.directory, name, context_.last, context_.rules, context_.progress);
    if (!offer) return report_.add(offer.error().problem, offer.error().text);
    const auto* replaced = context_.last.of_series(offer->series);
    if (replaced != nullptr && goes_back(offer->header(), replaced->header()))
      return report_.add(Problem::kGoesBack,
                         name +
                             ": the server gave an older CRL than the one in force (CRLNumber or thisUpdate "
                             "went back), which stays; ask who runs the server");
    const auto stamp = stamp_of(file->fd());
    if (auto committed = file->commit(); !committed || !stamp)
      return report_.add(Problem::kNotFetched,
                         name + ": " + (committed ? "cannot be read" : committed.error()));
    const auto& urls = running.download.urls;
    states_[running.download.name] = {urls[std::min(answer.alternative, urls.size() - 1)], answer.etag,
                                      answer.last_modified, *stamp};
    offers_.push_back(std::move(*offer));
  }

  fetch::Fetcher& fetcher_;
  const DownloadContext& context_;
  DownloadStates& states_;
  Report& report_;
  std::vector<Offer> offers_;
};

}  // namespace

std::vector<Offer> download(const std::vector<CrlDownload>& downloads, fetch::Fetcher& fetcher,
                            const DownloadContext& context, DownloadStates& states, Report& report) {
  std::erase_if(states, [&](const auto& state) {
    return std::ranges::find(downloads, state.first, &CrlDownload::name) == downloads.end();
  });
  Downloads run(fetcher, context, states, report);
  const std::span all(downloads);
  for (std::size_t at = 0; at < all.size(); at += kAtOnce)
    run.fetch(all.subspan(at, std::min(kAtOnce, all.size() - at)));
  return run.take();
}

}  // namespace jpki::crl_refresh
