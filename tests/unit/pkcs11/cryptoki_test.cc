// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The functions as a program calls them: initialisation, pointers, fork, threads, and what is not supported.
#include "pkcs11/cryptoki.h"

#include "tests/unit/pkcs11/fake_reader.h"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <future>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::pkcs11;
using namespace jpki::pkcs11::test;

Hardware* g_hardware = nullptr;

std::unique_ptr<Readers> fake_readers() {
  return std::make_unique<FakeReaders>(*g_hardware);
}

struct Initialised {
  explicit Initialised(void* arguments = nullptr) {
    g_hardware = &hardware;
    take_readers_from(fake_readers);
    ck_assert_uint_eq(p11.C_Initialize(arguments), CKR_OK);
  }
  ~Initialised() { (void)p11.C_Finalize(nullptr); }

  CK_SESSION_HANDLE logged_in() {
    CK_SESSION_HANDLE session = 0;
    ck_assert_uint_eq(p11.C_OpenSession(0, CKF_SERIAL_SESSION, nullptr, nullptr, &session), CKR_OK);
    CK_UTF8CHAR pin[] = {'1', '2', '3', '4'};
    ck_assert_uint_eq(p11.C_Login(session, CKU_USER, pin, sizeof pin), CKR_OK);
    return session;
  }

  Hardware hardware;
  CK_FUNCTION_LIST& p11 = functions();
};

START_TEST(initialised_once_and_finalised_once) {
  Initialised program;
  CK_FUNCTION_LIST& p11 = program.p11;
  ck_assert_uint_eq(p11.C_Initialize(nullptr), CKR_CRYPTOKI_ALREADY_INITIALIZED);
  ck_assert_uint_eq(p11.C_Finalize(&program), CKR_ARGUMENTS_BAD);
  program.logged_in();
  ck_assert(program.hardware.in_transaction);
  ck_assert_uint_eq(p11.C_Finalize(nullptr), CKR_OK);
  ck_assert(!program.hardware.in_transaction);
  ck_assert_int_eq(program.hardware.resets, 1);
  ck_assert_int_eq(program.hardware.connections, 0);
  CK_INFO info{};
  ck_assert_uint_eq(p11.C_GetInfo(&info), CKR_CRYPTOKI_NOT_INITIALIZED);
  ck_assert_uint_eq(p11.C_Finalize(nullptr), CKR_CRYPTOKI_NOT_INITIALIZED);
  ck_assert_uint_eq(p11.C_Initialize(nullptr), CKR_OK);
  ck_assert_uint_eq(p11.C_GetInfo(&info), CKR_OK);
  ck_assert_uint_eq(info.cryptokiVersion.major, 2);
  ck_assert_uint_eq(info.cryptokiVersion.minor, 40);
}
END_TEST

CK_RV some_mutex(void*) {
  return CKR_OK;
}
CK_RV make_mutex(void**) {
  return CKR_OK;
}

START_TEST(what_initialize_is_told) {
  Hardware hardware;
  g_hardware = &hardware;
  take_readers_from(fake_readers);
  CK_FUNCTION_LIST& p11 = functions();
  char hold[] = "hold=until-logout";
  char keys[] = "pin=on-reader";
  char both[] = " hold=until-logout  pin=on-reader ";
  char other[] = "hold=until-logout,pin=on-reader";
  char shorter[] = "hold";
  const std::pair<CK_C_INITIALIZE_ARGS, CK_RV> rows[] = {
      {{nullptr, nullptr, nullptr, nullptr, 0, nullptr}, CKR_OK},
      {{nullptr, nullptr, nullptr, nullptr, CKF_OS_LOCKING_OK, nullptr}, CKR_OK},
      {{make_mutex, some_mutex, some_mutex, some_mutex, 0, nullptr}, CKR_CANT_LOCK},
      {{make_mutex, some_mutex, some_mutex, some_mutex, CKF_OS_LOCKING_OK, nullptr}, CKR_OK},
      {{make_mutex, nullptr, nullptr, nullptr, CKF_OS_LOCKING_OK, nullptr}, CKR_ARGUMENTS_BAD},
      {{nullptr, nullptr, nullptr, nullptr, CKF_LIBRARY_CANT_CREATE_OS_THREADS, nullptr}, CKR_OK},
      {{nullptr, nullptr, nullptr, nullptr, CKF_LIBRARY_CANT_CREATE_OS_THREADS, hold}, CKR_OK},
      {{nullptr, nullptr, nullptr, nullptr, 0, keys}, CKR_OK},
      {{nullptr, nullptr, nullptr, nullptr, 0, both}, CKR_OK},
      {{nullptr, nullptr, nullptr, nullptr, 0, other}, CKR_ARGUMENTS_BAD},
      {{nullptr, nullptr, nullptr, nullptr, 0, shorter}, CKR_ARGUMENTS_BAD},
  };
  int number = 0;
  for (const auto& [arguments, expected] : rows) {
    CK_C_INITIALIZE_ARGS copy = arguments;
    const CK_RV rv = p11.C_Initialize(&copy);
    ck_assert_msg(rv == expected, "row %d: %lx", number, rv);
    if (rv == CKR_OK) ck_assert_uint_eq(p11.C_Finalize(nullptr), CKR_OK);
    ++number;
  }
}
END_TEST

