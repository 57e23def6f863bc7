// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A computer with emergency codes, in a directory of the test's own, at a time of the test's own.
#pragma once

#include "base/emergency_code.h"
#include "emergency/challenge.h"
#include "emergency/judge.h"
#include "tests/unit/support/expect.h"
#include "tests/unit/support/memory_directory.h"

#include <array>

#include <argon2.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

namespace jpki::test {

inline constexpr uid_t kSato = 2001;
inline const Time kMorning{std::chrono::seconds(1'800'000'000)};

inline Secret code_of(std::uint64_t payload) {
  return *emergency_code_from(payload);
}

// From here on nothing can be written to a file, as on a full disk.
inline void fill_the_disk() {
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  ::getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = 0;
  ::setrlimit(RLIMIT_FSIZE, &limit);
}

inline void make_room_on_the_disk() {
  rlimit limit{};
  ::getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_FSIZE, &limit);
}

// In memory: each try is brought to disk.
struct MemoryDirectory {
  MemoryDirectory() = default;
  MemoryDirectory(const MemoryDirectory&) = delete;
  MemoryDirectory& operator=(const MemoryDirectory&) = delete;
  ~MemoryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(root, ignored);
  }
  std::string path(std::string_view name) const { return root + "/" + std::string(name); }
  void write(std::string_view name, std::string_view content) const {
    std::ofstream(path(name), std::ios::binary) << content;
    std::filesystem::permissions(path(name), std::filesystem::perms(0600));
  }
  std::string root = make_memory_directory("jpki-emergency");
};

struct Computer {
  Computer() {
    for (const char* name : {"codes", "history"}) {
      std::filesystem::create_directory(directory.path(name));
      std::filesystem::permissions(directory.path(name), std::filesystem::perms(0700));
    }
  }

  // A hash that costs a test nothing; judged by the same function.
  static std::string cheap_hash(const Secret& code) {
    std::array<char, 128> encoded{};
    if (::argon2id_hash_encoded(1, 8, 1, code.bytes().data(), code.size(), "saltsaltsaltsalt", 16, 32,
                                encoded.data(), encoded.size()) != ARGON2_OK)
      std::abort();
    return encoded.data();
  }

  emergency::Issue issue(std::uint64_t payload, std::chrono::seconds life = std::chrono::hours(8)) const {
    return {.id = "E-000001",
            .account = "sato",
            .uid = kSato,
            .boot = now.boot,
            .up = now.up,
            .end = now.up + life,
            .issued = now.wall,
            .reason = "card at home",
            .hash = cheap_hash(code_of(payload))};
  }
  void put(const emergency::Issue& issue) const { ck_assert(store.write(issue.uid, issue).has_value()); }

  EmergencyAnswer ask(EmergencyStep step, std::optional<Secret> code = {},
                      const std::string& account = "sato", uid_t uid = kSato) const {
    return emergency::judge({step, account, uid, std::move(code)}, {store, now, "pc12", host_key, {}});
  }
  EmergencyAnswer type(std::uint64_t payload) const { return ask(EmergencyStep::kTry, code_of(payload)); }

  // As somebody who waits for the end of each pause.
  EmergencyAnswer type_patiently(std::uint64_t payload) {
    now.up += std::chrono::hours(1);
    return type(payload);
  }

  MemoryDirectory directory;
  emergency::Store store{directory.path("codes"), directory.path("history"), {.owner = ::getuid()}};
  emergency::Moment now{"b0075000-0000-4000-8000-000000000001", std::chrono::hours(100), kMorning};
  std::optional<emergency::Key> host_key;
};

inline void expect_answer(const EmergencyAnswer& answer, Verdict verdict, const std::string& cause = "") {
  expect_verdict(answer.verdict, verdict, answer.cause);
  expect_contains(answer.cause, cause);
}

}  // namespace jpki::test
