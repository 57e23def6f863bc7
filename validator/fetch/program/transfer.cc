// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/fetch/program/transfer.h"

#include "validator/fetch/fetch_protocol.h"
#include "validator/fetch/program/transfer_error.h"

#include <algorithm>

#include <strings.h>

namespace jpki::fetch {
namespace {

using Reason = FetchError::Reason;

constexpr std::size_t kMaxHeaderBytes = 64 * 1024;
constexpr char kUserAgent[] = PACKAGE_NAME;
constexpr char kDefaultTrust[] = "default";
// A server that drips slower than this, in bytes and seconds, keeps the documents of the others waiting.
constexpr long kSlowest = 1024;
constexpr long kSlowFor = 60;
constexpr long kOk = 200;
constexpr long kNotModified = 304;

Unexpected<FetchError> refused(Reason reason, std::string text) {
  return Unexpected{FetchError{reason, std::move(text)}};
}

bool is_one_of(const std::string& text, std::initializer_list<const char*> known) {
  return std::ranges::any_of(known, [&](const char* one) { return ::strcasecmp(text.c_str(), one) == 0; });
}

// A validator that was cut would never match.
std::string bounded(std::string text) {
  if (text.size() > kMaxFetchText) text.clear();
  return text;
}

}  // namespace

Transfer::Transfer(const Attempt& attempt)
    : attempt_(attempt),
      host_(host_for_log(asked().url)),
      document_(attempt.file, attempt.request.max_size, attempt.storage),
      handle_(::curl_easy_init()) {}

Expected<std::unique_ptr<Transfer>, FetchError> Transfer::prepare(const Attempt& attempt, const Site& site) {
  const std::string& asked = attempt.request.alternatives[attempt.alternative].url;
  const auto resolved = resolve_url(asked, site.rules, site.configured_urls);
  const auto url = resolved ? parse_url(*resolved) : std::nullopt;
  if (!url)
    return refused(Reason::kForbidden,
                   host_for_log(asked) +
                       ": no rule allows connections there; add \"HOST:PORT\" to hosts, or "
                       "a [[fetch.rewrite]], in jpki.toml");
  std::unique_ptr<Transfer> transfer(new Transfer(attempt));
  if (transfer->handle_ == nullptr) return refused(Reason::kHelper, "libcurl: out of memory");
  if (auto set = transfer->set_up(*url, site); !set) return Unexpected{set.error()};
  return transfer;
}

Expected<Unit, FetchError> Transfer::set_up(const Url& url, const Site& site) {
  host_ = url.authority();
  std::optional<Url> target = url;
  if (url.is_ldap()) {
    target = crl_search_of(url);
    if (!target || !asked().body.empty())
      return refused(Reason::kProtocol, host_ +
                                            ": an LDAP address must end with the DN of an entry and "
                                            "?certificateRevocationList;binary (or authorityRevocationList, "
                                            "deltaRevocationList); correct it in jpki.toml");
    ldap_.emplace(document_);
  }
  set_connection(*target, site.rules);
  if (url.scheme == Url::Scheme::kHttps || url.scheme == Url::Scheme::kLdaps)
    if (auto set = set_tls(site); !set) return set;
  if (!url.is_ldap() && !set_http(site.rules)) return refused(Reason::kHelper, "libcurl: out of memory");
  return Unit{};
}

void Transfer::set_connection(const Url& url, const FetchRules& rules) {
  CURL* curl = handle_.get();
  const auto connect_timeout = std::min(rules.connect_timeout, attempt_.timeout);
  ::curl_easy_setopt(curl, CURLOPT_URL, url.text().c_str());
  ::curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, std::string(name_of(url.scheme)).c_str());
  ::curl_easy_setopt(curl, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  ::curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  ::curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  ::curl_easy_setopt(curl, CURLOPT_PROXY, "");  // empty: none, and the environment is not asked
  ::curl_easy_setopt(curl, CURLOPT_NOPROXY, "");
  ::curl_easy_setopt(curl, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  ::curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
  ::curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);  // never wait for a thread that waits for a name server
#endif
  ::curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect_timeout.count()));
  ::curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(attempt_.timeout.count()));
  ::curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, kSlowest);
  ::curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, kSlowFor);
  ::curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(attempt_.request.max_size));
  ::curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail_);
  ::curl_easy_setopt(curl, CURLOPT_PRIVATE, this);
  ::curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  ::curl_easy_setopt(curl, CURLOPT_WRITEDATA, this);
}

Expected<Unit, FetchError> Transfer::set_tls(const Site& site) {
  const std::string& asked_name = attempt_.request.tls_trust;
  const std::string name = asked_name.empty() ? kDefaultTrust : asked_name;
  const auto file = site.rules.tls_trust.find(name);
  if (file == site.rules.tls_trust.end())
    return refused(Reason::kTls, host_ + ": no TLS anchors are named \"" + name + "\"; add " + name +
                                     " = \"FILE.pem\" to [fetch.tls] of jpki.toml");
  if (const auto problem = site.tls_problems.find(name); problem != site.tls_problems.end())
    return refused(Reason::kTls, host_ + ": TLS anchors: " + problem->second);
  CURL* curl = handle_.get();
  ::curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  ::curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
  ::curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
  ::curl_easy_setopt(curl, CURLOPT_SSL_SESSIONID_CACHE, 0L);
  ::curl_easy_setopt(curl, CURLOPT_CAINFO, file->second.c_str());
  ::curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
  return Unit{};
}