START_TEST(the_card_is_held_for_who_says_so) {
  char hold[] = "hold=until-logout";
  CK_C_INITIALIZE_ARGS arguments{nullptr, nullptr, nullptr, nullptr, CKF_OS_LOCKING_OK, hold};
  Initialised program(&arguments);
  CK_SESSION_HANDLE session = 0;
  ck_assert_uint_eq(program.p11.C_OpenSession(0, CKF_SERIAL_SESSION, nullptr, nullptr, &session), CKR_OK);
  ck_assert(program.hardware.in_transaction);
  ck_assert_uint_eq(program.p11.C_Logout(session), CKR_USER_NOT_LOGGED_IN);
  ck_assert(!program.hardware.in_transaction);
}
END_TEST

START_TEST(a_pin_is_typed_on_the_reader_for_who_says_so) {
  for (const bool said : {false, true}) {
    char wish[] = "pin=on-reader";
    CK_C_INITIALIZE_ARGS arguments{nullptr, nullptr,           nullptr,
                                   nullptr, CKF_OS_LOCKING_OK, said ? wish : nullptr};
    Initialised program(&arguments);
    program.hardware.keys = "1234";
    CK_TOKEN_INFO info{};
    ck_assert_uint_eq(program.p11.C_GetTokenInfo(0, &info), CKR_OK);
    ck_assert(((info.flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0) == said);
    CK_SESSION_HANDLE session = 0;
    ck_assert_uint_eq(program.p11.C_OpenSession(0, CKF_SERIAL_SESSION, nullptr, nullptr, &session), CKR_OK);
    ck_assert_uint_eq(program.p11.C_Login(session, CKU_USER, nullptr, 0), said ? CKR_OK : CKR_ARGUMENTS_BAD);
    ck_assert_uint_eq(program.hardware.verifies(), said ? 1 : 0);
  }
}
END_TEST

START_TEST(pointers_that_are_missing) {
  Initialised program;
  CK_FUNCTION_LIST& p11 = program.p11;
  const CK_SESSION_HANDLE session = program.logged_in();
  CK_SLOT_ID slot = 0;
  ck_assert_uint_eq(p11.C_GetFunctionList(nullptr), CKR_ARGUMENTS_BAD);
  ck_assert_uint_eq(p11.C_GetInfo(nullptr), CKR_ARGUMENTS_BAD);
  ck_assert_uint_eq(p11.C_GetSlotList(CK_TRUE, nullptr, nullptr), CKR_ARGUMENTS_BAD);
  ck_assert_uint_eq(p11.C_GetSlotInfo(0, nullptr), CKR_ARGUMENTS_BAD);
  ck_assert_uint_eq(p11.C_GetTokenInfo(0, nullptr), CKR_ARGUMENTS_BAD);
  ck_assert_uint_eq(p11.C_GetMechanismList(0, nullptr, nullptr), CKR_ARGUMENTS_BAD);
  ck_assert_uint_eq(p11.C_GetMechanismInfo(0, CKM_RSA_PKCS, nullptr), CKR_ARGUMENTS_BAD);
  ck_assert_uint_eq(p11.C_WaitForSlotEvent(CKF_DONT_BLOCK, nullptr, nullptr), CKR_ARGUMENTS_BAD);
  ck_assert_uint_eq(p11.C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, &slot), CKR_ARGUMENTS_BAD);
  ck_assert_uint_eq(p11.C_OpenSession(0, CKF_SERIAL_SESSION, nullptr, nullptr, nullptr), CKR_ARGUMENTS_BAD);
  ck_assert_uint_eq(p11.C_GetSessionInfo(session, nullptr), CKR_ARGUMENTS_BAD);
  ck_assert_uint_eq(p11.C_Login(session, CKU_USER, nullptr, 4), CKR_ARGUMENTS_BAD);
  ck_assert_uint_eq(p11.C_FindObjectsInit(session, nullptr, 1), CKR_ARGUMENTS_BAD);
  ck_assert_uint_eq(p11.C_FindObjects(session, nullptr, 1, nullptr), CKR_ARGUMENTS_BAD);
  ck_assert_uint_eq(p11.C_GetAttributeValue(session, 1, nullptr, 1), CKR_ARGUMENTS_BAD);
  ck_assert_uint_eq(p11.C_SignInit(session, nullptr, 3), CKR_ARGUMENTS_BAD);
  ck_assert_uint_eq(p11.C_Sign(session, nullptr, 1, nullptr, nullptr), CKR_ARGUMENTS_BAD);
  ck_assert_uint_eq(p11.C_SignUpdate(session, nullptr, 1), CKR_ARGUMENTS_BAD);
  ck_assert_uint_eq(p11.C_SignFinal(session, nullptr, nullptr), CKR_ARGUMENTS_BAD);
}
END_TEST

