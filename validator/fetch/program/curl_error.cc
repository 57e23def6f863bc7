// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/fetch/program/curl_error.h"

#include "validator/fetch/program/transfer_error.h"

#include <algorithm>
#include <iterator>

namespace jpki::fetch {
namespace {

using Reason = FetchError::Reason;

struct Same {
  CURLcode code;
  Problem problem;
};
constexpr Same kSame[] = {
    {CURLE_COULDNT_RESOLVE_HOST, Problem::kNameUnknown},
    {CURLE_COULDNT_CONNECT, Problem::kNotConnected},
    {CURLE_SEND_ERROR, Problem::kNotSent},
    {CURLE_RECV_ERROR, Problem::kNotReceived},
    {CURLE_GOT_NOTHING, Problem::kNothing},
    {CURLE_PARTIAL_FILE, Problem::kBrokenOff},
    {CURLE_OPERATION_TIMEDOUT, Problem::kTimeout},
    {CURLE_WEIRD_SERVER_REPLY, Problem::kNoHttp},
    {CURLE_UNSUPPORTED_PROTOCOL, Problem::kNoHttp},  // HTTP/0.9
    {CURLE_BAD_CONTENT_ENCODING, Problem::kCompressed},
    {CURLE_OUT_OF_MEMORY, Problem::kMemory},
#if LIBCURL_VERSION_NUM >= 0x080600  // in Debian 13; before, it was one of the codes above
    {CURLE_TOO_LARGE, Problem::kHeaders},
#endif
};

// What can happen with TLS, a proxy or a directory alone.
struct Meaning {
  CURLcode code;
  Reason reason;
  const char* text;
};
constexpr char kTlsNextStep[] = "check the server's certificate and the file of its anchors in [fetch.tls]";
constexpr char kAnonymous[] = "the directory must allow anonymous searches";
constexpr char kEntry[] = "check that the entry exists in the directory";
constexpr Meaning kMeanings[] = {
    {CURLE_COULDNT_RESOLVE_PROXY, Reason::kUnreachable, "check [fetch] proxy in jpki.toml"},
    {CURLE_PEER_FAILED_VERIFICATION, Reason::kTls, kTlsNextStep},
    {CURLE_SSL_CONNECT_ERROR, Reason::kTls, kTlsNextStep},
    {CURLE_SSL_CACERT_BADFILE, Reason::kTls, kTlsNextStep},
    {CURLE_SSL_CERTPROBLEM, Reason::kTls, kTlsNextStep},
    {CURLE_SSL_CIPHER, Reason::kTls, kTlsNextStep},
    {CURLE_SSL_ISSUER_ERROR, Reason::kTls, kTlsNextStep},
    {CURLE_LDAP_CANNOT_BIND, Reason::kStatus, kAnonymous},
    {CURLE_LOGIN_DENIED, Reason::kStatus, kAnonymous},
    {CURLE_LDAP_SEARCH_FAILED, Reason::kStatus, kEntry},
    {CURLE_REMOTE_ACCESS_DENIED, Reason::kStatus, kAnonymous},
    {CURLE_REMOTE_FILE_NOT_FOUND, Reason::kStatus, kEntry},
    {CURLE_URL_MALFORMAT, Reason::kProtocol, "check the URL in jpki.toml"},
};

}  // namespace

FetchError error_of(CURLcode code, const std::string& host, const std::string& detail) {
  if (const auto* same = std::ranges::find(kSame, code, &Same::code); same != std::end(kSame))
    return error_of(same->problem, host);
  const auto* found = std::ranges::find(kMeanings, code, &Meaning::code);
  const bool known = found != std::end(kMeanings);
  const Reason reason = known ? found->reason : Reason::kProtocol;
  std::string text = host + ": " + ::curl_easy_strerror(code);
  if (reason == Reason::kTls && !detail.empty()) text += " (" + detail + ")";
  text += "; ";
  text += known ? found->text : "see the server's log";
  return {reason, std::move(text)};
}

}  // namespace jpki::fetch
