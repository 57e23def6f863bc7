// SPDX-License-Identifier: LGPL-2.1-or-later
#include "emergency/code.h"

#include "base/emergency_code.h"
#include "base/emergency_protocol.h"
#include "emergency/challenge.h"
#include "tests/unit/support/expect.h"

#include <set>

#include <argon2.h>
#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::emergency;
using namespace jpki::test;

std::string text_of(const std::optional<Secret>& code) {
  return code ? std::string(as_text(code->bytes())) : "none";
}

// By another way than the program's: 98 - (payload * 100 mod 97), ISO/IEC 7064 MOD 97-10.
START_TEST(check_digits_are_those_of_the_standard) {
  const std::uint64_t kPayloads[] = {0, 1, 96, 97, 794, 12'345'678'901'234, kEmergencyValues - 1};
  for (const std::uint64_t payload : kPayloads) {
    const std::uint64_t check = 98 - (payload * 100 % 97);
    char expected[32];
    std::snprintf(expected, sizeof(expected), "%014llu%02llu", static_cast<unsigned long long>(payload),
                  static_cast<unsigned long long>(check));
    expect_text(text_of(emergency_code_from(payload)), expected);
    ck_assert(is_emergency_code(as_bytes(expected)));
  }
  expect_text(text_of(emergency_code_from(kEmergencyValues)), "none");
}
END_TEST

START_TEST(every_wrong_digit_and_every_swap_is_noticed) {
  const std::string right = text_of(emergency_code_from(31'415'926'535'897));
  for (std::size_t i = 0; i < right.size(); ++i) {
    for (char digit = '0'; digit <= '9'; ++digit) {
      std::string wrong = right;
      wrong[i] = digit;
      ck_assert_msg(is_emergency_code(as_bytes(wrong)) == (wrong == right), "%s", wrong.c_str());
    }
    for (std::size_t j = i + 1; j < right.size(); ++j) {
      std::string wrong = right;
      std::swap(wrong[i], wrong[j]);
      ck_assert_msg(is_emergency_code(as_bytes(wrong)) == (wrong == right), "%s", wrong.c_str());
    }
  }
}
END_TEST

START_TEST(a_code_is_typed_in_many_ways) {
  const std::string code = text_of(emergency_code_from(12'345'678'901'234));
  const std::string groups = in_groups(as_bytes(code));
  expect_text(groups, "1234 5678 9012 34" + code.substr(14));
  std::string hyphens = groups;
  std::ranges::replace(hyphens, ' ', '-');
  std::string wide;
  for (const char digit : groups)
    wide += digit == ' ' ? std::string("\u3000")
                         : std::string("\xEF\xBC") + static_cast<char>('\x90' + (digit - '0'));
  for (const std::string& typed : {code, groups, hyphens, wide, "  " + code + " \t"})
    expect_text(text_of(emergency_code_of(typed)), code);
}
END_TEST

// Above all no PIN, no password and no Individual Number.
START_TEST(nothing_else_is_a_code) {
  const std::string code = text_of(emergency_code_from(12'345'678'901'234));
  for (const std::string& typed :
       {std::string(), std::string("1234"), std::string("Abc123"), std::string("123456789012"),
        std::string(300, ' '), std::string(300, '1'), code.substr(1), code + "0", code + "x", "+" + code,
        code.substr(0, 8) + "\xEF\xBC" + code.substr(9), std::string("\xEF"), code.substr(0, 15) + "O"})
    ck_assert_msg(!emergency_code_of(typed), "\"%s\"", typed.c_str());
  ck_assert(!is_emergency_code({}));
}
END_TEST

START_TEST(codes_are_random) {
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) {
    const auto code = make_code();
    ck_assert(code && is_emergency_code(code->bytes()));
    seen.insert(text_of(code));
  }
  ck_assert_uint_eq(seen.size(), 200);
  std::set<std::uint64_t> values;
  for (int i = 0; i < 300; ++i) values.insert(*random_below(3));
  ck_assert(values == (std::set<std::uint64_t>{0, 1, 2}));
  ck_assert_uint_eq(*random_below(1), 0);
}
END_TEST

