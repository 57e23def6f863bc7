// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/crl_refresh/offer.h"

#include "validator/crl/checksum.h"
#include "validator/crl/crl_index_key.h"

#include <algorithm>

namespace jpki::crl_refresh {
namespace {

template <class Predicate>
const crl::IndexedCrl* first_that(const std::vector<crl::IndexedCrl>& sections, Predicate predicate) {
  const auto found = std::ranges::find_if(sections, predicate);
  return found == sections.end() ? nullptr : &*found;
}

// What makes a CRL unusable whoever asks; freshness is another matter.
std::optional<Report::Line> defect(const crl::CrlHeader& header, const JudgeRules& rules) {
  if (header.unknown_critical_extension)
    return Report::Line{Problem::kNotUsable,
                        "RFC 5280 5.2: unknown critical CRL extension; inform the CA or update this program"};
  if (!header.next_update)
    return Report::Line{Problem::kNotUsable, "RFC 5280 5.1.2.5: the CRL has no nextUpdate; inform the CA"};
  if (header.this_update > rules.now + rules.policy.clock_skew)
    return Report::Line{Problem::kNotYetValid,
                        "RFC 5280 5.1.2.4: thisUpdate is in the future; check the clock of this machine"};
  return std::nullopt;
}

Offer copy_of(const crl::IndexedCrl& section, crl::CrlSource source) {
  Offer offer;
  offer.source = std::move(source);
  offer.signer_key = section.signer_key();
  offer.series = section.series();
  offer.section = &section;
  return offer;
}

// Sign of a - b, of two CRLNumbers: not negative, minimal.
int compare_numbers(Bytes a, Bytes b) {
  const auto significant = [](Bytes number) { return number.front() == 0 ? number.subspan(1) : number; };
  const Bytes x = significant(a), y = significant(b);
  if (x.size() != y.size()) return x.size() < y.size() ? -1 : 1;
  if (std::ranges::equal(x, y)) return 0;
  return std::ranges::lexicographical_compare(x, y) ? -1 : 1;
}

int compare_numbers(const crl::CrlHeader& a, const crl::CrlHeader& b) {
  return a.crl_number && b.crl_number ? compare_numbers(*a.crl_number, *b.crl_number) : 0;
}

}  // namespace

const crl::IndexedCrl* LastIndex::unchanged(const std::string& name, const FileStamp& stamp) const {
  if (!reusable) return nullptr;
  return first_that(sections, [&](const auto& section) {
    const auto& source = section.source();
    return source.name == name && FileStamp{source.size, source.mtime} == stamp;
  });
}

const crl::IndexedCrl* LastIndex::same_content(std::uint64_t checksum) const {
  if (!reusable) return nullptr;
  return first_that(sections, [&](const auto& section) { return section.source().checksum == checksum; });
}

const crl::IndexedCrl* LastIndex::of_series(const x509::Sha256& series) const {
  return first_that(sections, [&](const auto& section) { return section.series() == series; });
}

bool LastIndex::has_other_scope(const Offer& offer, const JudgeRules& rules) const {
  return std::ranges::any_of(sections, [&](const auto& section) {
    return section.source().name == offer.source.name && section.signer_key() == offer.signer_key &&
           section.series() != offer.series && !is_stale(section.header(), rules);
  });
}

std::optional<Offer> unchanged(const std::string& name, const FileStamp& stamp, const LastIndex& last) {
  const auto* section = last.unchanged(name, stamp);
  if (section == nullptr) return std::nullopt;
  return copy_of(*section, section->source());
}

Expected<Offer, Report::Line> judge(const UniqueFd& fd, const std::string& path, const FileStamp& stamp,
                                    const LastIndex& last, const JudgeRules& rules,
                                    const Progress& progress) {
  const std::string name = path.substr(path.rfind('/') + 1);
  const auto refuse = [&](Problem problem, const std::string& why) {
    return Unexpected{Report::Line{problem, name + ": " + why}};
  };
  auto file = map_der(fd, path);
  if (!file) return Unexpected{Report::Line{Problem::kNotReadable, file.error()}};
  const Bytes der = file->bytes();
  const crl::CrlSource source{name, stamp.size, stamp.mtime, crl::checksum(der)};
  if (const auto* section = last.same_content(source.checksum)) return copy_of(*section, source);

  auto crl = crl::decode_crl(der);
  if (!crl) return refuse(Problem::kMalformed, crl.error() + "; fetch it again");
  if (const auto problem = defect(crl->header, rules)) return refuse(problem->problem, problem->text);
  const auto signer = verify_signer(*crl, rules.signers, rules.now, [&](std::size_t done) {
    if (progress) progress("verify " + name, done, crl->envelope.tbs.size());
  });
  if (!signer) return refuse(signer.error().problem, signer.error().text);
  const auto series = crl::series_of(crl->header, *signer);
  if (!series) return refuse(Problem::kMalformed, series.error() + "; fetch it again");
  Offer offer;
  offer.source = source;
  offer.signer_key = *signer;
  offer.series = *series;
  offer.file = std::move(*file);
  offer.crl = std::move(*crl);
  return offer;
}

bool is_stale(const crl::CrlHeader& header, const JudgeRules& rules) {
  return !header.next_update || rules.now > *header.next_update ||
         rules.now - header.this_update > rules.policy.max_age;
}

bool goes_back(const crl::CrlHeader& header, const crl::CrlHeader& than) {
  return compare_numbers(header, than) < 0 || header.this_update < than.this_update;
}

bool is_newer(const crl::CrlHeader& header, const crl::CrlHeader& than) {
  if (header.this_update != than.this_update) return header.this_update > than.this_update;
  if (!header.crl_number || !than.crl_number) return header.crl_number && !than.crl_number;
  return compare_numbers(*header.crl_number, *than.crl_number) > 0;
}

}  // namespace jpki::crl_refresh
