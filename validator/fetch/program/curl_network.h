// SPDX-License-Identifier: LGPL-2.1-or-later
//
// CurlNetwork: HTTP, HTTPS and LDAP, by a proxy where one is named. For jpki-fetch-curl.
#pragma once

#include "validator/fetch/program/transfer.h"

#include <curl/curl.h>

namespace jpki::fetch {

class CurlTransfer;

class CurlNetwork final : public Network {
 public:
  explicit CurlNetwork(CURLM* multi) : multi_(multi) {}

  Expected<std::unique_ptr<Transfer>, FetchError> begin(const Attempt& attempt, const Url& url,
                                                        const Site& site) override;
  void work() override;
  void wait(const pollfd& other, std::chrono::milliseconds longest) override;

  // By CurlTransfer.
  CURLM* multi() const { return multi_.get(); }
  void count_directories(int more) { directories_ += more; }

 private:
  struct CleanMulti {
    void operator()(CURLM* multi) const { ::curl_multi_cleanup(multi); }
  };
  std::unique_ptr<CURLM, CleanMulti> multi_;
  int directories_ = 0;  // transfers from them
};

}  // namespace jpki::fetch
