// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Eight threads and their forked children look up while the snapshot is swapped a thousand times, every third
// time for a hostile file. Each file is of one generation that all its fields name: an answer is of one
// generation, no older than what was in place when it was asked for, or "unavailable" while a hostile file
// was there.
#include "base/unique_fd.h"
#include "tests/unit/nss_ad/module_site.h"

#include <atomic>
#include <cstdio>
#include <cstring>
#include <random>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

namespace {

using namespace jpki;
using namespace jpki::ad;
using namespace jpki::ad::snapshot;
using namespace jpki::ad::snapshot::test;

constexpr unsigned kThreads = 8;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kSwaps = 100;
#else
constexpr int kSwaps = 1000;
#endif
constexpr unsigned kUsers = 100;
constexpr std::uint32_t kFirstUid = 770801000;
constexpr std::uint32_t kTeam = 770900001;
constexpr std::uint32_t kEverybody = 770900002;

std::atomic<int> generation{0};    // of the newest good file
std::atomic<unsigned> hostile{0};  // odd: a hostile file is in place
std::atomic<bool> over{false};
std::atomic<long> answers{0};
std::atomic<long> refusals{0};
std::atomic<long> children{0};
#ifdef __SANITIZE_ADDRESS__  // its allocator stays locked in a child that was forked beside threads
constexpr bool kForks = false;
#else
constexpr bool kForks = true;
#endif

Contents contents_of(int number) {
  Contents contents;
  const std::string text = "g" + std::to_string(number);
  for (std::uint32_t i = 0; i < kUsers; ++i) {
    UserEntry entry = user("user" + std::to_string(i), kFirstUid + i);
    entry.gecos = text + " " + entry.name + std::string(static_cast<std::size_t>(number % 50), '.');
    entry.home = "/home/" + text + "/" + entry.name;
    entry.shell = "/bin/" + text;
    contents.users.push_back(std::move(entry));
  }
  contents.users.push_back(user(text, kFirstUid + kUsers));
  std::vector<std::uint32_t> team = {kUsers};
  for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(number % 100); ++i) team.push_back(i);
  std::vector<std::uint32_t> everybody;
  for (std::uint32_t i = 0; i < kUsers; ++i) everybody.push_back(i);
  contents.groups = {snapshot::test::group("team", kTeam, team),
                     snapshot::test::group("everybody", kEverybody, everybody)};
  return contents;
}

// The number behind "g" when that is all of `text`; else -1.
int number_in(const char* text) {
  int number = -1;
  int end = 0;
  return std::sscanf(text, "g%d%n", &number, &end) == 1 && text[end] == '\0' ? number : -1;
}

bool is_right(const struct passwd& entry, std::uint32_t index, int at_least) {
  char expected[256];
  const int number = number_in(entry.pw_shell + std::strlen("/bin/"));
  const int length = std::snprintf(expected, sizeof expected, "g%d user%u", number, index);
  if (std::strncmp(entry.pw_gecos, expected, static_cast<std::size_t>(length)) != 0) return false;
  if (std::strlen(entry.pw_gecos) != static_cast<std::size_t>(length + number % 50)) return false;
  std::snprintf(expected, sizeof expected, "/home/g%d/user%u", number, index);
  return number >= at_least && std::strcmp(entry.pw_dir, expected) == 0 && entry.pw_uid == kFirstUid + index;
}

bool is_right(const struct group& entry, int at_least) {
  int count = 0;
  while (entry.gr_mem[count] != nullptr) ++count;
  if (count == 0 || std::strcmp(entry.gr_name, "team") != 0) return false;
  // Members are in the order of the contents: the generation's own user is the last.
  const int number = number_in(entry.gr_mem[count - 1]);
  if (number < at_least || count != 1 + number % 100) return false;
  char expected[32];
  for (int i = 0; i + 1 < count; ++i) {
    std::snprintf(expected, sizeof expected, "user%d", i);
    if (std::strcmp(entry.gr_mem[i], expected) != 0) return false;
  }
  return true;
}

struct Asker {
  std::minstd_rand random;
  char buffer[16384];
  gid_t* gids = nullptr;
  long capacity = 0;

  explicit Asker(unsigned seed) : random(seed) {}
  ~Asker() { std::free(gids); }
  Asker(const Asker&) = delete;
  Asker& operator=(const Asker&) = delete;

  // Whether the answer to some question was right.
  bool ask() {
    const unsigned hostile_before = hostile.load();
    const int at_least = generation.load();
    bool right = false;
    int error = 0;
    const nss_status status = one(at_least, right, error);
    answers.fetch_add(1);
    if (status != NSS_STATUS_UNAVAIL) return right;
    refusals.fetch_add(1);
    return hostile_before % 2 == 1 || hostile.load() != hostile_before;
  }

