// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a process that has been taken over tries: one thing of the system, named by two words. For the hostile
// PKCS#11 module, and for what is preloaded into the other programs.
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char verb[64], object[256];
static int report = -1;
static pid_t host;  // whom "-" means where a process is named

static void tell(const char* word) {
  if (dprintf(report, "%s\n", word) < 0) _exit(1);
}

static pid_t victim(void) {
  return object[0] == '-' ? host : (pid_t)atoi(object);
}

static int open_file(int flags) {
  return open(object, flags | O_CLOEXEC | O_NONBLOCK, 0600);
}

static int connect_to(int abstract, int type) {
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  strncpy(name.sun_path + abstract, object, sizeof name.sun_path - 2);
  const socklen_t size =
      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)abstract + strlen(object));
  const int connecting = socket(AF_UNIX, type, 0);
  return connecting < 0 ? -1 : connect(connecting, (const struct sockaddr*)&name, size);
}

static int start_program(void) {
  char* const arguments[] = {object, NULL};
  return execve(object, arguments, arguments + 1);
}

static int read_memory(void) {
  char byte;
  const struct iovec here = {&byte, 1}, there = {(void*)0x1000, 1};
  return (int)process_vm_readv(victim(), &here, 1, &there, 1, 0);
}

static int become_root(void) {
  return setuid(0);
}

static int special_file(void) {
  return open(object, O_CREAT | O_EXCL | O_WRONLY, 04755);
}

static int executable_memory(void) {
  return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
                 MAP_FAILED
             ? -1
             : 0;
}

static int attempt(void) {
  if (strcmp(verb, "read") == 0) return open_file(O_RDONLY);
  if (strcmp(verb, "list") == 0) return open_file(O_RDONLY | O_DIRECTORY);
  if (strcmp(verb, "write") == 0) return open_file(O_WRONLY);
  if (strcmp(verb, "create") == 0) return open_file(O_WRONLY | O_CREAT | O_EXCL);
  if (strcmp(verb, "remove") == 0) return unlink(object);
  if (strcmp(verb, "special-file") == 0) return special_file();
  if (strcmp(verb, "connect") == 0) return connect_to(0, SOCK_STREAM);
  if (strcmp(verb, "send-to") == 0) return connect_to(0, SOCK_DGRAM);
  if (strcmp(verb, "connect-abstract") == 0) return connect_to(1, SOCK_STREAM);
  if (strcmp(verb, "internet") == 0) return socket(AF_INET, SOCK_STREAM, 0);
  if (strcmp(verb, "internet6") == 0) return socket(AF_INET6, SOCK_DGRAM, 0);
  if (strcmp(verb, "netlink") == 0) return socket(AF_NETLINK, SOCK_RAW, 0);
  if (strcmp(verb, "exec") == 0) return start_program();
  if (strcmp(verb, "fork") == 0) return fork();
  if (strcmp(verb, "signal") == 0) return kill(victim(), 0);
  if (strcmp(verb, "trace") == 0) return (int)ptrace(PTRACE_ATTACH, victim(), NULL, NULL);
  if (strcmp(verb, "read-memory") == 0) return read_memory();
  if (strcmp(verb, "become-root") == 0) return become_root();
  if (strcmp(verb, "namespace") == 0) return unshare(CLONE_NEWUSER);
  if (strcmp(verb, "mount") == 0) return mount("tmpfs", object, "tmpfs", 0, NULL);
  if (strcmp(verb, "leave-root") == 0) return chroot(".");
  if (strcmp(verb, "executable-memory") == 0) return executable_memory();
  if (strcmp(verb, "key") == 0) return (int)syscall(SYS_keyctl, 0, 0, 0, 0, 0);
  errno = ENOSYS;
  return -1;
}
