// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Things to try when confined; each tells 0 or the errno value that it met.
#pragma once

#include "tests/unit/base/confined_child.h"

#include <cstring>
#include <thread>

#include <netdb.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>

namespace jpki::test {

inline int start_program(const World&) {
  char name[] = "true";
  char* const arguments[] = {name, nullptr};
  char* const environment[] = {nullptr};
  return result(::execve("/bin/true", arguments, environment));
}

inline int fork_once(const World&) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  return result(child);
}

inline int start_thread(const World&) {
  // A thread's exception leaves no errno value.
  std::thread([] {}).join();
  return 0;
}

inline int map_executable(const World&) {
  void* const page =
      ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return page == MAP_FAILED ? errno : 0;
}

inline int make_executable(const World&) {
  void* const page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return page == MAP_FAILED ? errno : result(::mprotect(page, 4096, PROT_READ | PROT_EXEC));
}

inline int read_parents_memory(const World&) {
  char byte = 0;
  const iovec here{&byte, 1};
  const iovec there{&byte, 1};
  return result(::process_vm_readv(::getppid(), &here, 1, &there, 1, 0));
}

inline int resolve_localhost(const World&) {
  addrinfo hints{};
  hints.ai_family = AF_INET;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo("localhost", "80", &hints, &found);
  if (error != 0) return error == EAI_SYSTEM ? errno : EADDRNOTAVAIL;
  ::freeaddrinfo(found);
  return 0;
}

inline int write_a_file(const World& world) {
  const std::string made = world.path("writable/new");
  const std::string renamed = world.path("writable/file");
  const int fd = ::open(made.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0 || ::write(fd, "new", 3) != 3 || ::fsync(fd) != 0 || ::ftruncate(fd, 2) != 0) return errno;
  void* const mapped = ::mmap(nullptr, 2, PROT_READ, MAP_SHARED, fd, 0);
  if (mapped == MAP_FAILED || std::memcmp(mapped, "ne", 2) != 0) return EIO;
  const int directory = ::open(world.path("writable").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0 || ::rename(made.c_str(), renamed.c_str()) != 0 || ::fsync(directory) != 0) return errno;
  return result(::unlink(renamed.c_str()));
}

inline int give(const World& world, uid_t owner, gid_t group) {
  return result(::fchown(::open(world.path("writable/file").c_str(), O_RDONLY | O_CLOEXEC), owner, group));
}

// Ways to a file with a bit of 07000 in its mode.
inline int change_mode(const World& world, mode_t mode) {
  return ::fchmod(::open(world.path("writable/file").c_str(), O_RDWR | O_CLOEXEC), mode);
}
inline int make_by_open(const World& world, mode_t mode) {
  const std::string path = world.path("writable/opened");
#if defined(SYS_open)
  return static_cast<int>(::syscall(SYS_open, path.c_str(), O_CREAT | O_EXCL | O_WRONLY, mode));
#else
  return ::openat(AT_FDCWD, path.c_str(), O_CREAT | O_EXCL | O_WRONLY, mode);
#endif
}
inline int make_by_openat(const World& world, mode_t mode) {
  return ::openat(AT_FDCWD, world.path("writable/special").c_str(), O_CREAT | O_EXCL | O_WRONLY, mode);
}
inline int make_nameless(const World& world, mode_t mode) {
  return ::open(world.path("writable").c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
}

template <mode_t bit, int (*way)(const World&, mode_t)>
int make_special(const World& world) {
  return result(way(world, bit | 0755));
}

inline int write_too_much(const World& world) {
  const int fd = ::open(world.path("writable/file").c_str(), O_WRONLY | O_CLOEXEC);
  return result(::pwrite(fd, "x", 1, 16 << 20));
}

inline int use_too_much_memory(const World&) {
  void* const memory = ::mmap(nullptr, 512 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? errno : 0;
}

inline int keep_bytes_in_memory(const World&) {
  const int fd = ::memfd_create("bytes", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0 || ::write(fd, "bytes", 5) != 5) return errno;
  return result(::fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK));
}

inline int dump_core(const World&) {
  std::abort();
}

}  // namespace jpki::test
