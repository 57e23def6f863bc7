// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The module's sources over files of a directory that a test or a bench names, instead of installation.cc.
#pragma once

#include <sys/types.h>

extern "C" {
// The snapshots of `directory` that belong to `owner` are those that the module answers from.
__attribute__((visibility("default"))) void nss_ad_lab_use(const char* directory, uid_t owner);
}