  nss_status one(int at_least, bool& right, int& error) {
    struct passwd user {};
    struct group group {};
    const auto index = static_cast<std::uint32_t>(random() % kUsers);
    char name[32];
    nss_status status = NSS_STATUS_UNAVAIL;
    switch (random() % 6) {
      case 0:
        std::snprintf(name, sizeof name, "USER%u", index);
        status = _nss_ad_getpwnam_r(name, &user, buffer, sizeof buffer, &error);
        right = status == NSS_STATUS_SUCCESS && is_right(user, index, at_least);
        break;
      case 1:
        status = _nss_ad_getpwuid_r(kFirstUid + index, &user, buffer, sizeof buffer, &error);
        right = status == NSS_STATUS_SUCCESS && is_right(user, index, at_least);
        break;
      case 2:
        std::snprintf(name, sizeof name, "nobody%u", index);
        status = _nss_ad_getpwnam_r(name, &user, buffer, sizeof buffer, &error);
        right = status == NSS_STATUS_NOTFOUND;
        break;
      case 3:
        status = _nss_ad_getgrnam_r("Team", &group, buffer, sizeof buffer, &error);
        right = status == NSS_STATUS_SUCCESS && is_right(group, at_least);
        break;
      case 4:
        status = _nss_ad_getgrgid_r(kTeam, &group, buffer, random() % 8, &error);
        right = status == NSS_STATUS_TRYAGAIN && error == ERANGE;
        break;
      default: {
        long start = 0;
        std::snprintf(name, sizeof name, "user%u", index);
        status = _nss_ad_initgroups_dyn(name, 1, &start, &capacity, &gids, 0, &error);
        right = status == NSS_STATUS_SUCCESS && start >= 1 && gids[start - 1] == kEverybody &&
                (start == 1 || (start == 2 && gids[0] == kTeam));
      }
    }
    return status;
  }
};

void ask_until_the_end(unsigned seed, std::atomic<bool>* wrong) {
  Asker asker(seed);
  while (!over.load()) {
    for (int i = 0; i < 20; ++i) {
      if (!asker.ask()) wrong->store(true);
    }
    std::this_thread::yield();  // or two cores never get to the next swap
  }
}

// Children that are forked while the threads are somewhere in their look-ups.
void fork_until_the_end(std::atomic<bool>* wrong) {
  while (!over.load()) {
    const pid_t child = ::fork();
    if (child == 0) {
      Asker asker(static_cast<unsigned>(::getpid()));
      bool good = true;
      // Its counters stand still while the parent goes on; only what cannot be older than the fork counts.
      for (int i = 0; i < 50; ++i) {
        bool right = false;
        int error = 0;
        good = (asker.one(generation.load(), right, error) == NSS_STATUS_UNAVAIL || right) && good;
      }
      ::_exit(good ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) wrong->store(true);
    children.fetch_add(1);
  }
}

void put_hostile_file(Site& site, int number, std::mt19937& random) {
  Blob bytes = *lay_out_users(contents_of(number));
  unsigned mode = 0644;
  switch (random() % 5) {
    case 0:
      bytes.resize(random() % bytes.size());
      break;
    case 1:
      for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
      break;
    case 2:
      mode = 0666;
      break;
    default:  // behind a good header, so that it is mapped
      for (auto flips = 1 + random() % 200; flips > 0; --flips) {
        const std::size_t at = format::header::kSize + random() % (bytes.size() - format::header::kSize);
        bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ 1U << (random() % 8));
      }
  }
  hostile.fetch_add(1);
  {
    const UniqueFd old(::open(site.path("users.snap").c_str(), O_RDWR | O_CLOEXEC));
    const std::uint32_t word = 1;
    ck_assert_int_eq(::pwrite(old.get(), &word, sizeof word, format::header::kSuperseded), sizeof word);
  }
  site.put_in_place("users.snap", bytes, mode);
}

void publish(const Site& site, int number) {
  const Blob bytes = *lay_out_users(contents_of(number));
  ck_assert(replace_snapshot(site.path("users.snap"), bytes, 0644, ::getegid()).has_value());
}

std::size_t descriptors() {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

START_TEST(nobody_gets_a_wrong_answer) {
  std::mt19937 random(20261122);
  Site site(contents_of(0));
  ck_assert(user_line("user1").find("g0") != std::string::npos);
  const std::size_t descriptors_before = descriptors();
  std::atomic<bool> wrong{false};
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < kThreads; ++i) threads.emplace_back(ask_until_the_end, i + 1, &wrong);
  if (kForks) threads.emplace_back(fork_until_the_end, &wrong);
  for (int number = 1; number <= kSwaps && !wrong.load(); ++number) {
    if (number % 3 == 0) put_hostile_file(site, number, random);
    publish(site, number);
    generation.store(number);
    if (number % 3 == 0) hostile.fetch_add(1);
  }
  over.store(true);
  for (std::thread& thread : threads) thread.join();
  ck_assert(!wrong.load());
  ck_assert_int_gt(answers.load(), kSwaps);
  ck_assert_int_gt(refusals.load(), 0);
  ck_assert(!kForks || children.load() > 10);

  ck_assert(user_line("user1").ends_with("/bin/g" + std::to_string(kSwaps)));
  ck_assert_uint_eq(descriptors(), descriptors_before);
  int mapped = 0;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find("users.snap") == std::string::npos) continue;
    ++mapped;
    ck_assert_msg(line.find("deleted") == std::string::npos, "%s", line.c_str());
  }
  ck_assert_int_eq(mapped, 1);
  std::printf("%ld answers, %ld of them unavailable, %ld children\n", answers.load(), refusals.load(),
              children.load());
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("nss_module_torture");
  TCase* tests = tcase_create("torture");
  tcase_set_timeout(tests, 300);
  tcase_add_test(tests, nobody_gets_a_wrong_answer);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
