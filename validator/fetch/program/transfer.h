// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Transfer: one attempt at one address with libcurl. No redirect, cookie, password, compression or proxy of
// the environment; TLS 1.2 and later with our own anchors.
#pragma once

#include "base/expected.h"
#include "validator/fetch/fetch_rules.h"
#include "validator/fetch/fetcher.h"
#include "validator/fetch/program/document.h"
#include "validator/fetch/program/ldap_document.h"
#include "validator/fetch/url.h"

#include <memory>
#include <optional>

#include <curl/curl.h>

namespace jpki::fetch {

// What is the same for all requests.
struct Site {
  FetchRules rules;
  std::vector<std::string> configured_urls;
  std::map<std::string, std::string> tls_problems;  // by name: why its file of anchors cannot be used
};

class Transfer {
 public:
  struct Attempt {
    const FetchRequest& request;  // must outlive the transfer
    std::size_t alternative;
    int file;  // takes the document; stays open
    Document::Storage storage;
    std::chrono::milliseconds timeout;
  };

  // Nothing is sent yet. The error: no rule allows it, or it cannot be asked.
  static Expected<std::unique_ptr<Transfer>, FetchError> prepare(const Attempt& attempt, const Site& site);

  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  CURL* handle() const { return handle_.get(); }
  bool is_ldap() const { return ldap_.has_value(); }

  // After libcurl is done with handle(), with its verdict: the document is in the file, or why not.
  Expected<FetchAnswer, FetchError> finish(CURLcode code);

 private:
  template <auto function>
  struct Free {
    template <class T>
    void operator()(T* object) const {
      function(object);
    }
  };

  explicit Transfer(const Attempt& attempt);
  const FetchRequest::Alternative& asked() const {
    return attempt_.request.alternatives[attempt_.alternative];
  }
  Expected<Unit, FetchError> set_up(const Url& url, const Site& site);
  void set_connection(const Url& url, const FetchRules& rules);
  Expected<Unit, FetchError> set_tls(const Site& site);
  bool set_http(const FetchRules& rules);
  bool add_header(const std::string& line);
  bool is_conditional() const;

  bool take_body(Bytes bytes);
  bool take_header(std::string_view line);
  bool headers_complete();
  std::string header(const char* name) const;

  template <class Take>
  std::size_t taken(std::size_t size, Take take) noexcept;
  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self);
  static std::size_t on_header(char* data, std::size_t, std::size_t size, void* self);

  Attempt attempt_;
  std::string host_;  // for the log
  Document document_;
  std::optional<LdapValue> ldap_;
  std::optional<FetchError> failure_;  // found by us, before libcurl's
  bool out_of_memory_ = false;
  std::size_t header_bytes_ = 0;
  char detail_[CURL_ERROR_SIZE] = {};
  std::unique_ptr<curl_slist, Free<::curl_slist_free_all>> headers_;
  std::unique_ptr<CURL, Free<::curl_easy_cleanup>> handle_;
};

}  // namespace jpki::fetch