START_TEST(a_hash_tells_its_code_and_no_other) {
  const auto code = make_code();
  const auto other = make_code();
  const auto hash = hash_of(code->bytes());
  ck_assert(hash && hash->starts_with("$argon2id$v=19$m=65536,t=3,p=1$"));
  ck_assert_uint_eq(hash->size(),
                    31 + 22 + 1 + 43);  // 16 octets of salt, 32 of the hash; base64 without padding
  ck_assert(hash->find(text_of(code)) == std::string::npos);
  ck_assert(matches(*hash, code->bytes()) && !matches(*hash, other->bytes()));
  ck_assert(*hash != *hash_of(code->bytes()));  // salted
  ck_assert(!matches("", code->bytes()) && !matches("$argon2id$v=19$m=65536,t=3,p=1$x$y", code->bytes()));
}
END_TEST

// Judged whole, so that it takes as long as another, and not refused for its form.
START_TEST(nobodys_hash_costs_what_a_hash_costs) {
  const auto code = make_code();
  ck_assert(!matches(nobodys_hash(), code->bytes()));
  ck_assert_int_eq(::argon2id_verify(nobodys_hash().c_str(), code->bytes().data(), code->bytes().size()),
                   ARGON2_VERIFY_MISMATCH);
}
END_TEST

START_TEST(a_challenge_is_of_one_computer_and_account) {
  const Key key = derive_host_key(*make_key(), "pc12");
  const auto challenge = make_challenge(key, "pc12", "sato");
  ck_assert(challenge && is_emergency_code(as_bytes(*challenge)));
  const Bytes digits = as_bytes(*challenge);
  ck_assert(belongs_to(digits, key, "pc12", "sato") && belongs_to(digits, key, "PC12", "sato"));
  Key other = key;
  other[31] ^= 1;
  // Four digits: another name has them once in ten thousand times.
  int alike = 0;
  for (int i = 0; i < 200; ++i) {
    const auto one = make_challenge(key, "pc12", "sato");
    alike += belongs_to(as_bytes(*one), key, "pc13", "sato") +
             belongs_to(as_bytes(*one), key, "pc12", "sat") +
             belongs_to(as_bytes(*one), other, "pc12", "sato");
  }
  ck_assert_int_lt(alike, 5);
  ck_assert(*challenge != *make_challenge(key, "pc12", "sato"));
  ck_assert(!belongs_to(as_bytes("123"), key, "pc12", "sato"));
}
END_TEST

START_TEST(an_answer_is_to_one_challenge) {
  const Key key = derive_host_key(*make_key(), "pc12");
  const auto challenge = make_challenge(key, "pc12", "sato");
  const Bytes digits = as_bytes(*challenge);
  const std::string answer = text_of(answer_to(digits, key, "pc12", "sato"));
  ck_assert(is_emergency_code(as_bytes(answer)) && answer != *challenge);
  expect_text(id_of("7867423129204833"), "C-786742");
  expect_text(text_of(answer_to(digits, key, "Pc12", "sato")), answer);
  Key other = key;
  other[0] ^= 0x80;
  ck_assert(answer != text_of(answer_to(digits, other, "pc12", "sato")));
  ck_assert(answer != text_of(answer_to(digits, key, "pc1", "2sato")));  // fields are not run together
  ck_assert(answer != text_of(answer_to(digits, key, "pc12", "suzuki")));
  ck_assert(answer !=
            text_of(answer_to(as_bytes(*make_challenge(key, "pc12", "sato")), key, "pc12", "sato")));
  ck_assert(same(as_bytes(answer), as_bytes(std::string(answer))) && !same(as_bytes(answer), digits) &&
            !same(as_bytes(answer), as_bytes(answer).first(15)));
}
END_TEST

// Both sides compute them, each with the release that it has: as another HMAC computes them.
START_TEST(challenge_and_answer_are_the_same_in_every_release) {
  Key key{};
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(i);
  struct {
    std::string account, challenge, answer;
  } const kKnown[] = {
      {"sato", "0123456789069176", "3946174082069566"},
      {std::string(300, 's'), "0123456789491805", "6063000901676474"},  // its length takes two octets
  };
  for (const auto& known : kKnown) {
    ck_assert(belongs_to(as_bytes(known.challenge), key, "PC12", known.account));
    expect_text(text_of(answer_to(as_bytes(known.challenge), key, "PC12", known.account)), known.answer);
  }
}
END_TEST

