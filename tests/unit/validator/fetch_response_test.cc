// SPDX-License-Identifier: LGPL-2.1-or-later
//
// ResponseReader and Response: what a server may say in answer to one request, however it is cut into pieces.
// tests/integration/test_fetch_hostile.py asks the same table of both programs.
#include "tests/unit/support/check_main.h"
#include "validator/fetch/program/response_reader.h"

#include <fstream>
#include <map>
#include <string>

#include <nlohmann/json.hpp>
#include <sys/mman.h>
#include <unistd.h>

namespace {

using namespace jpki;
using fetch::FetchError;
using fetch::FetchRequest;
using fetch::Response;
using fetch::ResponseReader;
using Reason = FetchError::Reason;

constexpr std::size_t kMaxSize = 100'000;
const std::string kOk = "HTTP/1.1 200 OK\r\n";

using Json = nlohmann::json;

// tests/data/fetch/answers.json: pieces of text, or [TEXT, TIMES].
Json all_cases() {
  const char* source = std::getenv("srcdir");
  std::ifstream file(std::string(source != nullptr ? source : "..") + "/tests/data/fetch/answers.json");
  return Json::parse(file);
}

std::string said_in(const Json& one) {
  std::string text;
  for (const Json& piece : one.at("said")) {
    const int times = piece.is_array() ? piece.at(1).get<int>() : 1;
    for (int i = 0; i < times; ++i) text += (piece.is_array() ? piece.at(0) : piece).get<std::string>();
  }
  return text;
}

std::string name_of(const Expected<fetch::FetchAnswer, FetchError>& answer) {
  if (answer) return "document";
  static const std::map<Reason, std::string> kNames = {{Reason::kUnreachable, "unreachable"},
                                                       {Reason::kProtocol, "protocol"},
                                                       {Reason::kStatus, "status"},
                                                       {Reason::kTooLarge, "too-large"}};
  const auto found = kNames.find(answer.error().reason);
  return found == kNames.end() ? "another error" : found->second;
}

struct Outcome {
  Expected<fetch::FetchAnswer, FetchError> answer;
  std::string document;
};

std::string content_of(int file) {
  std::string content(static_cast<std::size_t>(::lseek(file, 0, SEEK_END)), '\0');
  ck_assert_int_eq(::pread(file, content.data(), content.size(), 0), static_cast<ssize_t>(content.size()));
  return content;
}

// The server says it in pieces of `piece` bytes and closes the connection.
Outcome read(const std::string& said, std::size_t piece, const FetchRequest& request) {
  const UniqueFd file(::memfd_create("document", MFD_CLOEXEC));
  Response response({request, 0, file.get(), fetch::Document::Storage::kFile, request.timeout}, "host:80");
  ResponseReader reader(response);
  for (std::size_t i = 0; i < said.size() && reader.more();) {
    const auto room = reader.room();
    const std::size_t size = std::min({piece, said.size() - i, room.size()});
    ck_assert_uint_gt(size, 0);
    std::copy_n(said.begin() + static_cast<std::ptrdiff_t>(i), size, room.begin());
    reader.take(size);
    i += size;
  }
  if (reader.more()) reader.end();
  ck_assert(!reader.more());
  auto answer = response.finish();
  return {std::move(answer), content_of(file.get())};
}

FetchRequest plain_request() {
  FetchRequest request;
  request.alternatives = {{"http://host/", {}, {}}};
  request.max_size = kMaxSize;
  return request;
}

START_TEST(an_answer_is_judged_whatever_its_pieces) {
  const Json cases = all_cases();
  ck_assert_uint_gt(cases.size(), 50);
  for (const Json& one : cases) {
    const auto name = one.at("name").get<std::string>();
    for (const std::size_t piece : {1UL, 2UL, 7UL, 1000UL, 1000000UL}) {
      const Outcome outcome = read(said_in(one), piece, plain_request());
      const std::string text = outcome.answer ? "" : outcome.answer.error().text;
      ck_assert_msg(name_of(outcome.answer) == one.at("outcome").get<std::string>(), "%s, pieces of %zu: %s",
                    name.c_str(), piece, text.c_str());
      if (outcome.answer) {
        ck_assert_msg(outcome.document == "abc" && outcome.answer->size == 3, "%s", name.c_str());
      } else {
        ck_assert_msg(text.starts_with("host:80: "), "%s: %s", name.c_str(), text.c_str());
      }
    }
  }
}
END_TEST

START_TEST(headers_are_told) {
  const std::string said =
      kOk + "content-type: a/b\r\nETAG:  \"v1\" \r\nLast-Modified: Sunday\r\nETag: other\r\n\r\nabc";
  const Outcome outcome = read(said, 5, plain_request());
  ck_assert(outcome.answer.has_value());
  ck_assert_str_eq(outcome.answer->content_type.c_str(), "a/b");
  ck_assert_str_eq(outcome.answer->etag.c_str(), "\"v1\"");
  ck_assert_str_eq(outcome.answer->last_modified.c_str(), "Sunday");
}
END_TEST

START_TEST(a_validator_that_is_too_long_is_none) {
  const Outcome outcome = read(kOk + "ETag: " + std::string(257, 'x') + "\r\n\r\nabc", 1000, plain_request());
  ck_assert(outcome.answer.has_value() && outcome.answer->etag.empty());
}
END_TEST

START_TEST(not_modified_has_no_document) {
  FetchRequest request = plain_request();
  request.etag = "\"v1\"";
  const Outcome outcome =
      read("HTTP/1.1 304 No\r\nETag: \"v1\"\r\nContent-Length: 100001\r\n\r\n", 3, request);
  ck_assert(outcome.answer.has_value() && outcome.answer->not_modified);
  ck_assert_uint_eq(outcome.answer->size, 0);
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("validator/fetch/program: answers");
  TCase* tests = tcase_create("answers");
  tcase_add_test(tests, an_answer_is_judged_whatever_its_pieces);
  tcase_add_test(tests, headers_are_told);
  tcase_add_test(tests, a_validator_that_is_too_long_is_none);
  tcase_add_test(tests, not_modified_has_no_document);
  tcase_set_timeout(tests, 60);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
