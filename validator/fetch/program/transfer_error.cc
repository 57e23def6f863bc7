// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/fetch/program/transfer_error.h"

#include <cstring>

namespace jpki::fetch {
namespace {

using Reason = FetchError::Reason;

struct Meaning {
  Reason reason;
  const char* text;
};

Meaning meaning_of(Problem problem) {
  switch (problem) {
    case Problem::kNameUnknown:
      return {Reason::kUnreachable,
              "the name has no address; check the name in jpki.toml and this machine's DNS"};
    case Problem::kNotConnected:
      return {Reason::kUnreachable, "no connection; check that the service runs, its port, and the firewall"};
    case Problem::kNotSent:
      return {Reason::kUnreachable,
              "the request could not be sent; check that the service runs, its port, and the firewall"};
    case Problem::kNotReceived:
      return {Reason::kUnreachable,
              "the answer could not be received; check that the service runs, its port, and the firewall"};
    case Problem::kNothing:
      return {Reason::kUnreachable,
              "the connection was closed without an answer; check that the service runs, its port, and the "
              "firewall"};
    case Problem::kBrokenOff:
      return {Reason::kUnreachable, "the connection broke off; see the server's log"};
    case Problem::kNoHttp:
      return {Reason::kProtocol, "the answer is no HTTP; see the server's log"};
    case Problem::kTimeout:
      return {Reason::kTimeout, "too slow; check the server's load and the time-outs in jpki.toml"};
    case Problem::kMemory:
      return {Reason::kTooLarge, "more than jpki-fetch may keep in memory; hedge only small documents"};
    case Problem::kHeaders:
      return {Reason::kTooLarge, "endless HTTP headers; see the server's log"};
    case Problem::kCompressed:
      return {Reason::kProtocol,
              "sends a compressed document, which was not requested; turn compression off there"};
    case Problem::kLengths:
      return {Reason::kProtocol, "contradicts itself about the length of the document; see the server's log"};
    case Problem::kEmpty:
      return {Reason::kProtocol, "an empty answer; see the server's log"};
  }
  return {Reason::kProtocol, "not a valid answer; see the server's log"};
}

}  // namespace

FetchError error_of(Problem problem, const std::string& host) {
  const Meaning meaning = meaning_of(problem);
  return {meaning.reason, host + ": " + meaning.text};
}

FetchError error_of_status(long status, const std::string& host) {
  std::string text = host + ": HTTP status " + std::to_string(status) + "; ";
  text += status >= 300 && status < 400 ? "no redirect is followed: put the new address into jpki.toml"
                                        : "check the address in jpki.toml and the server's log";
  return {Reason::kStatus, std::move(text)};
}

FetchError error_of_size(std::size_t max_size, const std::string& host) {
  return {Reason::kTooLarge, host + ": more than " + std::to_string(max_size) +
                                 " bytes; see what the server offers at this address"};
}

FetchError error_of(const Document& document, const std::string& host) {
  switch (document.state()) {
    case Document::State::kTooLarge:
      return error_of_size(document.max_size(), host);
    case Document::State::kNotWritten:
      return {Reason::kHelper, host + ": the document could not be stored (" +
                                   std::string(std::strerror(document.error())) + "); is the disk full?"};
    case Document::State::kGood:
      break;
  }
  return {Reason::kProtocol, host + ": not a valid answer; see the server's log"};
}

}  // namespace jpki::fetch
