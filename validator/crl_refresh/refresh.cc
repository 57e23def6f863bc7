// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/crl_refresh/refresh.h"

#include "validator/crl/crl_index_writer.h"
#include "validator/crl_refresh/download.h"

#include <algorithm>
#include <map>
#include <set>

namespace jpki::crl_refresh {
namespace {

// The CRLs of the next index, one of each series, in the order of their series.
using Selection = std::map<x509::Sha256, Offer>;

class Run {
 public:
  Run(const Setup& setup, fetch::Fetcher* fetcher, const Progress& progress)
      : setup_(setup), fetcher_(fetcher), progress_(progress) {}

  Report finish() {
    read_last_index();
    fetch();
    read_directory();
    select();
    keep_others();
    if (!is_fatal(report_) && !clock_is_slow() && changed()) write();
    if (!report_.written) report_.compiled = 0;
    if (!report_.written) report_.unchanged = last_.sections.size();
    return std::move(report_);
  }

 private:
  void read_last_index();
  void fetch();
  void read_directory();
  void read_file(const std::string& name);
  bool is_download(const std::string& file) const;
  void select();
  void accept(Offer offer);
  void keep_others();
  void keep(const crl::IndexedCrl& section);
  bool clock_is_slow();
  bool changed() const;
  void write();
  Expected<Unit, crl::CrlIndexWriter::AddError> write(crl::CrlIndexWriter& writer, const Offer& offer);
  bool write_instead(crl::CrlIndexWriter& writer, const Offer& unusable);

