// SPDX-License-Identifier: LGPL-2.1-or-later
//
// nss_bench LIBNSS_AD.so TOY.so [LIBNSS_CACHE.so]: look-ups through the modules' own entry points, as libc
// calls them, all sides in turns in one loop: ours, the bare table (the limit), libnss-cache, and glibc's
// files; each with its files in a mount namespace (root).
#include "nss_ad/snapshot/writer.h"
#include "tests/bench/nss_sides.h"
#include "tests/bench/side_by_side.h"

#include <algorithm>
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

constexpr unsigned kRounds = 31;
constexpr unsigned kColdRuns = 41;
constexpr double kBatchMicroseconds = 2000;
// What a machine asks its directory in vain are its own accounts, again and again.
constexpr unsigned kMissing = 256;

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
  std::uint64_t (*ask)(const NameService&, const Pick&);  // as answer_of()
};

char buffer[1 << 16];

// Something of an answer that only the whole answer tells; kNobody when there is no such entry, 0 when the
// side failed.
constexpr std::uint64_t kNobody = 1;

std::uint64_t answer_of(nss_status status, std::uint32_t id, const char* last_string) {
  if (status == NSS_STATUS_SUCCESS) return id + static_cast<unsigned char>(*last_string);
  return status == NSS_STATUS_NOTFOUND ? kNobody : 0;
}

std::uint64_t ask_user(const NameService& side, const char* name) {
  struct passwd entry {};
  int error = 0;
  const nss_status status = side.getpwnam(name, &entry, buffer, sizeof buffer, &error);
  return answer_of(status, entry.pw_uid, entry.pw_shell);
}

std::uint64_t ask_uid(const NameService& side, uid_t uid) {
  struct passwd entry {};
  int error = 0;
  const nss_status status = side.getpwuid(uid, &entry, buffer, sizeof buffer, &error);
  return answer_of(status, entry.pw_uid, entry.pw_shell);
}

std::uint64_t ask_group(const NameService& side, const char* name) {
  struct group entry {};
  int error = 0;
  const nss_status status = side.getgrnam(name, &entry, buffer, sizeof buffer, &error);
  return answer_of(status, entry.gr_gid, entry.gr_name);
}

std::uint64_t ask_group_list(const NameService& side, const char* user, gid_t primary) {
  const gid_t last = side.last_group(user, primary);
  return last == 0 ? kNobody : last;
}

const Question kQuestions[] = {
    {"getpwnam", true, [](const NameService& side, const Pick& pick) { return ask_user(side, pick.user); }},
    {"getpwuid", true, [](const NameService& side, const Pick& pick) { return ask_uid(side, pick.uid); }},
    {"getgrnam", true, [](const NameService& side, const Pick& pick) { return ask_group(side, pick.group); }},
    {"getgrouplist", true,
     [](const NameService& side, const Pick& pick) { return ask_group_list(side, pick.user, 770800513); }},
    {"getpwnam", false,
     [](const NameService& side, const Pick& pick) { return ask_user(side, pick.nobody); }},
    {"getpwuid", false, [](const NameService& side, const Pick& pick) { return ask_uid(side, pick.no_uid); }},
    {"getgrnam", false,
     [](const NameService& side, const Pick& pick) { return ask_group(side, pick.nobody); }},
    {"getgrouplist", false,
     [](const NameService& side, const Pick& pick) { return ask_group_list(side, pick.nobody, 1); }},
};

// Which question comes next depends on the last answer, as it does for every caller: a processor must not
// work on several at once. (No answer has the highest bit; the compiler cannot know.)
void batch(const Question& question, const NameService& side, const std::vector<Pick>& picks,
           std::size_t from, std::size_t count) {
  std::size_t at = from;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t answer = question.ask(side, picks[at % picks.size()]);
    at += 1 + (answer >> 63);
    if (question.hit ? answer > kNobody : answer == kNobody) continue;
    fmt::print(stderr, "bench: {} gives a wrong answer to {}\n", side.name, question.title);
    std::exit(EXIT_FAILURE);
  }
}

// How many questions take about kBatchMicroseconds.
std::size_t batch_size(const Question& question, const NameService& side, const std::vector<Pick>& picks) {
  std::size_t count = 1;
  for (double took = 0; took < kBatchMicroseconds / 2;) {
    count *= 2;
    // The quickest of three: a batch that the machine interrupted says nothing about the side.
    took = kBatchMicroseconds;
    for (int i = 0; i < 3; ++i) {
      const Stopwatch watch;
      batch(question, side, picks, 0, count);
      took = std::min(took, watch.elapsed().cpu);
    }
  }
  return count;
}

// What one question costs each side.
std::vector<Costs> measure(const Question& question, const std::vector<NameService>& services,
                           const std::vector<Pick>& picks) {
  std::vector<Side> sides;
  for (const NameService& service : services) {
    const std::size_t count = batch_size(question, service, picks);
    sides.push_back({service.name, [&, count, from = std::size_t{0}]() mutable {
                       const Stopwatch watch;
                       batch(question, service, picks, from, count);
                       const Cost cost = watch.elapsed();
                       from += 104729;
                       const auto questions = static_cast<double>(count);
                       return Cost{cost.cpu / questions, cost.wall / questions};
                     }});
  }
  return in_turns(sides, kRounds);
}

// dlopen and the first look-up, in a process that has done nothing before; the page faults are added up.
Cost cold_start(const char* module, const std::string& directory, const std::string& name,
                std::vector<double>& faults) {
  int ends[2];
  require(::pipe(ends) == 0, "pipe");
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], 1);
    ::execl("/proc/self/exe", "nss_bench", "--cold", module, directory.c_str(), name.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(ends[1]);
  char text[96] = {};
  require(::read(ends[0], text, sizeof text - 1) > 0, "a cold start");
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  Cost cost;
  long of_this = 0;
  require(std::sscanf(text, "%lf %lf %ld", &cost.cpu, &cost.wall, &of_this) == 3, "a cold start");
  faults.push_back(static_cast<double>(of_this));
  return cost;
}

