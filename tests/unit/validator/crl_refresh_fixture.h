// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A site whose CRLs jpki-crl-refresh keeps, and a fake network.
#pragma once

#include "tests/unit/validator/crl_fixture.h"
#include "tests/unit/validator/crl_index_fixture.h"
#include "validator/crl_refresh/refresh.h"
#include "validator/trust/certificate_file.h"

#include <cstdlib>

#include <fcntl.h>
#include <sys/stat.h>

namespace jpki::test {

using namespace jpki::crl_refresh;

// Serves documents by URL; a document whose ETag is asked for is not modified.
class FakeFetcher final : public fetch::Fetcher {
 public:
  struct Document {
    std::string content;
    std::string etag;
  };
  std::map<std::string, Document> documents;
  std::vector<fetch::FetchRequest> requests;

  // What a fetcher in somebody else's hands could do to the documents that it delivered.
  void spoil() {
    for (const UniqueFd& file : files_)
      if (::ftruncate(file.get(), 0) != 0 || ::pwrite(file.get(), "spoilt", 6, 0) != 6) std::abort();
  }

  Expected<fetch::Ticket, fetch::FetchError> start(const fetch::FetchRequest& request,
                                                   const UniqueFd& into) override {
    requests.push_back(request);
    answers_.push_back(serve(request, into));
    return static_cast<fetch::Ticket>(answers_.size() - 1);
  }
  bool arrived(fetch::Ticket) override { return true; }
  Expected<fetch::FetchAnswer, fetch::FetchError> await(fetch::Ticket ticket, Deadline) override {
    return answers_.at(ticket);
  }

 private:
  using Answer = Expected<fetch::FetchAnswer, fetch::FetchError>;
  Answer serve(const fetch::FetchRequest& request, const UniqueFd& into) {
    for (std::size_t n = 0; n < request.alternatives.size(); ++n) {
      const auto found = documents.find(request.alternatives[n].url);
      if (found == documents.end()) continue;
      const Document& document = found->second;
      fetch::FetchAnswer answer;
      answer.alternative = n;
      answer.etag = document.etag;
      answer.not_modified = !document.etag.empty() && request.etag == document.etag;
      if (answer.not_modified) return answer;
      if (::write(into.get(), document.content.data(), document.content.size()) < 0) std::abort();
      files_.emplace_back(::dup(into.get()));
      return answer;
    }
    return Unexpected{fetch::FetchError{fetch::FetchError::Reason::kStatus, "crl.example: HTTP status 404"}};
  }
  std::vector<Answer> answers_;
  std::vector<UniqueFd> files_;
};

inline std::string text(const Blob& bytes) {
  return std::string(as_text(bytes));
}

// A site with the authority of pki_fixture.h as its anchor.
struct Site {
  Site() { anchors = store_of(root()); }

  TemporaryDirectory directory;
  trust::TrustStore anchors;
  std::vector<x509::Certificate> intermediates;
  std::vector<config::CrlDownload> downloads;
  FakeFetcher fetcher;
  Time now = kNow;
  bool rebuild = false;
  DownloadLimits limits = {.reserve = 0};

  void drop(const std::string& name, const std::string& content) const {
    std::filesystem::remove(directory.path(name));
    directory.write(name, content);
  }
  void remove(const std::string& name) const { std::filesystem::remove(directory.path(name)); }
  std::string index_file() const { return directory.path("crl.idx"); }

  // `after_hashing`: while a CRL is verified and not yet compiled.
  Report run(const std::function<void()>& after_hashing = {}) {
    const JudgeRules rules{{anchors, intermediates, {}}, {}, now};
    auto report =
        refresh({directory.path(), index_file(), downloads, rules, {.owner = ::geteuid()}, rebuild, limits},
                &fetcher, [&](const std::string& step, std::size_t, std::size_t) {
                  if (after_hashing && step.starts_with("verify")) after_hashing();
                });
    written_at(now);
    return report;
  }
  // The index was written at `when`, as the machine's clock told.
  void written_at(Time when) const {
    const timespec time{when.time_since_epoch().count(), 0};
    const timespec times[] = {time, time};
    static_cast<void>(::utimensat(AT_FDCWD, index_file().c_str(), times, 0));
  }
  CrlIndex index() const {
    auto index = CrlIndex::open(index_file(), own_files());
    if (!index) ck_abort_msg("%s", index.error().text.c_str());
    return std::move(*index);
  }
  // The CRLNumbers in the index, in its order.
  std::string numbers() const {
    std::string out;
    const auto all = index();
    for (std::uint32_t n = 0; n < all.section_count(); ++n)
      out += to_hex(*all.section(n)->header().crl_number) + " ";
    return out;
  }
};

inline pki::CrlBuilder numbered(std::uint64_t number, Time this_update = kNow - std::chrono::hours(6)) {
  auto builder = full_crl();
  builder.extensions.clear();
  builder.add(pki::crl_number(number));
  builder.this_update = this_update;
  return builder;
}

inline Blob signed_crl(std::uint64_t number, Time this_update = kNow - std::chrono::hours(6)) {
  return numbered(number, this_update).sign(key("root"));
}

// Runs what a line says to run, but for jpki-crl-refresh itself, with which it ends.
inline void follow_remedy(const Report::Line& line) {
  const std::string next = " && jpki-crl-refresh";
  const auto at = line.text.rfind("run: ");
  ck_assert_msg(at != std::string::npos && line.text.ends_with(next), "%s", line.text.c_str());
  const std::string command = line.text.substr(at + 5, line.text.size() - at - 5 - next.size());
  ck_assert_int_eq(std::system(command.c_str()), 0);
}

inline void expect_problems(const Report& report, const std::string& expected) {
  std::string codes;
  for (const auto& line : report.problems) codes += to_line(line).substr(0, 8) + " ";
  if (codes == expected) return;
  std::string all;
  for (const auto& line : report.problems) all += to_line(line) + "\n";
  ck_abort_msg("\"%s\" instead of \"%s\"\n%s", codes.c_str(), expected.c_str(), all.c_str());
}

}  // namespace jpki::test
