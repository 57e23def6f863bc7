// SPDX-License-Identifier: LGPL-2.1-or-later
//
// nss_bench LIBNSS_AD.so TOY.so [LIBNSS_CACHE.so]: look-ups through the modules' own entry points, as libc
// calls them, all sides in turns in one loop: ours, the bare table (the limit), libnss-cache, and glibc's
// files; each with its files in a mount namespace (root).
#include "nss_ad/snapshot/writer.h"
#include "tests/bench/nss_sides.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <random>

#include <fmt/core.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::ad;
using namespace jpki::bench;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kRounds = 21;
constexpr int kColdRuns = 31;
constexpr double kBatchSeconds = 0.002;
// What a machine asks its directory in vain are its own accounts, again and again.
constexpr unsigned kMissing = 256;

double since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

snapshot::Contents town(std::uint32_t count) {
  snapshot::Contents contents;
  contents.realm = "AD.TEST";
  contents.netbios = "ADT";
  for (std::uint32_t i = 0; i < count; ++i) {
    snapshot::UserEntry entry;
    entry.name = fmt::format("user{:06}", i);
    entry.uid = 770801000 + i;
    entry.gid = 770800513;
    entry.gecos = fmt::format("Family{} Given{}", i % 1000, i);
    entry.home = "/home/" + entry.name;
    entry.shell = "/bin/bash";
    entry.sid = {5, {21, 2153326666, 2176343378, 3404031434, 1000 + i}};
    contents.users.push_back(std::move(entry));
  }
  for (std::uint32_t i = 0; i < count / 10; ++i) {
    snapshot::GroupEntry entry;
    entry.name = fmt::format("group{:05}", i);
    entry.gid = 772000000 + i;
    entry.sid = {5, {21, 2153326666, 2176343378, 3404031434, 600000 + i}};
    for (std::uint32_t n = 0; n < 50; ++n) entry.members.push_back((i * 10 + n * 77) % count);
    std::ranges::sort(entry.members);
    contents.groups.push_back(std::move(entry));
  }
  return contents;
}

// What is asked, in the order in which it is asked: the caller's own memory costs nobody anything.
struct Pick {
  char user[16];
  char group[16];
  char nobody[16];
  uid_t uid;
  uid_t no_uid;
};

std::vector<Pick> picks_of(const Contents& contents) {
  std::mt19937 random(20261122);
  std::vector<Pick> picks(1 << 17);
  for (Pick& pick : picks) {
    const auto& user = contents.users[random() % contents.users.size()];
    std::snprintf(pick.user, sizeof pick.user, "%s", user.name.c_str());
    std::snprintf(pick.group, sizeof pick.group, "%s",
                  contents.groups[random() % contents.groups.size()].name.c_str());
    const auto missing = static_cast<unsigned>(random() % kMissing);
    std::snprintf(pick.nobody, sizeof pick.nobody, "daemon%03u", missing);
    pick.uid = user.uid;
    pick.no_uid = 100 + missing;
  }
  return picks;
}

struct Question {
  const char* title;
  bool hit;
  std::uint64_t (*ask)(const Side&, const Pick&);  // as answer_of()
};

char buffer[1 << 16];

// Something of an answer that only the whole answer tells; kNobody when there is no such entry, 0 when the
// side failed.
constexpr std::uint64_t kNobody = 1;

std::uint64_t answer_of(nss_status status, std::uint32_t id, const char* last_string) {
  if (status == NSS_STATUS_SUCCESS) return id + static_cast<unsigned char>(*last_string);
  return status == NSS_STATUS_NOTFOUND ? kNobody : 0;
}

std::uint64_t ask_user(const Side& side, const char* name) {
  struct passwd entry {};
  int error = 0;
  const nss_status status = side.getpwnam(name, &entry, buffer, sizeof buffer, &error);
  return answer_of(status, entry.pw_uid, entry.pw_shell);
}

std::uint64_t ask_uid(const Side& side, uid_t uid) {
  struct passwd entry {};
  int error = 0;
  const nss_status status = side.getpwuid(uid, &entry, buffer, sizeof buffer, &error);
  return answer_of(status, entry.pw_uid, entry.pw_shell);
}

std::uint64_t ask_group(const Side& side, const char* name) {
  struct group entry {};
  int error = 0;
  const nss_status status = side.getgrnam(name, &entry, buffer, sizeof buffer, &error);
  return answer_of(status, entry.gr_gid, entry.gr_name);
}

std::uint64_t ask_group_list(const Side& side, const char* user, gid_t primary) {
  const gid_t last = side.last_group(user, primary);
  return last == 0 ? kNobody : last;
}