// What one page fault costs on this machine: the most of a cold start.
double fault_microseconds() {
  constexpr std::size_t kPages = 256;
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* const memory =
      ::mmap(nullptr, kPages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 0;
  (void)::madvise(memory, kPages * page, MADV_NOHUGEPAGE);
  const Stopwatch watch;
  for (std::size_t i = 0; i < kPages; ++i) static_cast<volatile char*>(memory)[i * page] = 1;
  const double took = watch.elapsed().cpu;
  ::munmap(memory, kPages * page);
  return took / static_cast<double>(kPages);
}

long page_faults() {
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

int cold_child(char** arguments) {
  (void)Stopwatch().elapsed();  // finds the clocks
  const long faults = page_faults();
  const Stopwatch watch;
  const bool toy = std::string_view(arguments[0]).find("toy") != std::string_view::npos;
  const NameService side = toy ? open_toy(arguments[0], arguments[1]) : our_side(arguments[0]);
  const bool good = ask_user(side, arguments[2]) > kNobody;
  const Cost cost = watch.elapsed();
  fmt::print("{:.3f} {:.3f} {}\n", cost.cpu, cost.wall, page_faults() - faults);
  return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

void judge(const Question& question, const std::vector<NameService>& services,
           const std::vector<Costs>& costs, Goals& goals) {
  const std::string title = question.title;
  if (!question.hit)
    return goals.at_most(title + " miss, CPU time", median(costs[0], &Cost::cpu), 0.05, 4, " us");
  goals.at_most(title + " / the bare table, CPU time", ratio(costs[0], costs[1], &Cost::cpu), 2);
  for (std::size_t i = 2; i < services.size(); ++i)
    if (services[i].name == "libnss-cache")
      goals.at_most(title + " / libnss-cache, CPU time", ratio(costs[0], costs[i], &Cost::cpu), 0.1, 4);
}

void bench_cold_start(char** modules, const std::string& directory, const std::string& name, Goals& goals) {
  std::vector<double> faults[2];
  std::vector<Side> sides;
  for (const int i : {0, 1})
    sides.push_back({i == 0 ? "libnss_ad" : "bare table",
                     [&, i] { return cold_start(modules[i], directory, name, faults[i]); }});
  const auto costs = in_turns(sides, kColdRuns);
  fmt::print("dlopen and first look-up in a fresh process; {:.0f} and {:.0f} page faults of {:.2f} us each\n",
             median(faults[0]).value, median(faults[1]).value, fault_microseconds());
  print(sides, costs, "us", 1);
  print_ratio("libnss_ad / bare table", costs[0], costs[1]);
  goals.at_most("dlopen and first look-up, CPU time", median(costs[0], &Cost::cpu), 200, 0, " us");
}

void lay_out(const Contents& contents, const std::string& directory) {
  const Stopwatch watch;
  const auto written = snapshot::write_snapshots(
      contents, {.directory = directory, .restricted_group = ::getegid(), .users_group = ::getegid()});
  const Cost cost = watch.elapsed();
  if (!written) {
    fmt::print(stderr, "bench: {}\n", written.error());
    std::exit(2);
  }
  fmt::print(
      "\n{} users, {} groups: both snapshots laid out and written in {:.0f} ms, users.snap {:.1f} MB\n",
      contents.users.size(), contents.groups.size(), cost.wall / 1e3,
      static_cast<double>(std::filesystem::file_size(directory + "/users.snap")) / 1e6);
}

// The exit status.
int bench_town(std::uint32_t users, char** modules, const char* cache) {
  const Contents contents = town(users);
  const std::string directory = snapshot_directory();
  lay_out(contents, directory);
  std::vector<NameService> services = {our_side(modules[0]), toy_side(modules[1], contents, directory)};
  if (cache != nullptr) services.push_back(cache_side(cache, contents, directory));
  services.push_back(files_side(contents, directory));

  fmt::print("{:20}", "ns of CPU, median");
  for (const NameService& service : services) fmt::print("{:>30}", service.name);
  fmt::print("\n");
  const std::vector<Pick> picks = picks_of(contents);
  std::vector<std::vector<Costs>> results;
  for (const Question& question : kQuestions) {
    results.push_back(measure(question, services, picks));
    fmt::print("{:20}", std::string(question.title) + (question.hit ? "" : " miss"));
    for (const Costs& costs : results.back())
      fmt::print("{:>30}", text_of(median(costs, &Cost::cpu), 1, 1e-3));
    fmt::print("\n");
  }
  Goals goals;
  for (std::size_t i = 0; i < results.size(); ++i) judge(kQuestions[i], services, results[i], goals);
  bench_cold_start(modules, directory, contents.users.back().name, goals);
  restore_files();
  return goals.exit_status();
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
  int worst = EXIT_SUCCESS;
  // Modules keep what they have mapped: a process for each size.
  for (const std::uint32_t users : {1000U, 10000U, 100000U}) {
    std::fflush(stdout);
    const pid_t child = ::fork();
    if (child == 0) {
      const int of_town = bench_town(users, argv + 1, argc > 3 ? argv[3] : nullptr);
      std::fflush(stdout);
      ::_exit(of_town);
    }
    int status = 0;
    if (::waitpid(child, &status, 0) != child || !WIFEXITED(status)) return 2;
    worst = std::max(worst, WEXITSTATUS(status));
  }
  fmt::print(
      "\nnot measured here: sssd's memory cache (its daemons need minutes and a directory to fill it)\n");
  return worst;
}
