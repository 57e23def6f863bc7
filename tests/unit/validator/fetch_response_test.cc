// SPDX-License-Identifier: LGPL-2.1-or-later
//
// ResponseReader and Response: what a server may say in answer to one request, however it is cut into pieces.
// tests/integration/test_fetch_hostile.py asks the same of jpki-fetch-curl.
#include "tests/unit/support/check_main.h"
#include "validator/fetch/program/response_reader.h"

#include <string>

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

struct Case {
  const char* name;
  std::string said;
  std::string document;         // expected
  std::optional<Reason> error;  // or this one
};

const std::string kOk = "HTTP/1.1 200 OK\r\n";

std::string chunks(const std::string& text) {
  return kOk + "Transfer-Encoding: chunked\r\n\r\n" + text;
}

std::string long_of(char c, std::size_t size) {
  return std::string(size, c);
}

const Case kCases[] = {
    {"length", kOk + "Content-Length: 3\r\n\r\nabc", "abc", {}},
    {"until closed", kOk + "\r\nabc", "abc", {}},
    {"1.0", "HTTP/1.0 200 OK\r\n\r\nabc", "abc", {}},
    {"empty reason", "HTTP/1.1 200 \r\nContent-Length: 3\r\n\r\nabc", "abc", {}},
    {"more than its length", kOk + "Content-Length: 3\r\n\r\nabcHTTP/1.1 404 No\r\n\r\n", "abc", {}},
    {"chunks", chunks("2\r\nab\r\n1;x=y\r\nc\r\n0\r\n\r\n"), "abc", {}},
    {"trailers", chunks("3\r\nabc\r\n0\r\nETag: x\r\nX: y\r\n\r\n"), "abc", {}},
    {"continue", "HTTP/1.1 100 Continue\r\n\r\n" + kOk + "Content-Length: 3\r\n\r\nabc", "abc", {}},
    {"hints", "HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 102 P\r\n\r\n" + kOk + "\r\nabc", "abc", {}},
    {"length twice", kOk + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", "abc", {}},
    {"folded", kOk + "X: a\r\n b\r\nContent-Length: 3\r\n\r\nabc", "abc", {}},
    {"identity", kOk + "Content-Encoding: identity\r\nContent-Length: 3\r\n\r\nabc", "abc", {}},

    {"nothing", "", "", Reason::kUnreachable},
    {"half", kOk + "Content-Length: 4\r\n\r\nabc", "", Reason::kUnreachable},
    {"half a chunk", chunks("4\r\nabc"), "", Reason::kUnreachable},
    {"no last chunk", chunks("3\r\nabc\r\n"), "", Reason::kUnreachable},
    {"no end of trailers", chunks("3\r\nabc\r\n0\r\nX: y\r\n"), "", Reason::kUnreachable},
    {"no chunk", chunks("xyz\r\nabc\r\n0\r\n\r\n"), "", Reason::kUnreachable},
    {"negative chunk", chunks("-3\r\nabc\r\n0\r\n\r\n"), "", Reason::kUnreachable},
    {"huge chunk", chunks("fffffffffffffffff\r\nabc\r\n0\r\n\r\n"), "", Reason::kUnreachable},
    {"longer than its chunk", chunks("2\r\nabc\r\n0\r\n\r\n"), "", Reason::kUnreachable},
    {"endless chunk extension", chunks("3;" + long_of('x', 70'000)), "", Reason::kUnreachable},
    {"endless trailers", chunks("0\r\nX: " + long_of('x', 70'000)), "", Reason::kUnreachable},

    {"smtp", "220 smtp.example ESMTP\r\n", "", Reason::kProtocol},
    {"0.9", "<html>document</html>", "", Reason::kProtocol},
    {"2", "HTTP/2 200 OK\r\n\r\nabc", "", Reason::kProtocol},
    {"2.0", "HTTP/2.0 200 OK\r\n\r\nabc", "", Reason::kProtocol},
    {"1.2", "HTTP/1.2 200 OK\r\n\r\nabc", "", Reason::kProtocol},
    {"no reason", "HTTP/1.1 200\r\n\r\nabc", "", Reason::kProtocol},
    {"two digits", "HTTP/1.1 20 OK\r\n\r\nabc", "", Reason::kProtocol},
    {"four digits", "HTTP/1.1 2000 OK\r\n\r\nabc", "", Reason::kProtocol},
    {"half a head", kOk + "Content-Le", "", Reason::kProtocol},
    {"lines of Unix", "HTTP/1.1 200 OK\nContent-Length: 3\n\nabc", "", Reason::kProtocol},
    {"blank before it", "\r\n" + kOk + "\r\nabc", "", Reason::kProtocol},
    {"no colon", kOk + "Content-Length 3\r\n\r\nabc", "", Reason::kProtocol},
    {"space before the colon", kOk + "Content-Length : 3\r\n\r\nabc", "", Reason::kProtocol},
    {"NUL in a header", kOk + "X: a" + std::string(1, '\0') + "b\r\n\r\nabc", "", Reason::kProtocol},
    {"two lengths", kOk + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", "", Reason::kProtocol},
    {"length beside chunks",
     kOk + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "",
     Reason::kProtocol},
    {"chunks beside a length",
     kOk + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "",
     Reason::kProtocol},
    {"chunked twice", kOk + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "",
     Reason::kProtocol},
    {"negative length", kOk + "Content-Length: -3\r\n\r\nabc", "", Reason::kProtocol},
    {"length in words", kOk + "Content-Length: three\r\n\r\nabc", "", Reason::kProtocol},
    {"signed length", kOk + "Content-Length: +3\r\n\r\nabc", "", Reason::kProtocol},
    {"hexadecimal length", kOk + "Content-Length: 0x3\r\n\r\nabc", "", Reason::kProtocol},
    {"length of 2^64", kOk + "Content-Length: 18446744073709551616\r\n\r\nabc", "", Reason::kProtocol},
    {"gzip", kOk + "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", "", Reason::kProtocol},
    {"gzip behind identity",
     kOk + "Content-Encoding: identity\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", "",
     Reason::kProtocol},
    {"gzip on the way", kOk + "Transfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "",
     Reason::kProtocol},
    {"empty", kOk + "Content-Length: 0\r\n\r\n", "", Reason::kProtocol},
    {"empty chunks", chunks("0\r\n\r\n"), "", Reason::kProtocol},

    {"switching", "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\nabc", "", Reason::kStatus},
    {"not asked whether modified", "HTTP/1.1 304 No\r\n\r\n", "", Reason::kStatus},
    {"204", "HTTP/1.1 204 No Content\r\n\r\n", "", Reason::kStatus},
    {"redirect", "HTTP/1.1 302 Found\r\nLocation: http://x/\r\n\r\n", "", Reason::kStatus},
    {"a large refusal", "HTTP/1.1 404 No\r\nContent-Length: 999999999\r\n\r\nabc", "", Reason::kStatus},

    {"too long", kOk + "Content-Length: 100001\r\n\r\nabc", "", Reason::kTooLarge},
    {"too long until closed", kOk + "\r\n" + long_of('x', kMaxSize + 1), "", Reason::kTooLarge},
    {"too long in chunks", chunks("186a1\r\n" + long_of('x', kMaxSize + 1) + "\r\n0\r\n\r\n"), "",
     Reason::kTooLarge},
    {"endless header", kOk + "X: " + long_of('x', 70'000), "", Reason::kTooLarge},
    {"endless status line", "HTTP/1.1 200 " + long_of('x', 70'000), "", Reason::kTooLarge},
};

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
  const Case& expected = kCases[_i];
  for (const std::size_t piece : {1UL, 2UL, 7UL, 1000UL, 1000000UL}) {
    const Outcome outcome = read(expected.said, piece, plain_request());
    if (expected.error) {
      ck_assert_msg(!outcome.answer, "%s: taken", expected.name);
      ck_assert_msg(outcome.answer.error().reason == *expected.error, "%s: %s", expected.name,
                    outcome.answer.error().text.c_str());
      ck_assert_msg(outcome.answer.error().text.starts_with("host:80: "), "%s", expected.name);
    } else {
      ck_assert_msg(outcome.answer.has_value(), "%s: %s", expected.name,
                    outcome.answer ? "" : outcome.answer.error().text.c_str());
      ck_assert_msg(outcome.document == expected.document, "%s", expected.name);
      ck_assert_uint_eq(outcome.answer->size, expected.document.size());
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
  const Outcome outcome = read(kOk + "ETag: " + long_of('x', 257) + "\r\n\r\nabc", 1000, plain_request());
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

START_TEST(provisional_answers_do_not_go_on_for_ever) {
  std::string said;
  while (said.size() < 70'000) said += "HTTP/1.1 100 Continue\r\nX: y\r\n\r\n";
  const Outcome outcome = read(said, 1000, plain_request());
  ck_assert(!outcome.answer && outcome.answer.error().reason == Reason::kTooLarge);
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("validator/fetch/program: answers");
  TCase* tests = tcase_create("answers");
  tcase_add_loop_test(tests, an_answer_is_judged_whatever_its_pieces, 0, std::size(kCases));
  tcase_add_test(tests, headers_are_told);
  tcase_add_test(tests, a_validator_that_is_too_long_is_none);
  tcase_add_test(tests, not_modified_has_no_document);
  tcase_add_test(tests, provisional_answers_do_not_go_on_for_ever);
  tcase_set_timeout(tests, 60);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
