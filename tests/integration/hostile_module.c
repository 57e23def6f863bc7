// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A PKCS#11 module that has been taken over: initialises like any other; at the first question about cards, when its
// process is confined, it tries one thing and ends the process. /etc/jpki/attempt says which, and where to tell the
// result: the name of an errno value, or "done". Without a result the kernel ended the process.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <p11-kit/pkcs11.h>
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
static pid_t host;

static void tell(const char* word) {
  if (dprintf(report, "%s\n", word) < 0) _exit(1);
}

static int open_file(int flags) {
  return open(object, flags | O_CLOEXEC | O_NONBLOCK, 0600);
}

static int connect_to(int abstract, int type) {
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  strncpy(name.sun_path + abstract, object, sizeof name.sun_path - 2);
  const socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)abstract + strlen(object));
  return connect(socket(AF_UNIX, type, 0), (const struct sockaddr*)&name, size);
}

static int start_program(void) {
  char* const arguments[] = {object, NULL};
  return execve(object, arguments, arguments + 1);
}

static int read_host(void) {
  char byte;
  const struct iovec here = {&byte, 1}, there = {(void*)0x1000, 1};
  return (int)process_vm_readv(host, &here, 1, &there, 1, 0);
}

static int become_root(void) {
  return setuid(0);
}

static int special_file(void) {
  return open(object, O_CREAT | O_EXCL | O_WRONLY, 04755);
}

static int executable_memory(void) {
  return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0;
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
  if (strcmp(verb, "signal") == 0) return kill(host, 0);
  if (strcmp(verb, "trace") == 0) return (int)ptrace(PTRACE_ATTACH, host, NULL, NULL);
  if (strcmp(verb, "read-host") == 0) return read_host();
  if (strcmp(verb, "become-root") == 0) return become_root();
  if (strcmp(verb, "namespace") == 0) return unshare(CLONE_NEWUSER);
  if (strcmp(verb, "mount") == 0) return mount("tmpfs", "/run", "tmpfs", 0, NULL);
  if (strcmp(verb, "leave-root") == 0) return chroot(".");
  if (strcmp(verb, "executable-memory") == 0) return executable_memory();
  if (strcmp(verb, "key") == 0) return (int)syscall(SYS_keyctl, 0, 0, 0, 0, 0);
  errno = ENOSYS;
  return -1;
}

static CK_RV initialize(void* arguments) {
  (void)arguments;
  char path[256] = "";
  FILE* const order = fopen("/etc/jpki/attempt", "re");
  if (order == NULL || fscanf(order, "%63s %255s %255s", verb, object, path) != 3) return CKR_GENERAL_ERROR;
  fclose(order);
  report = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
  host = getppid();
  return report < 0 ? CKR_GENERAL_ERROR : CKR_OK;
}

static CK_RV finalize(void* reserved) {
  (void)reserved;
  return CKR_OK;
}

static CK_RV slot_list(CK_BBOOL present, CK_SLOT_ID* list, CK_ULONG* count) {
  (void)present, (void)list, (void)count;
  tell("trying");
  tell(attempt() < 0 ? strerrorname_np(errno) : "done");
  _exit(0);
}

static CK_RV get_function_list(CK_FUNCTION_LIST** list);

static CK_FUNCTION_LIST functions = {.version = {2, 40},
                                     .C_Initialize = initialize,
                                     .C_Finalize = finalize,
                                     .C_GetFunctionList = get_function_list,
                                     .C_GetSlotList = slot_list};

static CK_RV get_function_list(CK_FUNCTION_LIST** list) {
  *list = &functions;
  return CKR_OK;
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST** list) {
  return get_function_list(list);
}
