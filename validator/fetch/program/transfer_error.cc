// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/fetch/program/transfer_error.h"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace jpki::fetch {
namespace {

using Reason = FetchError::Reason;

struct Meaning {
  CURLcode code;
  Reason reason;
  const char* text;
};

constexpr char kTlsNextStep[] = "check the server's certificate and the file of its anchors in [fetch.tls]";
constexpr char kNameNextStep[] = "check the name in jpki.toml and this machine's DNS";
constexpr char kRouteNextStep[] = "check that the service runs, its port, and the firewall";

constexpr Meaning kMeanings[] = {
    {CURLE_COULDNT_RESOLVE_HOST, Reason::kUnreachable, kNameNextStep},
    {CURLE_COULDNT_RESOLVE_PROXY, Reason::kUnreachable, "check [fetch] proxy in jpki.toml"},
    {CURLE_COULDNT_CONNECT, Reason::kUnreachable, kRouteNextStep},
    {CURLE_SEND_ERROR, Reason::kUnreachable, kRouteNextStep},
    {CURLE_RECV_ERROR, Reason::kUnreachable, kRouteNextStep},
    {CURLE_GOT_NOTHING, Reason::kUnreachable, kRouteNextStep},
    {CURLE_PARTIAL_FILE, Reason::kUnreachable, "the connection broke off; see the server's log"},
    {CURLE_OPERATION_TIMEDOUT, Reason::kTimeout, "check the server's load and the time-outs in jpki.toml"},
    {CURLE_PEER_FAILED_VERIFICATION, Reason::kTls, kTlsNextStep},
    {CURLE_SSL_CONNECT_ERROR, Reason::kTls, kTlsNextStep},
    {CURLE_SSL_CACERT_BADFILE, Reason::kTls, kTlsNextStep},
    {CURLE_SSL_CERTPROBLEM, Reason::kTls, kTlsNextStep},
    {CURLE_SSL_CIPHER, Reason::kTls, kTlsNextStep},
    {CURLE_SSL_ISSUER_ERROR, Reason::kTls, kTlsNextStep},
    {CURLE_FILESIZE_EXCEEDED, Reason::kTooLarge, "see what the server offers at this address"},
    {CURLE_LDAP_CANNOT_BIND, Reason::kStatus, "the directory must allow anonymous searches"},
    {CURLE_LOGIN_DENIED, Reason::kStatus, "the directory must allow anonymous searches"},
    {CURLE_LDAP_SEARCH_FAILED, Reason::kStatus, "check that the entry exists in the directory"},
    {CURLE_REMOTE_ACCESS_DENIED, Reason::kStatus, "the directory must allow anonymous searches"},
    {CURLE_REMOTE_FILE_NOT_FOUND, Reason::kStatus, "check that the entry exists in the directory"},
    {CURLE_URL_MALFORMAT, Reason::kProtocol, "check the URL in jpki.toml"},
};

}  // namespace

FetchError error_of(CURLcode code, const std::string& host, const std::string& detail) {
  const auto* found = std::ranges::find(kMeanings, code, &Meaning::code);
  const bool known = found != std::end(kMeanings);
  const Reason reason = known ? found->reason : Reason::kProtocol;
  std::string text = host + ": " + ::curl_easy_strerror(code);
  if (reason == Reason::kTls && !detail.empty()) text += " (" + detail + ")";
  text += "; ";
  text += known ? found->text : "see the server's log";
  return {reason, std::move(text)};
}

FetchError error_of_status(long status, const std::string& host) {
  std::string text = host + ": HTTP status " + std::to_string(status) + "; ";
  text += status >= 300 && status < 400 ? "no redirect is followed: put the new address into jpki.toml"
                                        : "check the address in jpki.toml and the server's log";
  return {Reason::kStatus, std::move(text)};
}

FetchError error_of(const Document& document, const std::string& host) {
  switch (document.state()) {
    case Document::State::kTooLarge:
      return {Reason::kTooLarge, host + ": more than " + std::to_string(document.max_size()) +
                                     " bytes; see what the server offers at this address"};
    case Document::State::kNotWritten:
      return {Reason::kHelper, host + ": the document could not be stored (" +
                                   std::string(std::strerror(document.error())) + "); is the disk full?"};
    case Document::State::kGood:
      break;
  }
  return {Reason::kProtocol, host + ": not a valid answer; see the server's log"};
}

}  // namespace jpki::fetch
