// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/fetch/fetch_protocol.h"

#include "tests/unit/support/check_main.h"

#include <functional>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>

namespace {

using namespace jpki;
using fetch::FetchAnswer;
using fetch::FetchCall;
using fetch::FetchError;
using fetch::FetchRequest;
using fetch::FetchResult;
using std::chrono::milliseconds;

FetchCall full_call() {
  FetchCall call{7, {}};
  call.request.alternatives = {{"http://ocsp.example/", {0x30, 0x00, 0xFF}, "application/ocsp-request"},
                               {"http://ocsp.example/MAA%3D", {}, ""}};
  call.request.hedge_after = milliseconds(300);
  call.request.timeout = milliseconds(4000);
  call.request.max_size = 1 << 16;
  call.request.accept = "application/ocsp-response";
  call.request.etag = "\"abc\"";
  call.request.last_modified = "Sun, 22 Nov 2026 03:00:00 GMT";
  call.request.tls_trust = "cvs";
  return call;
}

FetchCall plain_call() {
  FetchCall call{1, {}};
  call.request.alternatives = {{"ldap://x/", {}, ""}};
  call.request.max_size = 1;
  return call;
}

START_TEST(a_call_is_what_was_encoded) {
  for (const FetchCall& call : {full_call(), plain_call()}) {
    const auto packet = fetch::encode_call(call);
    ck_assert(packet.has_value());
    const auto decoded = fetch::decode_call(*packet);
    ck_assert(decoded.has_value());
    ck_assert(*decoded == call);
  }
}
END_TEST

START_TEST(a_result_is_what_was_encoded) {
  const FetchAnswer answer{1, false, std::uint64_t{1} << 31, "application/pkix-crl", "W/\"1\"", "yesterday"};
  const auto good = fetch::decode_result(fetch::encode_result({3, answer}));
  ck_assert(good.has_value() && good->ticket == 3 && good->outcome.has_value());
  ck_assert(*good->outcome == answer);
  for (int reason = 0; reason <= static_cast<int>(FetchError::Reason::kHelper); ++reason) {
    const FetchError error{static_cast<FetchError::Reason>(reason), "ocsp.example:80: why"};
    const auto bad = fetch::decode_result(fetch::encode_result({4, Unexpected{error}}));
    ck_assert(bad.has_value() && bad->ticket == 4 && !bad->outcome.has_value());
    ck_assert(bad->outcome.error() == error);
  }
}
END_TEST

START_TEST(every_truncation_and_every_addition_is_malformed) {
  Blob call = *fetch::encode_call(full_call());
  for (std::size_t size = 0; size < call.size(); ++size)
    ck_assert(!fetch::decode_call(Bytes(call).first(size)).has_value());
  call.push_back(0);
  ck_assert(!fetch::decode_call(call).has_value());
  Blob result = fetch::encode_result({3, FetchAnswer{0, false, 10, "a", "b", "c"}});
  for (std::size_t size = 0; size < result.size(); ++size)
    ck_assert(!fetch::decode_result(Bytes(result).first(size)).has_value());
  result.push_back(0);
  ck_assert(!fetch::decode_result(result).has_value());
}
END_TEST

START_TEST(another_version_and_another_type_are_malformed) {
  const Blob call = *fetch::encode_call(plain_call());
  const Blob result = fetch::encode_result({3, FetchAnswer{}});
  ck_assert(!fetch::decode_result(call).has_value());
  ck_assert(!fetch::decode_call(result).has_value());
  for (const std::size_t byte : {0, 1}) {
    Blob changed = call;
    changed[byte] = 9;
    ck_assert(!fetch::decode_call(changed).has_value());
    changed = result;
    changed[byte] = 9;
    ck_assert(!fetch::decode_result(changed).has_value());
  }
}
END_TEST

const std::function<void(FetchRequest&)> kOutside[] = {
    [](FetchRequest& r) { r.alternatives.clear(); },
    [](FetchRequest& r) { r.alternatives.resize(fetch::kMaxAlternatives + 1, r.alternatives[0]); },
    [](FetchRequest& r) { r.alternatives[0].url.clear(); },
    [](FetchRequest& r) { r.alternatives[0].url.resize(fetch::kMaxUrl + 1, 'x'); },
    [](FetchRequest& r) { r.alternatives[0].body.resize(fetch::kMaxFetchBody + 1); },
    [](FetchRequest& r) { r.alternatives[0].content_type = "a\r\nHost: evil"; },
    [](FetchRequest& r) { r.accept = "a\nb"; },
    [](FetchRequest& r) { r.etag = "a\rb"; },
    [](FetchRequest& r) { r.last_modified = std::string("a\0b", 3); },
    [](FetchRequest& r) { r.etag.resize(fetch::kMaxFetchText + 1, 'x'); },
    [](FetchRequest& r) { r.tls_trust = "\xe3\x81\x82"; },
    [](FetchRequest& r) { r.max_size = 0; },
    [](FetchRequest& r) { r.max_size = fetch::kMaxDocument + 1; },
    [](FetchRequest& r) { r.timeout = milliseconds(0); },
    [](FetchRequest& r) { r.timeout = milliseconds(-1); },
    [](FetchRequest& r) { r.timeout = fetch::kMaxFetchTime + milliseconds(1); },
    [](FetchRequest& r) { r.hedge_after = milliseconds(-1); },
    [](FetchRequest& r) { r.hedge_after = fetch::kMaxFetchTime + milliseconds(1); },
};

START_TEST(a_request_outside_the_bounds_is_not_encoded) {
  FetchCall call = full_call();
  kOutside[_i](call.request);
  ck_assert(!fetch::encode_call(call).has_value());
}
END_TEST

const std::function<void(FetchRequest&)> kAtTheBounds[] = {
    [](FetchRequest& r) { r.alternatives.resize(fetch::kMaxAlternatives, r.alternatives[0]); },
    [](FetchRequest& r) { r.alternatives[0].url.resize(fetch::kMaxUrl, 'x'); },
    [](FetchRequest& r) { r.alternatives[0].body.resize(fetch::kMaxFetchBody); },
    [](FetchRequest& r) { r.alternatives[0].content_type = " ~"; },
    [](FetchRequest& r) { r.etag.resize(fetch::kMaxFetchText, 'x'); },
    [](FetchRequest& r) { r.max_size = 1; },
    [](FetchRequest& r) { r.max_size = fetch::kMaxDocument; },
    [](FetchRequest& r) { r.timeout = milliseconds(1); },
    [](FetchRequest& r) { r.timeout = fetch::kMaxFetchTime; },
    [](FetchRequest& r) { r.hedge_after = milliseconds(0); },
    [](FetchRequest& r) { r.hedge_after = fetch::kMaxFetchTime; },
};

START_TEST(a_request_at_the_bounds_is_encoded) {
  FetchCall call = plain_call();
  kAtTheBounds[_i](call.request);
  const auto packet = fetch::encode_call(call);
  ck_assert(packet.has_value() && fetch::decode_call(*packet).has_value());
}
END_TEST

START_TEST(a_packet_may_be_full) {
  FetchCall call = plain_call();
  call.request.alternatives.resize(2, call.request.alternatives[0]);
  call.request.alternatives[0].body.resize(fetch::kMaxFetchBody);
  call.request.alternatives[1].body.resize(fetch::kMaxFetchBody / 2);
  const std::size_t room = fetch::kMaxFetchPacket - fetch::encode_call(call)->size();
  call.request.alternatives[1].body.resize(fetch::kMaxFetchBody / 2 + room);
  const auto packet = fetch::encode_call(call);
  ck_assert(packet && packet->size() == fetch::kMaxFetchPacket && fetch::decode_call(*packet) == call);
  call.request.alternatives[1].body.push_back(0);
  ck_assert(!fetch::encode_call(call).has_value());
}
END_TEST

START_TEST(a_packet_outside_the_bounds_is_not_decoded) {
  Blob call = *fetch::encode_call(plain_call());
  for (std::size_t i = 0; i < 4; ++i) call[6 + i] = 0;  // timeout
  ck_assert(!fetch::decode_call(call).has_value());
  call = *fetch::encode_call(plain_call());
  const auto found = std::ranges::find(call, '/');
  ck_assert(found != call.end());
  *found = 0;  // a NUL in the URL
  ck_assert(!fetch::decode_call(call).has_value());
  const std::string longest(fetch::kMaxErrorText, 'a');
  for (const std::string& text : {longest, longest + "b"}) {
    const auto told = fetch::decode_result(
        fetch::encode_result({1, Unexpected{FetchError{FetchError::Reason::kTls, text}}}));
    ck_assert(told && told->outcome.error().text == longest);
  }
  Blob error = fetch::encode_result({1, Unexpected{FetchError{FetchError::Reason::kTls, "a"}}});
  error.back() = '\n';
  ck_assert(!fetch::decode_result(error).has_value());
  error.back() = 'a';
  error[6] = 99;  // no such reason
  ck_assert(!fetch::decode_result(error).has_value());
}
END_TEST

START_TEST(what_a_server_said_is_cut_and_made_printable) {
  const auto result = fetch::decode_result(
      fetch::encode_result({1, FetchAnswer{0, false, 1, std::string(9999, 'x'), "a\nb\xff", " ~\x7f"}}));
  ck_assert(result.has_value() && result->outcome.has_value());
  ck_assert_uint_eq(result->outcome->content_type.size(), fetch::kMaxFetchText);
  ck_assert_str_eq(result->outcome->etag.c_str(), "a?b?");
  ck_assert_str_eq(result->outcome->last_modified.c_str(), " ~?");
}
END_TEST

struct SocketPair {
  SocketPair() {
    int fds[2];
    ck_assert_int_eq(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
    near.reset(fds[0]);
    far.reset(fds[1]);
  }
  UniqueFd near;
  UniqueFd far;
};

START_TEST(a_packet_carries_its_descriptor) {
  SocketPair pair;
  const UniqueFd file(::memfd_create("document", MFD_CLOEXEC));
  ck_assert(fetch::send_packet(pair.near.get(), as_bytes("abc"), file.get()).has_value());
  auto packet = fetch::receive_packet(pair.far.get());
  ck_assert(packet.has_value() && packet->file.valid());
  ck_assert(as_text(packet->bytes) == "abc");
  ck_assert_int_eq(::fcntl(packet->file.get(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
  ck_assert_int_eq(::write(packet->file.get(), "x", 1), 1);
  ck_assert_int_eq(::lseek(file.get(), 0, SEEK_END), 1);
  const auto nothing = fetch::receive_packet(pair.far.get());
  ck_assert(!nothing.has_value() && nothing.error() == fetch::PacketError::kWouldBlock);
  pair.near.reset();
  const auto closed = fetch::receive_packet(pair.far.get());
  ck_assert(!closed.has_value() && closed.error() == fetch::PacketError::kClosed);
  const auto sent = fetch::send_packet(pair.far.get(), as_bytes("abc"), -1);
  ck_assert(!sent.has_value() && sent.error() == fetch::PacketError::kClosed);
}
END_TEST

START_TEST(a_packet_that_is_too_long_breaks_the_session) {
  SocketPair pair;
  const Blob huge(fetch::kMaxFetchPacket + 1);
  ck_assert(fetch::send_packet(pair.near.get(), huge, -1).has_value());
  const auto packet = fetch::receive_packet(pair.far.get());
  ck_assert(!packet.has_value() && packet.error() == fetch::PacketError::kBroken);
}
END_TEST

START_TEST(sending_never_blocks) {
  SocketPair pair;
  const Blob large(fetch::kMaxFetchPacket);
  auto sent = fetch::send_packet(pair.near.get(), large, -1);
  for (int i = 0; i < 1000 && sent; ++i) sent = fetch::send_packet(pair.near.get(), large, -1);
  ck_assert(!sent.has_value() && sent.error() == fetch::PacketError::kWouldBlock);
}
END_TEST

Suite* fetch_protocol_suite() {
  Suite* suite = suite_create("fetch protocol");
  TCase* codec = tcase_create("codec");
  tcase_add_test(codec, a_call_is_what_was_encoded);
  tcase_add_test(codec, a_result_is_what_was_encoded);
  tcase_add_test(codec, every_truncation_and_every_addition_is_malformed);
  tcase_add_test(codec, another_version_and_another_type_are_malformed);
  tcase_add_loop_test(codec, a_request_outside_the_bounds_is_not_encoded, 0, std::size(kOutside));
  tcase_add_loop_test(codec, a_request_at_the_bounds_is_encoded, 0,
                      static_cast<int>(std::size(kAtTheBounds)));
  tcase_add_test(codec, a_packet_may_be_full);
  tcase_add_test(codec, a_packet_outside_the_bounds_is_not_decoded);
  tcase_add_test(codec, what_a_server_said_is_cut_and_made_printable);
  suite_add_tcase(suite, codec);
  TCase* socket = tcase_create("socket");
  tcase_add_test(socket, a_packet_carries_its_descriptor);
  tcase_add_test(socket, a_packet_that_is_too_long_breaks_the_session);
  tcase_add_test(socket, sending_never_blocks);
  suite_add_tcase(suite, socket);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(fetch_protocol_suite());
}