const Question kQuestions[] = {
    {"getpwnam", true, [](const Side& side, const Pick& pick) { return ask_user(side, pick.user); }},
    {"getpwuid", true, [](const Side& side, const Pick& pick) { return ask_uid(side, pick.uid); }},
    {"getgrnam", true, [](const Side& side, const Pick& pick) { return ask_group(side, pick.group); }},
    {"getgrouplist", true,
     [](const Side& side, const Pick& pick) { return ask_group_list(side, pick.user, 770800513); }},
    {"getpwnam", false, [](const Side& side, const Pick& pick) { return ask_user(side, pick.nobody); }},
    {"getpwuid", false, [](const Side& side, const Pick& pick) { return ask_uid(side, pick.no_uid); }},
    {"getgrnam", false, [](const Side& side, const Pick& pick) { return ask_group(side, pick.nobody); }},
    {"getgrouplist", false,
     [](const Side& side, const Pick& pick) { return ask_group_list(side, pick.nobody, 1); }},
};

// Which question comes next depends on the last answer, as it does for every caller: a processor must not
// work on several at once. (No answer has the highest bit; the compiler cannot know.)
void batch(const Question& question, const Side& side, const std::vector<Pick>& picks, std::size_t from,
           std::size_t count) {
  std::size_t at = from;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t answer = question.ask(side, picks[at % picks.size()]);
    at += 1 + (answer >> 63);
    if (question.hit ? answer > kNobody : answer == kNobody) continue;
    fmt::print(stderr, "bench: {} gives a wrong answer to {}\n", side.name, question.title);
    std::exit(EXIT_FAILURE);
  }
}

// Nanoseconds a question, for each side; sides take turns.
std::vector<double> measure(const Question& question, const std::vector<Side>& sides,
                            const std::vector<Pick>& picks) {
  std::vector<std::size_t> counts;
  for (const Side& side : sides) {
    std::size_t count = 1;
    for (double took = 0; took < kBatchSeconds / 2;) {
      count *= 2;
      // The quickest of three: a batch that the machine interrupted says nothing about the side.
      took = kBatchSeconds;
      for (int i = 0; i < 3; ++i) {
        const auto begin = Clock::now();
        batch(question, side, picks, 0, count);
        took = std::min(took, since(begin));
      }
    }
    counts.push_back(count);
  }
  std::vector<std::vector<double>> times(sides.size());
  for (std::size_t round = 0; round < kRounds; ++round) {
    // Another side begins in each round: the first one finds colder caches.
    for (std::size_t turn = 0; turn < sides.size(); ++turn) {
      const std::size_t i = (round + turn) % sides.size();
      const auto begin = Clock::now();
      batch(question, sides[i], picks, round * 104729, counts[i]);
      times[i].push_back(since(begin) * 1e9 / static_cast<double>(counts[i]));
    }
  }
  std::vector<double> medians;
  for (const std::vector<double>& of_side : times) medians.push_back(median(of_side));
  return medians;
}

struct ColdStart {
  double microseconds;
  double page_faults;
};

