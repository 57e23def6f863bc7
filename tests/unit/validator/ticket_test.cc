// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/ticket/ticket.h"

#include "base/ticket_keeping.h"
#include "tests/unit/support/check_main.h"
#include "tests/unit/validator/ticket_samples.h"
#include "validator/ticket/digest_info.h"
#include "validator/ticket/module/one_token.h"
#include "validator/ticket/ticket_process.h"

#include <array>
#include <thread>

#include <sys/socket.h>

namespace {

using namespace jpki;
using namespace jpki::test;
using namespace jpki::ticket;
using namespace std::chrono_literals;

const Packet kPackets[] = {sample_job(),
                           AskCertificate{},
                           Certificate{Blob(2000, 1)},
                           AskSignature{{1, 2, 3}},
                           Signature{Blob(256, 7)},
                           GotTicket{Blob(kMaxTicket, 9)},
                           NoTicket{Verdict::kTicketClock, "why"}};

START_TEST(a_packet_is_read_as_it_was_written_and_no_other_way) {
  const Packet& packet = kPackets[_i];
  ck_assert_uint_eq(packet.index(), static_cast<std::size_t>(_i));
  const auto octets = encode_packet(packet);
  ck_assert(octets && decode_packet(*octets) == packet);
  ck_assert(!decode_packet(Bytes(*octets).first(octets->size() - 1)));
  Blob longer = *octets;
  longer.push_back(0);
  ck_assert(!decode_packet(longer));
  longer = *octets;
  longer[0] = kTicketProtocolVersion + 1;
  ck_assert(!decode_packet(longer));
}
END_TEST

START_TEST(packets_are_bounded) {
  ck_assert(!encode_packet(GotTicket{Blob(kMaxTicketPacket, 1)}));
  const auto octets = encode_packet(Job{"taro", std::vector<Blob>(kMostAuthorities + 1)});
  ck_assert(octets && !decode_packet(*octets));
  ck_assert(!decode_packet(*encode_packet(NoTicket{Verdict::kAccepted, {}})));
  ck_assert(!decode_packet(*encode_packet(NoTicket{Verdict::kPinIncorrect, {}})));
  ck_assert(!decode_packet(Blob{kTicketProtocolVersion, 7}));
}
END_TEST

START_TEST(a_ticket_is_kept_whole) {
  const Ticket ticket{.client = "taro@CITY.TEST",
                      .server = "krbtgt/CITY.TEST@CITY.TEST",
                      .key_type = 18,
                      .key = Blob(32, 1),
                      .authenticated = 1'800'000'000,
                      .begins = 1'800'000'001,
                      .ends = 0xFFFFFFFF,
                      .renewable_until = 3,
                      .flags = 0x40E10000,
                      .octets = Blob(1500, 2)};
  const auto octets = encode_ticket(ticket, kMaxTicket);
  ck_assert(octets && decode_ticket(*octets) == ticket);
  ck_assert(!decode_ticket(Bytes(*octets).first(octets->size() - 1)));
  ck_assert(!encode_ticket(ticket, 1000));
}
END_TEST

START_TEST(a_ticket_is_kept_for_persons) {
  std::array<std::uint8_t, kMaxTicketKeeping> packet{};
  const auto read = [&](const KeepTicket& question) {
    WireWriter out(packet);
    write(out, question);
    return read_keep_ticket(Bytes(packet).first(out.used()));
  };
  ck_assert(read({1000, 100, {1}})->uid == 1000);
  ck_assert(!read({0, 0, {1}}));
  ck_assert(!read({1000, 100, {}}));
}
END_TEST

START_TEST(a_name_of_a_cache_is_plain) {
  std::array<std::uint8_t, 2048> packet{};
  const auto read = [&](const TicketKept& answer) {
    WireWriter out(packet);
    write(out, answer);
    return read_ticket_kept(Bytes(packet).first(out.used()));
  };
  ck_assert(read({"FILE:/tmp/krb5cc_1000", {}})->cache == "FILE:/tmp/krb5cc_1000");
  ck_assert(read({"", "a cause"})->cause == "a cause");
  ck_assert(!read({"FILE:/tmp/a b", {}}));
  ck_assert(!read({"FILE:/tmp/a\nLD_PRELOAD=x", {}}));
}
END_TEST

START_TEST(only_digests_of_sha2_are_signed) {
  for (const std::uint8_t hash : std::array<std::uint8_t, 3>{1, 2, 3}) {
    const Blob good = digest_info(hash);
    ck_assert(is_sha2_digest_info(good));
    ck_assert(!is_sha2_digest_info(Bytes(good).first(good.size() - 1)));
    for (std::size_t i = 0; i < 19; ++i) {
      Blob other = good;
      other[i] ^= 0x10;
      ck_assert_msg(!is_sha2_digest_info(other), "octet %zu", i);
    }
  }
  ck_assert(!is_sha2_digest_info(sha1_digest_info()));
  ck_assert(!is_sha2_digest_info({}));
}
END_TEST

// --- the validator's side ---------------------------------------------------------------------------------
TicketProcess process_that(const std::string& what) {
  return TicketProcess({.config_file = what, .patience = what.starts_with("hangs") ? 300ms : 10s},
                       JPKI_FAKE_TICKET);
}

START_TEST(a_ticket_costs_one_signature) {
  TicketProcess process = process_that("good");
  process.begin("taro", sample_job().authorities);
  const auto input = process.to_be_signed(sample_certificate());
  ck_assert(input && *input == digest_info(1));
  const auto ticket = process.conclude(Blob(256, 8));
  ck_assert(ticket && *ticket == Blob(256, 8));
}
END_TEST

struct Failing {
  const char* what;
  Verdict verdict;
};
const Failing kFailing[] = {{"dies", Verdict::kTicketUnusable},
                            {"hangs", Verdict::kTicketUnreachable},
                            {"refused", Verdict::kTicketRefused},
                            {"lies", Verdict::kTicketUnusable},
                            {"sha1", Verdict::kTicketUnusable}};

START_TEST(what_is_no_request_is_not_signed) {
  TicketProcess process = process_that(kFailing[_i].what);
  process.begin("taro", sample_job().authorities);
  const auto input = process.to_be_signed(sample_certificate());
  ck_assert(!input && input.error().verdict == kFailing[_i].verdict);
  ck_assert(input.error().cause.find('\n') == std::string::npos);
  const auto ticket = process.conclude(Blob(256, 8));
  ck_assert(!ticket && ticket.error().verdict == kFailing[_i].verdict);
}
END_TEST

START_TEST(a_silent_kdc_is_bounded_after_the_signature_too) {
  TicketProcess process = process_that("hangs-late");
  process.begin("taro", sample_job().authorities);
  ck_assert(process.to_be_signed(sample_certificate()).has_value());
  const auto begun = std::chrono::steady_clock::now();
  const auto ticket = process.conclude(Blob(256, 8));
  ck_assert(!ticket && ticket.error().verdict == Verdict::kTicketUnreachable);
  ck_assert(std::chrono::steady_clock::now() - begun < 50s);
}
END_TEST

START_TEST(a_program_that_is_not_there_is_told) {
  TicketProcess process({.config_file = {}, .patience = 1s}, "/nonexistent/jpki-ticket");
  process.begin("taro", {});
  const auto input = process.to_be_signed({});
  ck_assert(!input && input.error().verdict == Verdict::kTicketUnusable);
}
END_TEST

START_TEST(a_path_that_is_too_long_is_told) {
  TicketProcess process = process_that("good");
  process.begin("taro", std::vector<Blob>(kMostAuthorities + 1));
  ck_assert(process.to_be_signed({}).error().verdict == Verdict::kTicketUnusable);
}
END_TEST

// --- the token, as libkrb5's pkinit uses it ---------------------------------------------------------------
struct Card {
  Card() {
    ck_assert_int_eq(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    ask_over(ends[0]);
  }
  // Answers one question in a thread of its own.
  void answer(Packet reply) {
    thread = std::jthread([this, reply = std::move(reply)] {
      Blob buffer(kMaxTicketPacket);
      const ssize_t size = ::recv(ends[1], buffer.data(), buffer.size(), 0);
      asked = decode_packet(Bytes(buffer).first(static_cast<std::size_t>(size)));
      const auto octets = encode_packet(reply);
      ck_assert(::send(ends[1], octets->data(), octets->size(), 0) > 0);
    });
  }
  int ends[2];
  std::optional<Packet> asked;
  std::jthread thread;
};

CK_FUNCTION_LIST& f = functions();

CK_SESSION_HANDLE open_token(Card& card) {
  card.answer(Certificate{sample_certificate()});
  ck_assert_uint_eq(f.C_Initialize(nullptr), CKR_OK);
  card.thread.join();
  CK_ULONG count = 0;
  ck_assert_uint_eq(f.C_GetSlotList(CK_TRUE, nullptr, &count), CKR_OK);
  ck_assert_uint_eq(count, 1);
  CK_SLOT_ID slot = 0;
  ck_assert_uint_eq(f.C_GetSlotList(CK_TRUE, &slot, &count), CKR_OK);
  CK_SESSION_HANDLE session = 0;
  ck_assert_uint_eq(f.C_OpenSession(slot, CKF_SERIAL_SESSION, nullptr, nullptr, &session), CKR_OK);
  CK_TOKEN_INFO info;
  ck_assert_uint_eq(f.C_GetTokenInfo(slot, &info), CKR_OK);
  ck_assert_uint_eq(info.flags & CKF_LOGIN_REQUIRED, 0);
  return session;
}

CK_OBJECT_HANDLE find_one(CK_SESSION_HANDLE session, std::vector<CK_ATTRIBUTE> wanted) {
  ck_assert_uint_eq(f.C_FindObjectsInit(session, wanted.data(), wanted.size()), CKR_OK);
  CK_OBJECT_HANDLE found[2] = {};
  CK_ULONG count = 0;
  ck_assert_uint_eq(f.C_FindObjects(session, found, 2, &count), CKR_OK);
  ck_assert_uint_eq(f.C_FindObjectsFinal(session), CKR_OK);
  ck_assert_uint_eq(count, 1);
  return found[0];
}

CK_OBJECT_HANDLE find_key(CK_SESSION_HANDLE session, Blob id) {
  CK_OBJECT_CLASS key_class = CKO_PRIVATE_KEY;
  CK_KEY_TYPE rsa = CKK_RSA;
  return find_one(session, {{CKA_CLASS, &key_class, sizeof key_class},
                            {CKA_KEY_TYPE, &rsa, sizeof rsa},
                            {CKA_ID, id.data(), id.size()}});
}

START_TEST(the_token_shows_one_certificate_and_signs_once) {
  Card card;
  const CK_SESSION_HANDLE session = open_token(card);
  ck_assert(card.asked == Packet(AskCertificate{}));
  CK_OBJECT_CLASS certificate_class = CKO_CERTIFICATE;
  CK_CERTIFICATE_TYPE x509 = CKC_X_509;
  const CK_OBJECT_HANDLE certificate =
      find_one(session, {{CKA_CLASS, &certificate_class, sizeof certificate_class},
                         {CKA_CERTIFICATE_TYPE, &x509, sizeof x509}});
  CK_ATTRIBUTE told[] = {{CKA_VALUE, nullptr, 0}, {CKA_ID, nullptr, 0}};
  ck_assert_uint_eq(f.C_GetAttributeValue(session, certificate, told, 2), CKR_OK);
  Blob value(told[0].ulValueLen);
  Blob id(told[1].ulValueLen);
  told[0].pValue = value.data();
  told[1].pValue = id.data();
  ck_assert_uint_eq(f.C_GetAttributeValue(session, certificate, told, 2), CKR_OK);
  ck_assert(value == sample_certificate());
  const CK_OBJECT_HANDLE key = find_key(session, id);
  CK_MECHANISM mechanism{CKM_RSA_PKCS, nullptr, 0};
  ck_assert_uint_eq(f.C_SignInit(session, &mechanism, key), CKR_OK);
  card.answer(Signature{Blob(256, 6)});
  Blob input = digest_info(1);
  Blob signature(64);
  CK_ULONG size = signature.size();
  ck_assert_uint_eq(f.C_Sign(session, input.data(), input.size(), signature.data(), &size),
                    CKR_BUFFER_TOO_SMALL);
  card.thread.join();
  ck_assert(card.asked == Packet(AskSignature{digest_info(1)}));
  signature.resize(size);
  ck_assert_uint_eq(f.C_Sign(session, input.data(), input.size(), signature.data(), &size), CKR_OK);
  ck_assert(signature == Blob(256, 6));
  // Another request gets no signature, and nobody is asked for one.
  input.back() ^= 1;
  ck_assert_uint_eq(f.C_SignInit(session, &mechanism, key), CKR_OK);
  ck_assert_uint_eq(f.C_Sign(session, input.data(), input.size(), signature.data(), &size), CKR_DEVICE_ERROR);
  std::uint8_t octet = 0;
  ck_assert_int_eq(::recv(card.ends[1], &octet, 1, MSG_DONTWAIT), -1);
}
END_TEST

// libkrb5 ends the module once before it begins to use it; nobody is asked for the certificate again.
START_TEST(the_token_comes_back_after_its_end) {
  Card card;
  open_token(card);
  ck_assert_uint_eq(f.C_Finalize(nullptr), CKR_OK);
  CK_ULONG count = 0;
  ck_assert_uint_eq(f.C_GetSlotList(CK_TRUE, nullptr, &count), CKR_CRYPTOKI_NOT_INITIALIZED);
  ck_assert_uint_eq(f.C_Initialize(nullptr), CKR_OK);
  ck_assert_uint_eq(f.C_GetSlotList(CK_TRUE, nullptr, &count), CKR_OK);
}
END_TEST

START_TEST(what_the_token_cannot_do_it_refuses) {
  Card card;
  ck_assert_uint_eq(f.C_OpenSession(1, CKF_SERIAL_SESSION, nullptr, nullptr, nullptr),
                    CKR_CRYPTOKI_NOT_INITIALIZED);
  const CK_SESSION_HANDLE session = open_token(card);
  const CK_OBJECT_HANDLE key = find_key(session, {1});
  CK_MECHANISM mechanism{CKM_SHA256_RSA_PKCS, nullptr, 0};
  ck_assert_uint_eq(f.C_SignInit(session, &mechanism, key), CKR_MECHANISM_INVALID);
  CK_BYTE octet = 0;
  CK_ULONG size = 1;
  ck_assert_uint_eq(f.C_Sign(session, &octet, 1, &octet, &size), CKR_OPERATION_NOT_INITIALIZED);
  ck_assert_uint_eq(f.C_Sign(session + 1, &octet, 1, &octet, &size), CKR_SESSION_HANDLE_INVALID);
  ck_assert_uint_eq(f.C_Login(session, CKU_USER, &octet, 1), CKR_FUNCTION_NOT_SUPPORTED);
  ck_assert_uint_eq(f.C_DecryptInit(session, &mechanism, key), CKR_FUNCTION_NOT_SUPPORTED);
  CK_ATTRIBUTE modulus{CKA_MODULUS, nullptr, 0};
  ck_assert_uint_eq(f.C_GetAttributeValue(session, key, &modulus, 1), CKR_ATTRIBUTE_TYPE_INVALID);
  ck_assert_uint_eq(modulus.ulValueLen, CK_UNAVAILABLE_INFORMATION);
}
END_TEST

START_TEST(a_card_that_is_gone_is_an_error) {
  Card card;
  ::close(card.ends[1]);
  ck_assert_uint_eq(f.C_Initialize(nullptr), CKR_DEVICE_ERROR);
}
END_TEST

Suite* ticket_suite() {
  Suite* suite = suite_create("ticket");
  TCase* tests = tcase_create("ticket");
  tcase_add_loop_test(tests, a_packet_is_read_as_it_was_written_and_no_other_way, 0,
                      static_cast<int>(std::size(kPackets)));
  tcase_add_test(tests, packets_are_bounded);
  tcase_add_test(tests, a_ticket_is_kept_whole);
  tcase_add_test(tests, a_ticket_is_kept_for_persons);
  tcase_add_test(tests, a_name_of_a_cache_is_plain);
  tcase_add_test(tests, only_digests_of_sha2_are_signed);
  tcase_add_test(tests, a_ticket_costs_one_signature);
  tcase_add_loop_test(tests, what_is_no_request_is_not_signed, 0, static_cast<int>(std::size(kFailing)));
  tcase_add_test(tests, a_silent_kdc_is_bounded_after_the_signature_too);
  tcase_add_test(tests, a_program_that_is_not_there_is_told);
  tcase_add_test(tests, a_path_that_is_too_long_is_told);
  tcase_add_test(tests, the_token_shows_one_certificate_and_signs_once);
  tcase_add_test(tests, the_token_comes_back_after_its_end);
  tcase_add_test(tests, what_the_token_cannot_do_it_refuses);
  tcase_add_test(tests, a_card_that_is_gone_is_an_error);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(ticket_suite());
}
