// SPDX-License-Identifier: LGPL-2.1-or-later
//
// fetch_driver: a starter of the installed jpki-fetch, or jpki-fetch-curl, that tests can steer. Reads one
// JSON object from its standard input ({"config": FILE, "curl": BOOL, "deadline_ms": N, "requests": […]}),
// starts all requests, prints "started", then one JSON line for each request in order.
#include "validator/fetch/fetch_process.h"

#include <cstdio>
#include <iostream>

#include <nlohmann/json.hpp>
#include <sys/mman.h>
#include <sys/stat.h>

namespace {

using namespace jpki;
using fetch::FetchAnswer;
using fetch::FetchError;
using fetch::FetchRequest;
using Json = nlohmann::json;
using std::chrono::milliseconds;

const char* name_of(FetchError::Reason reason) {
  switch (reason) {
    case FetchError::Reason::kForbidden:
      return "forbidden";
    case FetchError::Reason::kUnreachable:
      return "unreachable";
    case FetchError::Reason::kTls:
      return "tls";
    case FetchError::Reason::kTimeout:
      return "timeout";
    case FetchError::Reason::kStatus:
      return "status";
    case FetchError::Reason::kTooLarge:
      return "too-large";
    case FetchError::Reason::kProtocol:
      return "protocol";
    case FetchError::Reason::kHelper:
      return "helper";
    case FetchError::Reason::kNotStarted:
      return "not-started";
  }
  return "unknown";
}

FetchRequest request_of(const Json& json) {
  FetchRequest request;
  for (const Json& alternative : json.at("alternatives")) {
    const std::string body = alternative.value("body", "");
    request.alternatives.push_back(
        {alternative.at("url"), to_blob(as_bytes(body)), alternative.value("content_type", "")});
  }
  request.hedge_after = milliseconds(json.value("hedge_after", 0));
  request.timeout = milliseconds(json.value("timeout", 10000));
  request.max_size = json.value("max_size", std::size_t{1} << 20);
  request.accept = json.value("accept", "");
  request.etag = json.value("etag", "");
  request.last_modified = json.value("last_modified", "");
  request.tls_trust = json.value("tls", "");
  return request;
}

Json to_json(const FetchError& error) {
  return {{"error", name_of(error.reason)}, {"text", error.text}};
}

Blob content_of(const UniqueFd& file) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return {};
  Blob content(static_cast<std::size_t>(status.st_size));
  if (::pread(file.get(), content.data(), content.size(), 0) != status.st_size) content.clear();
  return content;
}

Json to_json(const FetchAnswer& answer) {
  return {{"alternative", answer.alternative},
          {"not_modified", answer.not_modified},
          {"size", answer.size},
          {"content_type", answer.content_type},
          {"etag", answer.etag},
          {"last_modified", answer.last_modified}};
}

struct Started {
  UniqueFd file;
  Expected<fetch::Ticket, FetchError> ticket;
};

Json outcome_of(fetch::Fetcher& fetcher, const Started& one, Deadline deadline) {
  if (!one.ticket) return to_json(one.ticket.error());
  const auto answer = fetcher.await(*one.ticket, deadline);
  Json json = answer ? to_json(*answer) : to_json(answer.error());
  json["document"] = to_hex(content_of(one.file));
  return json;
}

}  // namespace

int main() {
  const Json job = Json::parse(std::cin);
  fetch::FetchProcess fetcher(job.value("config", ""),
                              job.value("curl", false) ? fetch::kCurlFetchProgram : fetch::kFetchProgram);
  std::vector<Started> all;
  for (const Json& json : job.at("requests")) {
    UniqueFd file(::memfd_create("document", MFD_CLOEXEC));
    auto ticket = fetcher.start(request_of(json), file);
    all.push_back({std::move(file), std::move(ticket)});
  }
  std::cout << "started" << std::endl;
  const Deadline deadline = Deadline::after(milliseconds(job.value("deadline_ms", 60000)));
  for (const Started& one : all) std::cout << outcome_of(fetcher, one, deadline).dump() << std::endl;
  return 0;
}
