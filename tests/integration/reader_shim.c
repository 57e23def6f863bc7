// SPDX-License-Identifier: LGPL-2.1-or-later
//
// vpcd's driver for pcscd with a plug: while the file GONE exists, its readers do not answer, and none can be made. Linked against
// vpcd's driver, which has everything else. (Debian's pcscd takes readers from its list, and adds some, for udev alone.)
#define _GNU_SOURCE
#include <dlfcn.h>
#include <ifdhandler.h>
#include <unistd.h>

static int unplugged(void) { return access(GONE, F_OK) == 0; }

RESPONSECODE IFDHCreateChannelByName(DWORD lun, LPSTR name) {
  RESPONSECODE (*const create)(DWORD, LPSTR) = (RESPONSECODE(*)(DWORD, LPSTR))dlsym(RTLD_NEXT, "IFDHCreateChannelByName");
  return unplugged() ? IFD_NO_SUCH_DEVICE : create(lun, name);
}

RESPONSECODE IFDHICCPresence(DWORD lun) {
  RESPONSECODE (*const presence)(DWORD) = (RESPONSECODE(*)(DWORD))dlsym(RTLD_NEXT, "IFDHICCPresence");
  return unplugged() ? IFD_NO_SUCH_DEVICE : presence(lun);
}
