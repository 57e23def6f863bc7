// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/crl_refresh/download.h"

#include "base/atomic_file.h"
#include "base/whole_transfer.h"

#include <algorithm>
#include <cstring>
#include <span>

#include <fcntl.h>
#include <sys/statvfs.h>

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
      : fetcher_(fetcher),
        context_(context),
        states_(states),
        report_(report),
        end_(Deadline::after(context.limits.time)) {}

  void fetch(std::span<const CrlDownload> downloads) {
    std::vector<Running> running;
    // Each document is on the disk twice: as it came, and as it was judged.
    share_ = room() / (2 * downloads.size());
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

  // Bytes that downloads may fill.
  std::uint64_t room() const {
    struct statvfs disk {};
    if (::statvfs(context_.directory.c_str(), &disk) != 0) return 0;
    const std::uint64_t free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
    return free > context_.limits.reserve ? free - context_.limits.reserve : 0;
  }

  fetch::FetchRequest request_for(const CrlDownload& download) const {
    fetch::FetchRequest request;
    for (const std::string& url : download.urls) request.alternatives.push_back({url, {}, {}});
    request.timeout = std::min<std::chrono::milliseconds>(
        kTimeout, std::chrono::milliseconds(std::max(end_.poll_timeout(), 1)));
    request.max_size = std::min(download.max_size, share_);
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
    if (share_ == 0)
      return report_.add(
          Problem::kNotFetched,
          file_name(download) + ": the disk is nearly full; make room in " + context_.directory);
    if (end_.passed())
      return report_.add(
          Problem::kNotFetched,
          file_name(download) + ": the other downloads took too long; the next run will try it again");
    UniqueFd document(::open(context_.directory.c_str(), O_RDWR | O_TMPFILE | O_CLOEXEC, 0600));
    if (!document.valid())
      return report_.add(
          Problem::kNotFetched,
          file_name(download) + ": no file could be created for the document: " + std::strerror(errno));
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
      const auto size = read_at(running.document.get(), piece, at);
      if (!size) return Unexpected{path_of(running.download) + ": " + std::strerror(errno)};
      if (*size == 0) return file;
      if (auto written = file->write(Bytes(piece).first(*size), at); !written)
        return Unexpected{written.error()};
      at += *size;
      if (at > kMaxCrlFileSize) return Unexpected{path_of(running.download) + ": too large"};
    }
  }

  Expected<Offer, Report::Line> judged(const UniqueFd& fd, const std::string& name,
                                       const FileStamp& stamp) const {
    return judge(fd, context_.directory + '/' + name, stamp, context_.last, context_.rules,
                 context_.progress);
  }

  // Why `offer` may not take the place of the CRL in force or of the file of its name.
  std::optional<Report::Line> misplaced(const Offer& offer) const {
    const std::string& name = offer.source.name;
    const auto older = [&] {
      return Report::Line{Problem::kGoesBack,
                          name +
                              ": the server gave an older CRL than the one in force (CRLNumber or thisUpdate "
                              "went back), which stays; ask the server's operator, or if the CA itself went "
                              "back, " +
                              run_without(context_.directory + '/' + name + ' ' + context_.index_file)};
    };
    if (const auto* replaced = context_.last.of_series(offer.series)) {
      if (goes_back(offer.header(), replaced->header())) return older();
      return std::nullopt;
    }
    if (context_.last.has_other_scope(offer, context_.rules))
      return Report::Line{Problem::kOtherCrl,
                          name +
                              ": the server gave a CRL of another scope than the one in force, which stays "
                              "until it is too old; correct the urls of this [[crl]] in jpki.toml"};
    // Not in the last index, or that cannot be read: the file tells what was in force.
    const std::string path = context_.directory + '/' + name;
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd.valid()) return std::nullopt;
    const auto copy = private_copy(fd, path);
    const auto file = copy ? judged(*copy, name, {}) : Unexpected{Report::Line{}};
    if (file && file->series == offer.series && goes_back(offer.header(), file->header())) return older();
    return std::nullopt;
  }

  void take(const Running& running, const fetch::FetchAnswer& answer) {
    const std::string name = file_name(running.download);
    auto file = copy(running);
    if (!file) return report_.add(Problem::kNotFetched, file.error());
    const auto stamp = stamp_of(file->fd());
    if (!stamp) return report_.add(Problem::kNotFetched, name + ": cannot be read; check the disk");
    auto offer = judged(file->fd(), name, *stamp);
    if (!offer) return report_.add(offer.error().problem, offer.error().text);
    if (auto problem = misplaced(*offer)) return report_.problems.push_back(std::move(*problem));
    if (auto committed = file->commit(); !committed)
      return report_.add(Problem::kNotFetched, name + ": " + committed.error());
    const auto& urls = running.download.urls;
    states_[running.download.name] = {urls[std::min(answer.alternative, urls.size() - 1)], answer.etag,
                                      answer.last_modified, *stamp};
    offers_.push_back(std::move(*offer));
  }

  fetch::Fetcher& fetcher_;
  const DownloadContext& context_;
  DownloadStates& states_;
  Report& report_;
  Deadline end_;
  std::uint64_t share_ = 0;  // what each document of the batch may take of the disk
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