START_TEST(sessions_that_are_none) {
  Initialised program;
  CK_FUNCTION_LIST& p11 = program.p11;
  CK_SESSION_INFO info{};
  CK_ULONG size = 0;
  CK_BYTE byte = 0;
  CK_MECHANISM mechanism{CKM_RSA_PKCS, nullptr, 0};
  CK_ATTRIBUTE attribute{CKA_ID, nullptr, 0};
  CK_OBJECT_HANDLE object = 0;
  const CK_RV answers[] = {p11.C_CloseSession(7),
                           p11.C_GetSessionInfo(7, &info),
                           p11.C_Login(7, CKU_USER, &byte, 1),
                           p11.C_Logout(7),
                           p11.C_FindObjectsInit(7, nullptr, 0),
                           p11.C_FindObjects(7, &object, 1, &size),
                           p11.C_FindObjectsFinal(7),
                           p11.C_GetAttributeValue(7, 1, &attribute, 1),
                           p11.C_SignInit(7, &mechanism, 3),
                           p11.C_Sign(7, &byte, 1, nullptr, &size),
                           p11.C_SignUpdate(7, &byte, 1),
                           p11.C_SignFinal(7, nullptr, &size)};
  for (const CK_RV rv : answers) ck_assert_uint_eq(rv, CKR_SESSION_HANDLE_INVALID);
  ck_assert_uint_eq(p11.C_CloseAllSessions(7), CKR_SLOT_ID_INVALID);
}
END_TEST

START_TEST(what_a_card_cannot_do) {
  Initialised program;
  CK_FUNCTION_LIST& p11 = program.p11;
  const CK_SESSION_HANDLE session = program.logged_in();
  CK_OBJECT_HANDLE object = 0;
  CK_BYTE byte = 0;
  ck_assert_uint_eq(p11.C_SetPIN(session, &byte, 1, &byte, 1), CKR_FUNCTION_NOT_SUPPORTED);
  ck_assert_uint_eq(p11.C_InitPIN(session, &byte, 1), CKR_FUNCTION_NOT_SUPPORTED);
  ck_assert_uint_eq(p11.C_CreateObject(session, nullptr, 0, &object), CKR_TOKEN_WRITE_PROTECTED);
  ck_assert_uint_eq(p11.C_DestroyObject(session, 1), CKR_TOKEN_WRITE_PROTECTED);
  ck_assert_uint_eq(p11.C_GenerateRandom(session, &byte, 1), CKR_RANDOM_NO_RNG);
  ck_assert_uint_eq(p11.C_GetFunctionStatus(session), CKR_FUNCTION_NOT_PARALLEL);
  void* const* const list = reinterpret_cast<void* const*>(&p11) + 1;
  for (std::size_t i = 0; i < (sizeof p11 - sizeof(void*)) / sizeof(void*); ++i)
    ck_assert_msg(list[i] != nullptr, "function %zu", i);
}
END_TEST

