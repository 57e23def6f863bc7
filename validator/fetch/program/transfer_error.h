// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What libcurl's error codes mean to us, and the sentences that tell an admin what to do.
#pragma once

#include "validator/fetch/fetcher.h"
#include "validator/fetch/program/document.h"

#include <curl/curl.h>

namespace jpki::fetch {

// `host`: of host_for_log(). `detail`: libcurl's own words, told only where they name no path (TLS).
FetchError error_of(CURLcode code, const std::string& host, const std::string& detail);
FetchError error_of_status(long status, const std::string& host);
FetchError error_of(const Document& document, const std::string& host);

}  // namespace jpki::fetch
