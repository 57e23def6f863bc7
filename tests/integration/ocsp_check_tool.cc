// SPDX-License-Identifier: LGPL-2.1-or-later
//
// ocsp_check_tool: one OCSP question from its beginning to its end, with the parts that a login uses: the
// request, jpki-fetch (GET where it fits, then POST), check_response(). Prints "WORD<TAB>CLAUSE", where WORD
// is good, revoked, on-hold, unknown, the name of a verdict, or fetch-REASON.
#include "validator/fetch/fetch_process.h"
#include "validator/ocsp/ocsp_check.h"
#include "validator/ocsp/ocsp_request.h"

#include <array>
#include <fstream>
#include <iterator>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

namespace {

using namespace jpki;

struct Options {
  std::string url, certificate, issuer, config, fetch_program;
  std::vector<std::string> local;
  bool sha256 = false, no_nonce = false, post_only = false, responder_good = false;
  unsigned timeout = 3000;  // milliseconds
  ocsp::OcspPolicy policy;
};

struct Outcome {
  std::string word, clause;
};

// For responders that have to have a status: it is what the command line says.
class SaidStatus final : public ocsp::ResponderStatus {
 public:
  explicit SaidStatus(bool good) : good_(good) {}
  Expected<Unit, ocsp::ResponderDoubt> check(const x509::Certificate&, const x509::Certificate&,
                                             Time) const override {
    if (good_) return Unit{};
    return Unexpected{ocsp::ResponderDoubt{"nobody asked"}};
  }

 private:
  bool good_;
};

x509::Certificate read_certificate(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  auto certificate = x509::Certificate::decode(as_bytes(bytes));
  if (certificate) return std::move(*certificate);
  throw std::runtime_error(path + ": " + certificate.error());
}

std::string_view word_of(fetch::FetchError::Reason reason) {
  using enum fetch::FetchError::Reason;
  switch (reason) {
    case kForbidden:
      return "fetch-forbidden";
    case kUnreachable:
      return "fetch-unreachable";
    case kTls:
      return "fetch-tls";
    case kTimeout:
      return "fetch-timeout";
    case kStatus:
      return "fetch-status";
    case kTooLarge:
      return "fetch-too-large";
    case kProtocol:
      return "fetch-protocol";
    case kHelper:
      return "fetch-helper";
    case kNotStarted:
      return "fetch-not-started";
  }
  return "fetch";
}

std::string word_of(const ocsp::Answer& answer) {
  switch (answer.status) {
    case ocsp::Status::kGood:
      return "good";
    case ocsp::Status::kRevoked:
      return answer.on_hold ? "on-hold" : "revoked";
    case ocsp::Status::kUnknown:
      return "unknown";
  }
  return {};
}

fetch::FetchRequest document_at(const Options& options, const ocsp::Request& request) {
  fetch::FetchRequest document;
  const auto get = options.post_only ? std::nullopt : ocsp::get_url(options.url, request);
  if (get) document.alternatives.push_back({*get, {}, ""});
  document.alternatives.push_back({options.url, request.der, "application/ocsp-request"});
  document.timeout = std::chrono::milliseconds(options.timeout);
  document.max_size = ocsp::kMaxResponseSize;
  document.accept = "application/ocsp-response";
  return document;
}

Expected<Blob, fetch::FetchError> fetched(const Options& options, const ocsp::Request& request) {
  fetch::FetchProcess fetcher(options.config, options.fetch_program);
  const UniqueFd file(::memfd_create("response", MFD_CLOEXEC));
  const auto ticket = fetcher.start(document_at(options, request), file);
  if (!ticket) return Unexpected{ticket.error()};
  const auto patience = std::chrono::milliseconds(options.timeout) + std::chrono::seconds(10);
  const auto answer = fetcher.await(*ticket, Deadline::after(patience));
  if (!answer) return Unexpected{answer.error()};
  Blob bytes(answer->size);
  if (::pread(file.get(), bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw std::runtime_error("the document is shorter than jpki-fetch says");
  return bytes;
}

Outcome ask(const Options& options) {
  const auto subject = read_certificate(options.certificate), issuer = read_certificate(options.issuer);
  std::vector<x509::Certificate> local;
  for (const std::string& path : options.local) local.push_back(read_certificate(path));
  std::array<std::uint8_t, ocsp::kNonceSize> random{};
  if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size()))
    throw std::runtime_error("getrandom");
  const Bytes nonce = options.no_nonce ? Bytes{} : Bytes(random);
  const auto hash = options.sha256 ? ocsp::CertIdHash::kSha256 : ocsp::CertIdHash::kSha1;
  const auto request = ocsp::make_request(subject, issuer, hash, nonce);
  const auto response = fetched(options, request);
  if (!response) return {std::string(word_of(response.error().reason)), response.error().text};
  const auto answer =
      ocsp::check_response(*response, subject, issuer, nonce, local, SaidStatus(options.responder_good),
                           options.policy, SystemClock().now());
  if (!answer) return {std::string(name_of(answer.error().verdict)), answer.error().clause};
  return {word_of(*answer), answer->clause};
}

}  // namespace

int main(int argc, char** argv) try {
  Options options;
  CLI::App app("asks an OCSP responder about one certificate");
  app.add_option("--url", options.url)->required();
  app.add_option("--cert", options.certificate, "DER")->required();
  app.add_option("--issuer", options.issuer, "DER")->required();
  app.add_option("--config", options.config, "jpki.toml for jpki-fetch")->required();
  app.add_option("--fetch", options.fetch_program, "jpki-fetch")->required();
  app.add_option("--local", options.local, "certificate of a responder, DER");
  app.add_option("--timeout", options.timeout, "milliseconds");
  app.add_flag("--sha256", options.sha256);
  app.add_flag("--no-nonce", options.no_nonce);
  app.add_flag("--require-nonce", options.policy.require_nonce);
  app.add_flag("--post-only", options.post_only);
  app.add_flag("--responder-good", options.responder_good, "responders without nocheck are good");
  app.add_flag("--allow-sha1", options.policy.algorithms.allow_sha1);
  CLI11_PARSE(app, argc, argv);
  const Outcome outcome = ask(options);
  fmt::print("{}\t{}\n", outcome.word, outcome.clause);
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "ocsp_check_tool: {}\n", error.what());
  return 1;
}