// dlopen and the first look-up, in a process that has done nothing before.
ColdStart cold_start(const char* module, const std::string& directory, const std::string& name) {
  std::vector<double> times;
  std::vector<double> faults;
  for (int run = 0; run < kColdRuns; ++run) {
    int ends[2];
    if (::pipe(ends) != 0) std::exit(EXIT_FAILURE);
    const pid_t child = ::fork();
    if (child == 0) {
      ::dup2(ends[1], 1);
      ::execl("/proc/self/exe", "nss_bench", "--cold", module, directory.c_str(), name.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    char text[64] = {};
    if (::read(ends[0], text, sizeof text - 1) <= 0) std::exit(EXIT_FAILURE);
    ::close(ends[0]);
    ::waitpid(child, nullptr, 0);
    char* faults_text = nullptr;
    times.push_back(std::strtod(text, &faults_text));
    faults.push_back(std::atof(faults_text));
  }
  return {median(times), median(faults)};
}

// What one page fault costs on this machine: the most of a cold start.
double fault_microseconds() {
  constexpr std::size_t kPages = 256;
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* const memory =
      ::mmap(nullptr, kPages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 0;
  (void)::madvise(memory, kPages * page, MADV_NOHUGEPAGE);
  const auto begin = Clock::now();
  for (std::size_t i = 0; i < kPages; ++i) static_cast<volatile char*>(memory)[i * page] = 1;
  const double took = since(begin);
  ::munmap(memory, kPages * page);
  return took * 1e6 / static_cast<double>(kPages);
}

long page_faults() {
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

int cold_child(char** arguments) {
  const long faults = page_faults();
  const auto begin = Clock::now();
  const bool toy = std::string_view(arguments[0]).find("toy") != std::string_view::npos;
  const Side side = toy ? open_toy(arguments[0], arguments[1]) : our_side(arguments[0]);
  const bool good = ask_user(side, arguments[2]) > kNobody;
  const double took = since(begin) * 1e6;
  fmt::print("{:.3f} {}\n", took, page_faults() - faults);
  return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

void verdict(bool passed, const std::string& what) {
  fmt::print("  {}  {}\n", passed ? "pass" : "FAIL", what);
}

void judge(const Question& question, const std::vector<Side>& sides, const std::vector<double>& times,
           std::size_t users) {
  if (!question.hit) {
    if (times[0] >= 50)
      verdict(false, fmt::format("{} miss: {:.0f} ns, limit 50 ns", question.title, times[0]));
    else
      verdict(true, fmt::format("{} miss: under 50 ns", question.title));
    return;
  }
  if (users < 10000) return;
  verdict(times[0] <= 2 * times[1],
          fmt::format("{}: {:.2f} of the bare table's time, limit 2", question.title, times[0] / times[1]));
  for (std::size_t i = 2; i < sides.size(); ++i) {
    if (sides[i].name != "libnss-cache") continue;
    verdict(times[0] < times[i] / 10,
            fmt::format("{}: {:.4f} of libnss-cache's time, limit 0.1", question.title, times[0] / times[i]));
  }
}

void bench_town(std::uint32_t users, char** modules, const char* cache) {
  const Contents contents = town(users);
  const std::string directory = snapshot_directory();
  const auto begin = Clock::now();
  const auto written = snapshot::write_snapshots(
      contents, {.directory = directory, .restricted_group = ::getegid(), .users_group = ::getegid()});
  const double took = since(begin);
  if (!written) {
    fmt::print(stderr, "bench: {}\n", written.error());
    std::exit(EXIT_FAILURE);
  }
  fmt::print(
      "\n{} users, {} groups: both snapshots laid out and written in {:.0f} ms, users.snap {:.1f} MB\n",
      users, contents.groups.size(), took * 1e3,
      static_cast<double>(std::filesystem::file_size(directory + "/users.snap")) / 1e6);
  std::vector<Side> sides = {our_side(modules[0]), toy_side(modules[1], contents, directory)};
  if (cache != nullptr) sides.push_back(cache_side(cache, contents, directory));
  sides.push_back(files_side(contents, directory));

  fmt::print("{:20}", "ns, median");
  for (const Side& side : sides) fmt::print("{:>22}", side.name);
  fmt::print("\n");
  const std::vector<Pick> picks = picks_of(contents);
  std::vector<std::vector<double>> results;
  for (const Question& question : kQuestions) {
    results.push_back(measure(question, sides, picks));
    const std::vector<double>& times = results.back();
    fmt::print("{:20}", std::string(question.title) + (question.hit ? "" : " miss"));
    for (std::size_t i = 0; i < sides.size(); ++i)
      fmt::print("{:>22}", i == 0 ? fmt::format("{:.1f}", times[0])
                                  : fmt::format("{:.1f} ({:.4f})", times[i], times[0] / times[i]));
    fmt::print("\n");
  }
  const ColdStart cold = cold_start(modules[0], directory, contents.users.back().name);
  const ColdStart bare = cold_start(modules[1], directory, contents.users.back().name);
  fmt::print(
      "dlopen and first look-up in a fresh process: {:.0f} us with {:.0f} page faults, the bare table's "
      "{:.0f} us with {:.0f}; "
      "a page fault costs {:.1f} us here\n",
      cold.microseconds, cold.page_faults, bare.microseconds, bare.page_faults, fault_microseconds());
  for (std::size_t i = 0; i < results.size(); ++i) judge(kQuestions[i], sides, results[i], users);
  verdict(cold.microseconds < 200,
          fmt::format("dlopen and first look-up: {:.0f} us, limit 200 us; {:.2f} of the bare table's",
                      cold.microseconds, cold.microseconds / bare.microseconds));
  restore_files();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 5 && std::string_view(argv[1]) == "--cold") return cold_child(argv + 2);
  if (argc < 3) {
    fmt::print(stderr, "usage: nss_bench LIBNSS_AD.so TOY.so [LIBNSS_CACHE.so]\n");
    return 2;
  }
  if (!own_mounts()) {
    fmt::print(stderr, "bench: no mount namespace of its own: {}; run it as root\n", std::strerror(errno));
    return EXIT_FAILURE;
  }
  fmt::print("in brackets: our time divided by the side's\n");
  // Modules keep what they have mapped: a process for each size.
  for (const std::uint32_t users : {1000U, 10000U, 100000U}) {
    std::fflush(stdout);
    const pid_t child = ::fork();
    if (child == 0) {
      bench_town(users, argv + 1, argc > 3 ? argv[3] : nullptr);
      std::fflush(stdout);
      ::_exit(0);
    }
    int status = 0;
    if (::waitpid(child, &status, 0) != child || status != 0) return EXIT_FAILURE;
  }
  fmt::print(
      "\nnot measured here: sssd's memory cache (its daemons need minutes and a directory to fill it)\n");
  return EXIT_SUCCESS;
}