  const Setup& setup_;
  fetch::Fetcher* fetcher_;
  const Progress& progress_;
  LastIndex last_;
  std::vector<Offer> offers_;
  Selection selection_;
  Report report_;
};

void Run::read_last_index() {
  FileTrust trust = setup_.files;
  trust.secret = false;  // a mode that somebody changed is no reason to lose what is in it
  auto index = crl::CrlIndex::open(setup_.index_file, trust, crl::IndexFile::Access::kMap);
  if (!index) {
    if (index.error().reason != FileError::Reason::kMissing)
      report_.add(Problem::kIndexDamaged, index.error().text);
    return;
  }
  last_.index = std::move(*index);
  last_.reusable = !setup_.rebuild;
  for (std::uint32_t number = 0; number < last_.index->section_count(); ++number) {
    auto section = last_.index->section(number);
    if (section)
      last_.sections.push_back(std::move(*section));
    else
      report_.add(Problem::kIndexDamaged, section.error());
  }
}

void Run::fetch() {
  if (fetcher_ == nullptr || setup_.downloads.empty()) return;
  const std::string path = setup_.crl_directory + '/' + kDownloadsFile;
  auto states = load_states(path, setup_.files);
  if (!states) report_.add(Problem::kStateNotKept, states.error());
  DownloadStates known = states ? std::move(*states) : DownloadStates();
  offers_ = download(setup_.downloads, *fetcher_,
                     {setup_.crl_directory, setup_.index_file, last_, setup_.rules, progress_, setup_.limits},
                     known, report_);
  if (auto saved = save_states(path, known); !saved) report_.add(Problem::kStateNotKept, saved.error());
}

void Run::read_directory() {
  const auto names = list_trusted_directory(setup_.crl_directory, ".crl", setup_.files);
  if (!names) return report_.add(Problem::kNotSetUp, names.error().text);
  std::set<std::string> fetched;
  for (const Offer& offer : offers_) fetched.insert(offer.source.name);
  for (const std::string& name : *names)
    if (!fetched.contains(name)) read_file(name);
}

void Run::read_file(const std::string& name) {
  const auto fd = open_trusted_file(setup_.crl_directory + '/' + name, setup_.files);
  if (!fd) return report_.add(Problem::kNotReadable, fd.error().text);
  const auto stamp = stamp_of(*fd);
  if (!stamp) return report_.add(Problem::kNotReadable, name + ": cannot be read; check the disk");
  if (auto same = unchanged(name, *stamp, last_)) return offers_.push_back(std::move(*same));
  const std::string path = setup_.crl_directory + '/' + name;
  const auto copy = private_copy(*fd, path);
  if (!copy) return report_.add(Problem::kNotReadable, copy.error());
  auto offer = judge(*copy, path, *stamp, last_, setup_.rules, progress_);
  if (!offer) return report_.add(offer.error().problem, offer.error().text);
  offers_.push_back(std::move(*offer));
}

bool Run::is_download(const std::string& file) const {
  return std::ranges::any_of(setup_.downloads,
                             [&](const auto& download) { return download.name + ".crl" == file; });
}

// Of several files of one series the newest counts; the others are leftovers.
void Run::select() {
  std::ranges::stable_sort(offers_,
                           [](const Offer& a, const Offer& b) { return is_newer(a.header(), b.header()); });
  std::set<x509::Sha256> seen;
  for (Offer& offer : offers_) {
    if (seen.insert(offer.series).second)
      accept(std::move(offer));
    else if (is_download(offer.source.name))
      report_.add(Problem::kOtherCrl, offer.source.name +
                                          ": another file has the same CRL or a newer one; correct the urls "
                                          "of this [[crl]] in jpki.toml");
    else
      report_.remarks.push_back(offer.source.name + ": superseded by another file; it may be removed");
  }
  offers_.clear();
}

void Run::accept(Offer offer) {
  const auto* replaced = last_.of_series(offer.series);
  if (replaced != nullptr && goes_back(offer.header(), replaced->header())) {
    report_.add(Problem::kGoesBack, offer.source.name +
                                        ": older than the CRL in force (CRLNumber or thisUpdate went back), "
                                        "which stays; remove this file, or if the CA itself went back, " +
                                        run_without(setup_.index_file));
    return keep(*replaced);
  }
  if (is_stale(offer.header(), setup_.rules)) {
    report_.add(Problem::kStale,
                offer.source.name + ": past its nextUpdate or older than max_age_hours; get the current CRL");
    if (replaced != nullptr && !is_stale(replaced->header(), setup_.rules)) return;
  }
  selection_.emplace(offer.series, std::move(offer));
}

// What the last index has and no file replaces stays until its own limits; a rebuild has the files alone.
void Run::keep_others() {
  if (setup_.rebuild) return;
  for (const auto& section : last_.sections)
    if (!selection_.contains(section.series())) keep(section);
}

void Run::keep(const crl::IndexedCrl& section) {
  if (is_stale(section.header(), setup_.rules))
    return report_.add(Problem::kDropped, section.source().name +
                                              ": the CRL of the last run has no file any more, is too old "
                                              "and was dropped; get the current one");
  Offer offer;
  offer.source = section.source();
  offer.series = section.series();
  offer.section = &section;
  selection_.emplace(section.series(), std::move(offer));
}

// No CRL is published before its date: one of the last index that is dated after now tells that the clock is
// slow. Written now, the index would look as old as the clock says, and no login would notice that the clock
// is behind it (validator/revocation/indexed_crls.h).
bool Run::clock_is_slow() {
  const Time latest = setup_.rules.now + setup_.rules.policy.clock_skew;
  const auto later = std::ranges::find_if(
      last_.sections, [&](const auto& section) { return section.header().this_update > latest; });
  if (later == last_.sections.end()) return false;
  report_.add(
      Problem::kNotYetValid,
      later->source().name +
          ": the last run took a CRL that is dated in the future: this machine's clock is slow; set it. "
          "The index stays as it is; if the clock is right, " +
          run_without(setup_.index_file));
  return true;
}

bool Run::changed() const {
  if (!last_.index || setup_.rebuild || selection_.size() != last_.index->section_count()) return true;
  // Written while the clock was ahead: logins do not take it.
  if (const auto stamp = stamp_of(setup_.index_file);
      !stamp || Time(std::chrono::seconds(stamp->mtime / 1'000'000'000u)) >
                    setup_.rules.now + setup_.rules.policy.clock_skew)
    return true;
  return std::ranges::any_of(selection_, [](const auto& entry) {
    const Offer& offer = entry.second;
    if (offer.section == nullptr) return true;
    const auto& source = offer.section->source();
    return source.name != offer.source.name || source.size != offer.source.size ||
           source.mtime != offer.source.mtime;
  });
}

Expected<Unit, crl::CrlIndexWriter::AddError> Run::write(crl::CrlIndexWriter& writer, const Offer& offer) {
  if (offer.section != nullptr) return writer.copy(*offer.section, offer.source);
  const auto total = offer.crl.entries.size();
  return writer.add(offer.crl, offer.signer_key, offer.source, [&](std::size_t done) {
    if (progress_) progress_("compile " + offer.source.name, done, total);
  });
}

// The CRL of the last index in the place of one whose entries turned out to be unusable.
bool Run::write_instead(crl::CrlIndexWriter& writer, const Offer& unusable) {
  const auto* old = unusable.section == nullptr ? last_.of_series(unusable.series) : nullptr;
  if (old == nullptr) return true;
  const auto copied = writer.copy(*old, old->source());
  if (!copied)
    report_.add(copied.error().crl_unusable ? Problem::kIndexDamaged : Problem::kNotWritten,
                copied.error().text);
  return copied || copied.error().crl_unusable;
}

void Run::write() {
  auto writer = crl::CrlIndexWriter::create(setup_.index_file);
  if (!writer) return report_.add(Problem::kNotWritten, writer.error());
  for (const auto& [series, offer] : selection_) {
    const auto written = write(*writer, offer);
    if (written) {
      (offer.section != nullptr ? report_.unchanged : report_.compiled) += 1;
      continue;
    }
    if (!written.error().crl_unusable) return report_.add(Problem::kNotWritten, written.error().text);
    report_.add(offer.section != nullptr ? Problem::kIndexDamaged : Problem::kMalformed,
                offer.source.name + ": " + written.error().text +
                    (offer.section != nullptr ? "; run: jpki-crl-refresh --rebuild" : "; inform the CA"));
    if (!write_instead(*writer, offer)) return;
  }
  if (auto committed = writer->commit(); !committed)
    return report_.add(Problem::kNotWritten, committed.error());
  report_.written = true;
}

}  // namespace

Report refresh(const Setup& setup, fetch::Fetcher* fetcher, const Progress& progress) {
  return Run(setup, fetcher, progress).finish();
}

}  // namespace jpki::crl_refresh
