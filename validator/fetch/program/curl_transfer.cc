// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/fetch/program/curl_transfer.h"

#include "validator/fetch/program/curl_error.h"

namespace jpki::fetch {
namespace {

using Reason = FetchError::Reason;

Unexpected<FetchError> refused(Reason reason, std::string text) {
  return Unexpected{FetchError{reason, std::move(text)}};
}

// RFC 9112 4: HTTP-version SP 3DIGIT SP. libcurl takes less, and more versions.
bool is_status_line(std::string_view line) {
  constexpr std::string_view kBegin = "HTTP/1.1 200 ";
  return line.size() >= kBegin.size() && line[kBegin.size() - 1] == ' ' &&
         (line.starts_with("HTTP/1.1 ") || line.starts_with("HTTP/1.0 "));
}

// RFC 9112 5.1: no space between a name and its colon. libcurl takes it.
bool is_field_line(std::string_view line) {
  const auto name_end = line.find_first_of(": \t");
  return name_end == 0 || name_end == std::string_view::npos || line[name_end] == ':';
}

}  // namespace

CurlTransfer::CurlTransfer(const Attempt& attempt, const Url& url, CurlNetwork& network)
    : attempt_(attempt), response_(attempt, url.authority()), network_(network), handle_(::curl_easy_init()) {
  if (!url.is_ldap()) return;
  ldap_.emplace(response_.document());
  network_.count_directories(1);
}

CurlTransfer::~CurlTransfer() {
  if (handle_ != nullptr) ::curl_multi_remove_handle(network_.multi(), handle_.get());
  if (ldap_) network_.count_directories(-1);
}

Expected<std::unique_ptr<Transfer>, FetchError> CurlTransfer::begin(const Attempt& attempt, const Url& url,
                                                                    const Site& site, CurlNetwork& network) {
  std::unique_ptr<CurlTransfer> transfer(new CurlTransfer(attempt, url, network));
  if (transfer->handle_ == nullptr) return refused(Reason::kHelper, "libcurl: out of memory");
  if (auto set = transfer->set_up(url, site); !set) return Unexpected{set.error()};
  if (::curl_multi_add_handle(network.multi(), transfer->handle_.get()) != CURLM_OK)
    return refused(Reason::kHelper, "libcurl: out of memory");
  return std::unique_ptr<Transfer>(std::move(transfer));
}

Expected<Unit, FetchError> CurlTransfer::set_up(const Url& url, const Site& site) {
  std::optional<Url> target = url;
  if (url.is_ldap()) {
    target = crl_search_of(url);
    if (!target || !attempt_.asked().body.empty())
      return refused(Reason::kProtocol, response_.host() +
                                            ": an LDAP address must end with the DN of an entry and "
                                            "?certificateRevocationList;binary (or authorityRevocationList, "
                                            "deltaRevocationList); correct it in jpki.toml");
  }
  set_connection(*target, site.rules);
  if (url.scheme == Url::Scheme::kHttps || url.scheme == Url::Scheme::kLdaps)
    if (auto set = set_tls(site); !set) return set;
  if (!url.is_ldap() && !set_http(site.rules)) return refused(Reason::kHelper, "libcurl: out of memory");
  return Unit{};
}

void CurlTransfer::set_connection(const Url& url, const FetchRules& rules) {
  CURL* curl = handle_.get();
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
  ::curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                     static_cast<long>(connect_timeout(attempt_, rules).count()));
  ::curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(attempt_.timeout.count()));
  ::curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, kSlowest);
  ::curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, kSlowFor);
  ::curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail_);
  ::curl_easy_setopt(curl, CURLOPT_PRIVATE, this);
  ::curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &CurlTransfer::on_body);
  ::curl_easy_setopt(curl, CURLOPT_WRITEDATA, this);
}

Expected<Unit, FetchError> CurlTransfer::set_tls(const Site& site) {
  const auto anchors = tls_anchors(attempt_.request, site, response_.host());
  if (!anchors) return Unexpected{anchors.error()};
  CURL* curl = handle_.get();
  ::curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  ::curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
  ::curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
  ::curl_easy_setopt(curl, CURLOPT_SSL_SESSIONID_CACHE, 0L);
  ::curl_easy_setopt(curl, CURLOPT_CAINFO, anchors->c_str());
  ::curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
  return Unit{};
}

bool CurlTransfer::add_header(const std::string& line) {
  curl_slist* longer = ::curl_slist_append(headers_.get(), line.c_str());
  if (longer == nullptr) return false;
  static_cast<void>(headers_.release());
  headers_.reset(longer);
  return true;
}