START_TEST(a_child_process_begins_anew) {
  Initialised program;
  const CK_SESSION_HANDLE session = program.logged_in();
  const std::size_t sent = program.hardware.commands.size();
  const pid_t child = ::fork();
  if (child == 0) {
    CK_FUNCTION_LIST& p11 = program.p11;
    CK_SESSION_INFO info{};
    int step = 1;
    if (p11.C_GetSessionInfo(session, &info) == CKR_CRYPTOKI_NOT_INITIALIZED) step = 2;
    if (step == 2 && p11.C_Finalize(nullptr) == CKR_CRYPTOKI_NOT_INITIALIZED) step = 3;
    if (step == 3 && program.hardware.commands.size() == sent && program.hardware.in_transaction) step = 4;
    Hardware other;
    g_hardware = &other;
    if (step == 4 && p11.C_Initialize(nullptr) == CKR_OK) step = 5;
    if (step == 5 && p11.C_GetSessionInfo(session, &info) == CKR_SESSION_HANDLE_INVALID) step = 6;
    if (step == 6 && p11.C_Finalize(nullptr) == CKR_OK) step = 0;
    ::_exit(step);
  }
  int status = -1;
  ck_assert_int_eq(::waitpid(child, &status, 0), child);
  ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "stopped after step %d", WEXITSTATUS(status));
  CK_SESSION_INFO info{};
  ck_assert_uint_eq(program.p11.C_GetSessionInfo(session, &info), CKR_OK);
  ck_assert_uint_eq(info.state, CKS_RO_USER_FUNCTIONS);
}
END_TEST

START_TEST(many_threads_at_once) {
  Initialised program;
  CK_FUNCTION_LIST& p11 = program.p11;
  program.logged_in();
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      CK_SESSION_HANDLE session = 0;
      if (p11.C_OpenSession(0, CKF_SERIAL_SESSION, nullptr, nullptr, &session) != CKR_OK) return;
      for (int round = 0; round < 5; ++round) {
        CK_MECHANISM mechanism{CKM_SHA256_RSA_PKCS, nullptr, 0};
        CK_BYTE data[] = {1, 2, 3};
        CK_BYTE signature[256];
        CK_ULONG size = sizeof signature;
        if (p11.C_SignInit(session, &mechanism, 3) == CKR_OK &&
            p11.C_Sign(session, data, sizeof data, signature, &size) == CKR_OK)
          ++good;
      }
    });
  for (std::thread& thread : threads) thread.join();
  ck_assert_int_eq(good, 40);
  ck_assert_uint_eq(program.hardware.verifies(), 1);
}
END_TEST

// C_Finalize ends a wait of another thread (PKCS#11 v2.40, 5.5, C_WaitForSlotEvent).
START_TEST(finalize_ends_a_wait) {
  Initialised program;
  CK_SLOT_ID slot = 0;
  ck_assert_uint_eq(program.p11.C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, nullptr), CKR_OK);
  CK_RV waited = CKR_OK;
  std::thread waiter([&] {
    CK_SLOT_ID other = 0;
    waited = program.p11.C_WaitForSlotEvent(0, &other, nullptr);
  });
  ck_assert_uint_eq(program.p11.C_Finalize(nullptr), CKR_OK);
  waiter.join();
  ck_assert_uint_eq(waited, CKR_CRYPTOKI_NOT_INITIALIZED);
}
END_TEST

// A card that has not answered yet.
struct Silence {
  explicit Silence(Hardware& hardware) {
    hardware.lie = [this](const std::string&) -> std::optional<Expected<Blob, Trouble>> {
      asked.set_value();
      ended.get_future().wait();
      return Unexpected{Trouble::kNoCard};
    };
  }
  std::promise<void> asked;
  std::promise<void> ended;
};

// What a child process ends with that must not hang.
int status_of_child(void (*work)()) {
  const pid_t child = ::fork();
  if (child == 0) {
    (void)::signal(SIGALRM, SIG_DFL);  // Check has a handler for it
    ::alarm(20);
    work();
    ::_exit(99);
  }
  int status = -1;
  ck_assert_int_eq(::waitpid(child, &status, 0), child);
  ck_assert_msg(WIFEXITED(status), "signal %d", WTERMSIG(status));
  return WEXITSTATUS(status);
}