bool Transfer::add_header(const std::string& line) {
  curl_slist* longer = ::curl_slist_append(headers_.get(), line.c_str());
  if (longer == nullptr) return false;
  static_cast<void>(headers_.release());
  headers_.reset(longer);
  return true;
}

bool Transfer::set_http(const FetchRules& rules) {
  CURL* curl = handle_.get();
  const FetchRequest& request = attempt_.request;
  ::curl_easy_setopt(curl, CURLOPT_PROXY, rules.proxy.c_str());
  ::curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  ::curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  ::curl_easy_setopt(curl, CURLOPT_USERAGENT, kUserAgent);
  ::curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  ::curl_easy_setopt(curl, CURLOPT_HEADERDATA, this);
  if (!request.accept.empty() && !add_header("Accept: " + request.accept)) return false;
  if (!request.etag.empty() && !add_header("If-None-Match: " + request.etag)) return false;
  if (!request.last_modified.empty() && !add_header("If-Modified-Since: " + request.last_modified))
    return false;
  if (!asked().body.empty()) {
    ::curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(asked().body.size()));
    ::curl_easy_setopt(curl, CURLOPT_POSTFIELDS, asked().body.data());
    if (!add_header("Content-Type: " + asked().content_type) || !add_header("Expect:")) return false;
  }
  ::curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers_.get());
  return true;
}

bool Transfer::is_conditional() const {
  return !attempt_.request.etag.empty() || !attempt_.request.last_modified.empty();
}

std::string Transfer::header(const char* name) const {
  curl_header* found = nullptr;
  if (::curl_easy_header(handle_.get(), name, 0, CURLH_HEADER, -1, &found) != CURLHE_OK) return {};
  return found->value;
}

bool Transfer::take_header(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > kMaxHeaderBytes) {
    failure_ = FetchError{Reason::kTooLarge, host_ + ": endless HTTP headers; see the server's log"};
    return false;
  }
  return !(line == "\r\n" || line == "\n") || headers_complete();
}

// Before the first byte of a body: is there going to be a document?
bool Transfer::headers_complete() {
  long status = 0;
  ::curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status < kOk) return true;  // 1xx: another head follows
  if (status != kOk && !(status == kNotModified && is_conditional())) {
    failure_ = error_of_status(status, host_);
    return false;
  }
  if (!is_one_of(header("Content-Encoding"), {"", "identity"}) ||
      !is_one_of(header("Transfer-Encoding"), {"", "identity", "chunked"})) {
    failure_ = FetchError{
        Reason::kProtocol,
        host_ + ": sends a compressed document, which was not requested; turn compression off there"};
    return false;
  }
  return true;
}

bool Transfer::take_body(Bytes bytes) {
  return ldap_ ? ldap_->take(bytes) : document_.append(bytes);
}

// Runs `take` for libcurl, through which nothing may be thrown; another number than `size` stops the
// transfer.
template <class Take>
std::size_t Transfer::taken(std::size_t size, Take take) noexcept {
  try {
    if (take()) return size;
  } catch (...) {
    out_of_memory_ = true;
  }
  return size + 1;
}

std::size_t Transfer::on_body(char* data, std::size_t, std::size_t size, void* self) {
  auto* transfer = static_cast<Transfer*>(self);
  return transfer->taken(size, [&] { return transfer->take_body(as_bytes({data, size})); });
}

std::size_t Transfer::on_header(char* data, std::size_t, std::size_t size, void* self) {
  auto* transfer = static_cast<Transfer*>(self);
  return transfer->taken(size, [&] { return transfer->take_header({data, size}); });
}

Expected<FetchAnswer, FetchError> Transfer::finish(CURLcode code) {
  if (out_of_memory_)
    return refused(Reason::kTooLarge,
                   host_ + ": more than jpki-fetch may keep in memory; hedge only small documents");
  if (failure_) return Unexpected{*failure_};
  // With CURLE_WRITE_ERROR alone, the directory's answer is not one value of a CRL.
  if (document_.state() != Document::State::kGood || code == CURLE_WRITE_ERROR)
    return Unexpected{error_of(document_, host_)};
  if (code != CURLE_OK) return Unexpected{error_of(code, host_, detail_)};
  FetchAnswer answer;
  answer.alternative = attempt_.alternative;
  if (!ldap_) {
    long status = 0;
    ::curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
    answer.not_modified = status == kNotModified;
    answer.content_type = bounded(header("Content-Type"));
    answer.etag = bounded(header("ETag"));
    answer.last_modified = bounded(header("Last-Modified"));
    if (status != kOk && status != kNotModified) return Unexpected{error_of_status(status, host_)};
  } else if (!ldap_->complete()) {
    return refused(Reason::kStatus,
                   host_ + ": the entry has no such attribute; check the address in jpki.toml");
  }
  if (answer.not_modified) return answer;
  if (document_.size() == 0)
    return refused(Reason::kProtocol, host_ + ": an empty answer; see the server's log");
  if (!document_.commit()) return Unexpected{error_of(document_, host_)};
  answer.size = document_.size();
  return answer;
}

}  // namespace jpki::fetch
