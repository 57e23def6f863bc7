// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What libcurl's error codes mean to us.
#pragma once

#include "validator/fetch/fetcher.h"

#include <curl/curl.h>

namespace jpki::fetch {

// `host`: of Url::authority(). `detail`: libcurl's own words, told only where they name no path (TLS).
FetchError error_of(CURLcode code, const std::string& host, const std::string& detail);

}  // namespace jpki::fetch