bool CurlTransfer::set_http(const FetchRules& rules) {
  CURL* curl = handle_.get();
  const FetchRequest& request = attempt_.request;
  const FetchRequest::Alternative& asked = attempt_.asked();
  ::curl_easy_setopt(curl, CURLOPT_PROXY, rules.proxy.c_str());
  ::curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  ::curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  ::curl_easy_setopt(curl, CURLOPT_USERAGENT, kUserAgent);
  ::curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &CurlTransfer::on_header);
  ::curl_easy_setopt(curl, CURLOPT_HEADERDATA, this);
  if (!request.accept.empty() && !add_header("Accept: " + request.accept)) return false;
  if (!request.etag.empty() && !add_header("If-None-Match: " + request.etag)) return false;
  if (!request.last_modified.empty() && !add_header("If-Modified-Since: " + request.last_modified))
    return false;
  if (!asked.body.empty()) {
    ::curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(asked.body.size()));
    ::curl_easy_setopt(curl, CURLOPT_POSTFIELDS, asked.body.data());
    if (!add_header("Content-Type: " + asked.content_type) || !add_header("Expect:")) return false;
  }
  ::curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers_.get());
  return true;
}

std::vector<std::string> CurlTransfer::headers(const char* name) const {
  std::vector<std::string> values;
  curl_header* found = nullptr;
  while (::curl_easy_header(handle_.get(), name, values.size(), CURLH_HEADER, -1, &found) == CURLHE_OK)
    values.emplace_back(found->value);
  return values;
}

std::string CurlTransfer::header(const char* name) const {
  curl_header* found = nullptr;
  if (::curl_easy_header(handle_.get(), name, 0, CURLH_HEADER, -1, &found) != CURLHE_OK) return {};
  return found->value;
}

bool CurlTransfer::take_header(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > kMaxHeaderBytes) {
    response_.fail(Problem::kHeaders);
    return false;
  }
  if (head_taken_) return true;  // a trailer, which says nothing to us
  if (!line.ends_with("\r\n") || !(at_status_line_ ? is_status_line(line) : is_field_line(line))) {
    response_.fail(Problem::kNoHttp);
    return false;
  }
  at_status_line_ = line == "\r\n";
  return !at_status_line_ || take_head();
}

bool CurlTransfer::take_head() {
  ResponseHead head;
  ::curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &head.status);
  if (Response::is_provisional(head.status)) return true;
  head_taken_ = true;
  head.lengths = headers("Content-Length");
  head.content_encodings = headers("Content-Encoding");
  head.transfer_encodings = headers("Transfer-Encoding");
  head.content_type = header("Content-Type");
  head.etag = header("ETag");
  head.last_modified = header("Last-Modified");
  return response_.take_head(head);
}

bool CurlTransfer::take_body(Bytes bytes) {
  return ldap_ ? ldap_->take(bytes) : response_.take_body(bytes);
}

// Runs `take` for libcurl, through which nothing may be thrown; another number than `size` stops the
// transfer.
template <class Take>
std::size_t CurlTransfer::taken(std::size_t size, Take take) noexcept {
  try {
    if (take()) return size;
  } catch (...) {
    out_of_memory_ = true;
  }
  return size + 1;
}

std::size_t CurlTransfer::on_body(char* data, std::size_t, std::size_t size, void* self) {
  auto* transfer = static_cast<CurlTransfer*>(self);
  return transfer->taken(size, [&] { return transfer->take_body(as_bytes({data, size})); });
}

std::size_t CurlTransfer::on_header(char* data, std::size_t, std::size_t size, void* self) {
  auto* transfer = static_cast<CurlTransfer*>(self);
  return transfer->taken(size, [&] { return transfer->take_header({data, size}); });
}

Expected<FetchAnswer, FetchError> CurlTransfer::finish() {
  if (out_of_memory_) response_.fail(Problem::kMemory);
  if (!response_.failed() && *code_ == CURLE_WRITE_ERROR)  // the directory's answer is not one value of a CRL
    response_.fail(error_of(response_.document(), response_.host()));
  if (!response_.failed() && *code_ != CURLE_OK) response_.fail(error_of(*code_, response_.host(), detail_));
  if (!response_.failed() && !ldap_ && !head_taken_) response_.fail(Problem::kNoHttp);
  if (!response_.failed() && ldap_ && !ldap_->complete())
    response_.fail({Reason::kStatus,
                    response_.host() + ": the entry has no such attribute; check the address in jpki.toml"});
  return response_.finish();
}

}  // namespace jpki::fetch