// HKDF-SHA-256 as `openssl kdf` computes it , which knows nothing of nettle.
START_TEST(a_host_key_is_hkdf_of_the_sites) {
  Key site{};
  for (std::size_t i = 0; i < site.size(); ++i) site[i] = static_cast<std::uint8_t>(i);
  expect_text(to_hex(derive_host_key(site, "PC12.example")),
              "e56ff505266d28b46ec8feb4b29375977ea37b22064cac2224461e80bc664135");
  ck_assert(derive_host_key(site, "pc12.example") == derive_host_key(site, "PC12.EXAMPLE"));
  ck_assert(derive_host_key(site, "pc1") != derive_host_key(site, "pc2"));
}
END_TEST

START_TEST(a_key_is_read_as_it_was_written) {
  const TemporaryDirectory directory;
  const FileTrust ours{.owner = ::getuid()};
  const Key key = *make_key();
  ck_assert(*read_key(directory.write("good", text_of_key(key), std::filesystem::perms(0600)), ours) == key);
  ck_assert(read_key(directory.path("none"), ours).error().reason == FileError::Reason::kMissing);
  const std::string hex = to_hex(key);
  for (const std::string& text : {std::string(), hex.substr(1), hex + "0", hex.substr(1) + "g",
                                  "-" + hex.substr(1), hex.substr(0, 62) + "0x"})
    ck_assert_msg(!read_key(directory.write("bad", text, std::filesystem::perms(0600)), ours), "%s",
                  text.c_str());
  ck_assert(!read_key(directory.write("open", text_of_key(key), std::filesystem::perms(0644)), ours));
}
END_TEST

START_TEST(a_question_arrives_as_it_was_asked) {
  std::array<std::uint8_t, kMaxEmergencyPacket> packet{};
  const auto sent = [&](EmergencyStep step, std::optional<Secret> code) {
    WireWriter out(packet);
    write(out, EmergencyQuestion{step, "sato", 2001, std::move(code)});
    return Bytes(packet).first(out.used());
  };
  const auto tried = read_emergency_question(sent(EmergencyStep::kTry, emergency_code_from(5)));
  ck_assert(tried && tried->step == EmergencyStep::kTry && tried->account == "sato" && tried->uid == 2001);
  expect_text(text_of(tried->code), text_of(emergency_code_from(5)));
  ck_assert(read_emergency_question(sent(EmergencyStep::kBegin, {})).has_value());
  ck_assert(!read_emergency_question(sent(EmergencyStep::kTry, {})));
  ck_assert(!read_emergency_question(sent(EmergencyStep::kTry, Secret::copy_of(as_bytes("1234")))));
  ck_assert(!read_emergency_question(sent(EmergencyStep::kBegin, emergency_code_from(5))));
  const Bytes whole = sent(EmergencyStep::kTry, emergency_code_from(5));
  for (std::size_t size = 0; size < whole.size(); ++size)
    ck_assert(!read_emergency_question(whole.first(size)));
}
END_TEST

START_TEST(an_answer_arrives_as_it_was_given) {
  std::array<std::uint8_t, kMaxEmergencyPacket> packet{};
  WireWriter out(packet);
  const std::string challenge = text_of(emergency_code_from(77));
  write(out, EmergencyAnswer{Verdict::kEmergencyRefused, "wrong code", "E-123456", challenge, 1'800'000'000});
  const Bytes whole = Bytes(packet).first(out.used());
  const auto answer = read_emergency_answer(whole);
  ck_assert(answer && answer->verdict == Verdict::kEmergencyRefused && answer->cause == "wrong code" &&
            answer->id == "E-123456" && answer->challenge == challenge && answer->used == 1'800'000'000);
  for (std::size_t size = 0; size < whole.size(); ++size)
    ck_assert(!read_emergency_answer(whole.first(size)));
  packet[1] = 0xFF;  // no verdict
  ck_assert(!read_emergency_answer(whole));
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("emergency code");
  TCase* tests = tcase_create("code");
  for (const TTest* test : {check_digits_are_those_of_the_standard,
                            every_wrong_digit_and_every_swap_is_noticed, a_code_is_typed_in_many_ways,
                            nothing_else_is_a_code, codes_are_random, a_hash_tells_its_code_and_no_other,
                            nobodys_hash_costs_what_a_hash_costs, a_challenge_is_of_one_computer_and_account,
                            an_answer_is_to_one_challenge, challenge_and_answer_are_the_same_in_every_release,
                            a_host_key_is_hkdf_of_the_sites, a_key_is_read_as_it_was_written,
                            a_question_arrives_as_it_was_asked, an_answer_arrives_as_it_was_given})
    tcase_add_test(tests, test);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return run_suite(suite());
}
