// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/crl_refresh/download.h"

#include "base/atomic_file.h"

#include <algorithm>
#include <span>

namespace jpki::crl_refresh {
namespace {

using config::CrlDownload;

constexpr std::size_t kAtOnce = 16;
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
    for (Running& one : running) finish(one);
  }

  std::vector<Offer> take() { return std::move(offers_); }

 private:
  struct Running {
    const CrlDownload& download;
    AtomicFile file;
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
    auto file = AtomicFile::create(path_of(download), 0640);
    if (!file) return report_.add(Problem::kNotFetched, file.error());
    const auto ticket = fetcher_.start(request_for(download), file->fd());
    if (!ticket) return report_.add(Problem::kNotFetched, file_name(download) + ": " + ticket.error().text);
    running.push_back({download, std::move(*file), *ticket});
  }

  void finish(Running& running) {
    if (context_.progress) context_.progress("fetch " + file_name(running.download), 0, 0);
    const auto answer = fetcher_.await(running.ticket, Deadline::after(kTimeout + std::chrono::seconds(10)));
    if (!answer)
      return report_.add(Problem::kNotFetched, file_name(running.download) + ": " + answer.error().text);
    if (answer->not_modified)
      return report_.remarks.push_back(file_name(running.download) + ": not modified");
    take(running, *answer);
  }

  void take(Running& running, const fetch::FetchAnswer& answer) {
    const std::string name = file_name(running.download);
    auto offer =
        judge(running.file.fd(), context_.directory, name, context_.last, context_.rules, context_.progress);
    if (!offer) return report_.add(offer.error().problem, offer.error().text);
    const auto* replaced = context_.last.of_series(offer->series);
    if (replaced != nullptr && goes_back(offer->header(), replaced->header()))
      return report_.add(Problem::kGoesBack,
                         name +
                             ": the server gave an older CRL than the one in force (CRLNumber or thisUpdate "
                             "went back), which stays; ask who runs the server");
    const auto stamp = stamp_of(running.file.fd());
    if (auto committed = running.file.commit(); !committed || !stamp)
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