// The parent's threads, one in a call and one that waits for it in C_Finalize, are not in the child.
START_TEST(a_child_process_does_not_wait_for_its_parents_calls) {
  Initialised program;
  Silence silence(program.hardware);
  std::thread call([&] {
    CK_TOKEN_INFO info{};
    (void)program.p11.C_GetTokenInfo(0, &info);
  });
  silence.asked.get_future().wait();
  std::thread last([&] { (void)program.p11.C_Finalize(nullptr); });
  CK_INFO info{};
  while (program.p11.C_GetInfo(&info) != CKR_CRYPTOKI_NOT_INITIALIZED) std::this_thread::yield();
  const int status = status_of_child([] {
    Hardware other;
    g_hardware = &other;
    CK_FUNCTION_LIST& p11 = functions();
    int step = 1;
    if (p11.C_Initialize(nullptr) == CKR_OK) step = 2;
    if (step == 2 && p11.C_Finalize(nullptr) == CKR_OK) step = 0;
    ::_exit(step);
  });
  silence.ended.set_value();
  call.join();
  last.join();
  ck_assert_int_eq(status, 0);
}
END_TEST

constexpr int kEnded = 7;

// The last of an instance to go.
class TellingReaders final : public Readers {
 public:
  ~TellingReaders() override { ::_exit(kEnded); }
  Expected<std::vector<ReaderState>, Trouble> list() override { return readers_.list(); }
  Expected<std::unique_ptr<Card>, Trouble> connect(const std::string& reader) override {
    return readers_.connect(reader);
  }
  Expected<Unit, Trouble> wait_for_change(const std::vector<ReaderState>& known) override {
    return readers_.wait_for_change(known);
  }
  void interrupt() noexcept override { readers_.interrupt(); }

 private:
  FakeReaders readers_{*g_hardware};
};

void initialise_over(Hardware& hardware) {
  g_hardware = &hardware;
  take_readers_from([]() -> std::unique_ptr<Readers> { return std::make_unique<TellingReaders>(); });
  if (functions().C_Initialize(nullptr) != CKR_OK) ::_exit(1);
}

START_TEST(the_end_of_a_process_ends_what_is_idle) {
  ck_assert_int_eq(status_of_child([] {
                     Hardware hardware;
                     initialise_over(hardware);
                     CK_UTF8CHAR pin[] = {'1', '2', '3', '4'};
                     CK_SESSION_HANDLE session = 0;
                     CK_FUNCTION_LIST& p11 = functions();
                     if (p11.C_OpenSession(0, CKF_SERIAL_SESSION, nullptr, nullptr, &session) != CKR_OK ||
                         p11.C_Login(session, CKU_USER, pin, sizeof pin) != CKR_OK)  // the timer runs
                       ::_exit(2);
                     std::exit(0);
                   }),
                   kEnded);
}
END_TEST

START_TEST(the_end_of_a_process_ends_a_wait) {
  ck_assert_int_eq(status_of_child([] {
                     Hardware hardware;
                     initialise_over(hardware);
                     CK_SLOT_ID slot = 0;
                     (void)functions().C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, nullptr);
                     std::promise<void> waits;
                     hardware.before_a_wait = [&waits] { waits.set_value(); };
                     std::thread([] {
                       CK_SLOT_ID other = 0;
                       (void)functions().C_WaitForSlotEvent(0, &other, nullptr);
                     }).detach();
                     waits.get_future().wait();
                     std::exit(0);
                   }),
                   kEnded);
}
END_TEST

// pcscd resets the card of a program that is gone.
START_TEST(the_end_of_a_process_does_not_wait_for_a_card) {
  ck_assert_int_eq(status_of_child([] {
                     Hardware hardware;
                     initialise_over(hardware);
                     Silence silence(hardware);
                     std::thread([] {
                       CK_TOKEN_INFO info{};
                       (void)functions().C_GetTokenInfo(0, &info);
                     }).detach();
                     silence.asked.get_future().wait();
                     std::exit(0);
                   }),
                   0);
}
END_TEST

}  // namespace

int main() {
  (void)rsa_certificate();
  Suite* const suite = suite_create("pkcs11/cryptoki");
  TCase* const cases = tcase_create("cryptoki");
  for (const TTest* test :
       {initialised_once_and_finalised_once, what_initialize_is_told, the_card_is_held_for_who_says_so,
        a_pin_is_typed_on_the_reader_for_who_says_so, pointers_that_are_missing, sessions_that_are_none,
        what_a_card_cannot_do, a_child_process_begins_anew, many_threads_at_once, finalize_ends_a_wait,
        a_child_process_does_not_wait_for_its_parents_calls, the_end_of_a_process_ends_what_is_idle,
        the_end_of_a_process_ends_a_wait, the_end_of_a_process_does_not_wait_for_a_card})
    tcase_add_test(cases, test);
  suite_add_tcase(suite, cases);
  return jpki::test::run_suite(suite);
}
