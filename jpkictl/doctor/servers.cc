// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/doctor/servers.h"

#include "validator/fetch/fetch_process.h"
#include "validator/fetch/url.h"
#include "validator/schedule/plan.h"

#include <sys/mman.h>

namespace jpki::ctl::doctor {
namespace {

constexpr std::size_t kMaxAnswer = 64 << 10;
constexpr std::chrono::seconds kGrace{2};  // for a jpki-fetch that hangs

// RFC 6960 A.1: an OCSP request by POST. An empty one (RFC 6960 4.1.1: a requestList without an entry).
constexpr std::uint8_t kNothing[] = {0x30, 0x04, 0x30, 0x02, 0x30, 0x00};

std::string host_of(const std::string& url) {
  const std::size_t begin = url.find("://");
  if (begin == std::string::npos) return url;
  return url.substr(begin + 3, url.find('/', begin + 3) - begin - 3);
}

fetch::FetchRequest request_for(const schedule::SourceRule& rule, const std::string& url) {
  fetch::FetchRequest request;
  request.alternatives = {{url, Blob(std::begin(kNothing), std::end(kNothing)), "application/ocsp-request"}};
  request.timeout = rule.timeout;
  request.max_size = kMaxAnswer;
  request.tls_trust = rule.tls_trust;
  return request;
}

SourceAnswer ask(const schedule::SourceRule& rule, const std::string& url, fetch::Fetcher& fetcher) {
  SourceAnswer answer{.name = rule.name, .host = host_of(url), .trouble = {}, .text = {}};
  const UniqueFd into(::memfd_create("answer", MFD_CLOEXEC));
  const auto failed = [&](const fetch::FetchError& error) {
    answer.trouble = error.reason;
    answer.text = error.text;
    return answer;
  };
  const auto ticket = fetcher.start(request_for(rule, url), into);
  if (!ticket) return failed(ticket.error());
  const auto fetched = fetcher.await(*ticket, Deadline::after(rule.timeout + kGrace));
  return fetched ? answer : failed(fetched.error());
}

}  // namespace

std::vector<SourceAnswer> ask_servers(const config::Config& config, const Context& context) {
  std::vector<std::pair<const schedule::SourceRule*, std::string>> asked;
  std::vector<std::string> urls;
  for (const auto& [rule, in_service, why_not] :
       schedule::plan(config.sources, config.segment, context.now)) {
    if (!in_service || !schedule::needs_network(rule->type)) continue;
    for (const std::string& url : rule->urls) asked.emplace_back(rule, url);
    urls.insert(urls.end(), rule->urls.begin(), rule->urls.end());
  }
  std::vector<SourceAnswer> answers;
  if (asked.empty()) return answers;
  fetch::FetchProcess fetcher(context.config_file, fetch::fetch_program_for(urls, false, config.fetch,
                                                                            config::configured_urls(config)));
  answers.reserve(asked.size());
  for (const auto& [rule, url] : asked) answers.push_back(ask(*rule, url, fetcher));
  return answers;
}

}  // namespace jpki::ctl::doctor
