// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Token, through a Module: which card a PIN goes to, and what a card is left as when something goes wrong.
#include "pkcs11/token.h"

#include "tests/unit/pkcs11/program.h"

#include <new>
#include <system_error>
#include <utility>

namespace {

using namespace jpki;
using namespace jpki::pkcs11;
using namespace jpki::pkcs11::test;
using vcard::test::hex;

using Answer = std::optional<Expected<Blob, Trouble>>;

constexpr char kVerify[] = "0020008004";  // with a PIN
constexpr char kAskTries[] = "00200080";

// A session whose card's certificate was read, and which holds the card no longer.
struct Route {
  const char* name;
  int connections;
  CK_SESSION_HANDLE (*session)(Hardware& hardware, Program& program);
};
const Route kRoutes[] = {
    {"described before there was a session", 0,
     [](Hardware&, Program& program) {
       program.info();
       const CK_SESSION_HANDLE session = program.session();
       ck_assert_uint_eq(program.find(session).size(), 3);
       return session;
     }},
    {"a connection that is made again after another program's reset", 1,
     [](Hardware&, Program& program) {
       const CK_SESSION_HANDLE session = program.session();
       ck_assert_uint_eq(program.find(session).size(), 3);
       ck_assert_uint_eq(program.module.logout(session), CKR_USER_NOT_LOGGED_IN);
       return session;
     }},
    {"a card that did not answer", 0,
     [](Hardware& hardware, Program& program) {
       const CK_SESSION_HANDLE session = program.session();
       ck_assert_uint_eq(program.find(session).size(), 3);
       hardware.lie = [](const std::string& command) -> Answer {
         if (command != kAskTries) return std::nullopt;
         return Unexpected{Trouble::kCardError};
       };
       CK_TOKEN_INFO info{};
       ck_assert_uint_eq(program.module.get_token_info(kSlot, info), CKR_DEVICE_ERROR);
       hardware.lie = {};
       return session;
     }},
};

CK_RV log_in(Hardware& hardware, Program& program, CK_SESSION_HANDLE session, bool on_reader) {
  if (!on_reader) return program.login(session, "1234");
  hardware.keys = "1234";
  return program.module.login_on_reader(session, CKU_USER);
}

// The person changes the card while the program asks for the PIN.
START_TEST(a_pin_goes_to_no_other_card) {
  for (const Route& route : kRoutes)
    for (const Holding holding : {Holding::kWhileVerified, Holding::kUntilLetGo})
      for (const bool on_reader : {false, true}) {
        Hardware hardware;
        hardware.keys = "cancel";
        Program program(hardware, holding, true);
        const CK_SESSION_HANDLE session = route.session(hardware, program);
        ck_assert_int_eq(hardware.connections, route.connections);
        hardware.commands.clear();
        hardware.change_card(card_contents(true));
        ck_assert_msg(log_in(hardware, program, session, on_reader) == CKR_DEVICE_REMOVED, "%s", route.name);
        ck_assert(hardware.commands.empty());
        ck_assert(!hardware.in_transaction);
        ck_assert_int_eq(hardware.connections, 0);
        CK_SESSION_INFO state{};
        ck_assert_uint_eq(program.module.get_session_info(session, state), CKR_SESSION_HANDLE_INVALID);

        program.info();
        const CK_SESSION_HANDLE next = program.session();
        ck_assert(program.attribute(next, ObjectKind::kCertificate, CKA_VALUE) == p384_certificate());
        ck_assert_uint_eq(log_in(hardware, program, next, on_reader), CKR_OK);
        ck_assert_uint_eq(hardware.verifies(), 1);
      }
}
END_TEST

// What the reader says when the connection is new, each for itself.
START_TEST(a_pin_goes_to_no_card_that_the_reader_does_not_tell_of) {
  struct Row {
    const char* name;
    void (*change)(Hardware& hardware);
    CK_RV rv;
  };
  static const Row kRows[] = {
      {"the same card", [](Hardware&) {}, CKR_OK},
      {"put in again", [](Hardware& hardware) { hardware.change([] {}); }, CKR_DEVICE_REMOVED},
      {"the number alone is another", [](Hardware& hardware) { --hardware.insertion; }, CKR_DEVICE_REMOVED},
      {"for another program alone", [](Hardware& hardware) { hardware.taken = true; }, CKR_DEVICE_REMOVED},
      {"no reader", [](Hardware& hardware) { hardware.attached = false; }, CKR_DEVICE_REMOVED},
      {"no service", [](Hardware& hardware) { hardware.service = false; }, CKR_DEVICE_REMOVED},
  };
  for (const Row& row : kRows) {
    Hardware hardware;
    Program program(hardware);
    program.info();
    const CK_SESSION_HANDLE session = program.session();
    ck_assert_int_eq(hardware.connections, 0);
    row.change(hardware);
    ck_assert_msg(program.login(session, "1234") == row.rv, "%s", row.name);
    ck_assert_uint_eq(hardware.verifies(), row.rv == CKR_OK ? 1 : 0);
    ck_assert(hardware.in_transaction == (row.rv == CKR_OK));
  }
}
END_TEST

// A card that does not answer at first is reset; it may have been taken off because of that.
START_TEST(a_pin_goes_to_no_card_that_came_with_the_reset) {
  Hardware hardware;
  Program program(hardware);
  program.info();
  const CK_SESSION_HANDLE session = program.session();
  bool changed = false;
  hardware.lie = [&](const std::string&) -> Answer {
    if (std::exchange(changed, true)) return std::nullopt;
    hardware.change_card(card_contents(true));
    return Unexpected{Trouble::kCardError};
  };
  ck_assert_uint_eq(program.login(session, "1234"), CKR_DEVICE_REMOVED);
  ck_assert(changed && hardware.verifies() == 0 && !hardware.in_transaction);
}
END_TEST

// The card took the PIN, and its answer was lost on the way.
START_TEST(a_card_that_may_be_verified_is_reset) {
  for (const bool on_reader : {false, true})
    for (const Holding holding : {Holding::kWhileVerified, Holding::kUntilLetGo}) {
      Hardware hardware;
      hardware.keys = "1234";
      Program program(hardware, holding, true);
      const CK_SESSION_HANDLE session = program.session();
      hardware.lie = [&](const std::string& command) -> Answer {
        if (!command.starts_with(kVerify)) return std::nullopt;
        (void)hardware.applet().process(hex(command));
        return Unexpected{Trouble::kCardError};
      };
      ck_assert_uint_eq(log_in(hardware, program, session, on_reader), CKR_DEVICE_ERROR);
      ck_assert_int_eq(hardware.resets, 1);
      ck_assert(!hardware.in_transaction);
      CK_SESSION_INFO state{};
      ck_assert_uint_eq(program.module.get_session_info(session, state), CKR_OK);
      ck_assert_uint_eq(state.state, CKS_RO_PUBLIC_SESSION);
      hardware.lie = {};
      program.info();  // which leaves it as it is
      ck_assert_uint_eq(program.module.close_session(session), CKR_OK);
      ck_assert_int_eq(hardware.resets, 1);
    }
}
END_TEST

START_TEST(a_card_that_said_no_is_not_reset) {
  for (const char* keys : {"9999", "cancel", "123"}) {
    Hardware hardware;
    hardware.keys = keys;
    Program program(hardware, Holding::kWhileVerified, true);
    const CK_SESSION_HANDLE session = program.session();
    ck_assert_uint_ne(program.module.login_on_reader(session, CKU_USER), CKR_OK);
    ck_assert_uint_eq(program.login(session, "8888"), CKR_PIN_INCORRECT);
    ck_assert(!hardware.in_transaction);
    ck_assert_uint_eq(program.module.close_session(session), CKR_OK);
    ck_assert_int_eq(hardware.resets, 0);
    ck_assert_int_eq(hardware.connections, 0);
  }
}
END_TEST

// Memory that runs out, as the card is selected, asked, and sent a PIN which it takes.
START_TEST(an_exception_lets_go_of_the_card) {
  for (const Holding holding : {Holding::kWhileVerified, Holding::kUntilLetGo})
    for (const char* when : {"00a40", "00b0", kAskTries, kVerify}) {
      Hardware hardware;
      Program program(hardware, holding);
      bool thrown = false;
      hardware.lie = [&](const std::string& command) -> Answer {
        if (!command.starts_with(when)) return std::nullopt;
        (void)hardware.applet().process(hex(command));
        thrown = true;
        throw std::bad_alloc();
      };
      try {
        const CK_SESSION_HANDLE session = program.session();
        program.info();
        (void)program.login(session, "1234");
      } catch (const std::bad_alloc&) {
      }
      ck_assert_msg(thrown, "%s", when);
      ck_assert_msg(!hardware.in_transaction, "%s", when);
      ck_assert_int_eq(hardware.connections, 0);
      ck_assert_msg(hardware.resets == (std::string_view(when) == kVerify ? 1 : 0), "%s", when);
      hardware.lie = {};
      const CK_SESSION_HANDLE session = program.logged_in();
      ck_assert_uint_eq(program.module.logout(session), CKR_OK);
    }
}
END_TEST

// Where there can be no thread that would let go of the card in time.
START_TEST(a_card_that_nobody_would_let_go_is_let_go_at_once) {
  Hardware hardware;
  bool fails = true;
  Module module(std::make_unique<FakeReaders>(hardware), {.wake = [&fails] {
                  if (fails)
                    throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again));
                }});
  CK_ULONG count = 0;
  CK_SESSION_HANDLE session = 0;
  ck_assert_uint_eq(module.get_slot_list(true, nullptr, count), CKR_OK);
  ck_assert_uint_eq(module.open_session(kSlot, CKF_SERIAL_SESSION, session), CKR_OK);
  bool told = false;
  try {
    (void)module.login(session, CKU_USER, as_bytes("1234"));
  } catch (const std::system_error&) {
    told = true;
  }
  ck_assert(told);
  ck_assert_int_eq(hardware.resets, 1);
  ck_assert(!hardware.in_transaction);
  ck_assert(!module.due());
  CK_SESSION_INFO state{};
  ck_assert_uint_eq(module.get_session_info(session, state), CKR_OK);
  ck_assert_uint_eq(state.state, CKS_RO_PUBLIC_SESSION);
  fails = false;
  ck_assert_uint_eq(module.login(session, CKU_USER, as_bytes("1234")), CKR_OK);
  ck_assert(module.due().has_value());
}
END_TEST

}  // namespace

int main() {
  (void)rsa_certificate();
  (void)p384_certificate();
  Suite* const suite = suite_create("pkcs11/token");
  TCase* const cases = tcase_create("token");
  for (const TTest* test :
       {a_pin_goes_to_no_other_card, a_pin_goes_to_no_card_that_the_reader_does_not_tell_of,
        a_pin_goes_to_no_card_that_came_with_the_reset, a_card_that_may_be_verified_is_reset,
        a_card_that_said_no_is_not_reset, an_exception_lets_go_of_the_card,
        a_card_that_nobody_would_let_go_is_let_go_at_once})
    tcase_add_test(cases, test);
  suite_add_tcase(suite, cases);
  return jpki::test::run_suite(suite);
}
