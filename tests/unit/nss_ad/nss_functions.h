// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The functions of libnss_ad.so.2, which libc finds by name and no header declares.
#pragma once

#include <cstddef>

#include <grp.h>
#include <nss.h>
#include <pwd.h>
#include <shadow.h>

extern "C" {
nss_status _nss_ad_getpwnam_r(const char*, struct passwd*, char*, std::size_t, int*);
nss_status _nss_ad_getpwuid_r(uid_t, struct passwd*, char*, std::size_t, int*);
nss_status _nss_ad_setpwent(int);
nss_status _nss_ad_getpwent_r(struct passwd*, char*, std::size_t, int*);
nss_status _nss_ad_endpwent();
nss_status _nss_ad_getgrnam_r(const char*, struct group*, char*, std::size_t, int*);
nss_status _nss_ad_getgrgid_r(gid_t, struct group*, char*, std::size_t, int*);
nss_status _nss_ad_setgrent(int);
nss_status _nss_ad_getgrent_r(struct group*, char*, std::size_t, int*);
nss_status _nss_ad_endgrent();
nss_status _nss_ad_initgroups_dyn(const char*, gid_t, long*, long*, gid_t**, long, int*);
nss_status _nss_ad_getspnam_r(const char*, struct spwd*, char*, std::size_t, int*);
nss_status _nss_ad_setspent(int);
nss_status _nss_ad_getspent_r(struct spwd*, char*, std::size_t, int*);
nss_status _nss_ad_endspent();
}
