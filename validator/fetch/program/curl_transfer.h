// SPDX-License-Identifier: LGPL-2.1-or-later
//
// CurlTransfer: one attempt at one address with libcurl. No redirect, cookie, password, compression or proxy
// of the environment; TLS 1.2 and later with our own anchors.
#pragma once

#include "validator/fetch/program/curl_network.h"
#include "validator/fetch/program/ldap_document.h"
#include "validator/fetch/program/response.h"

namespace jpki::fetch {

class CurlTransfer final : public Transfer {
 public:
  static Expected<std::unique_ptr<Transfer>, FetchError> begin(const Attempt& attempt, const Url& url,
                                                               const Site& site, CurlNetwork& network);
  ~CurlTransfer() override;
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  bool ended() const override { return code_.has_value(); }
  Expected<FetchAnswer, FetchError> finish() override;

  // libcurl is done with it; its verdict.
  void end(CURLcode code) { code_ = code; }

 private:
  template <auto function>
  struct Free {
    template <class T>
    void operator()(T* object) const {
      function(object);
    }
  };

  CurlTransfer(const Attempt& attempt, const Url& url, CurlNetwork& network);
  Expected<Unit, FetchError> set_up(const Url& url, const Site& site);
  void set_connection(const Url& url, const FetchRules& rules);
  Expected<Unit, FetchError> set_tls(const Site& site);
  bool set_http(const FetchRules& rules);
  bool add_header(const std::string& line);

  bool take_body(Bytes bytes);
  bool take_header(std::string_view line);
  bool take_head();
  std::vector<std::string> headers(const char* name) const;
  std::string header(const char* name) const;

  template <class Take>
  std::size_t taken(std::size_t size, Take take) noexcept;
  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self);
  static std::size_t on_header(char* data, std::size_t, std::size_t size, void* self);

  Attempt attempt_;
  Response response_;
  CurlNetwork& network_;
  std::optional<LdapValue> ldap_;
  std::optional<CURLcode> code_;
  bool out_of_memory_ = false;
  bool at_status_line_ = true;
  bool head_taken_ = false;
  std::size_t header_bytes_ = 0;
  char detail_[CURL_ERROR_SIZE] = {};
  std::unique_ptr<curl_slist, Free<::curl_slist_free_all>> headers_;
  std::unique_ptr<CURL, Free<::curl_easy_cleanup>> handle_;
};

}  // namespace jpki::fetch
