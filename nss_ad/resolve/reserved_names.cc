// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/resolve/reserved_names.h"

#include "base/privileged_groups.h"

#include <algorithm>
#include <iterator>

namespace jpki::ad {
namespace {

// Of base-passwd, of systemd and udev, and of packages; beside the groups that are as good as root.
constexpr std::string_view kGroups[] = {
    "audio",    "bluetooth", "cdrom",  "crontab",   "dialout",    "dip",    "fax",
    "floppy",   "fuse",      "i2c",    "kvm",       "lpadmin",    "netdev", "nogroup",
    "operator", "plugdev",   "pkcs11", "render",    "sambashare", "sasl",   "scanner",
    "sgx",      "spi",       "ssh",    "sshusers",  "ssl-cert",   "tape",   "tss",
    "tty",      "users",     "utmp",   "vboxusers", "video",      "voice",  "wireshark",
};

// System users that packages make; their group has the same name.
constexpr std::string_view kServices[] = {
    "avahi",      "backup",   "bin",      "clamav",   "colord",        "cups-pk-helper",
    "daemon",     "dhcpcd",   "dnsmasq",  "docker",   "elasticsearch", "fwupd-refresh",
    "games",      "gdm",      "geoclue",  "git",      "gitlab-runner", "gnats",
    "grafana",    "haproxy",  "influxdb", "irc",      "jenkins",       "landscape",
    "lightdm",    "list",     "lp",       "mail",     "man",           "memcache",
    "messagebus", "mongodb",  "munge",    "mysql",    "named",         "news",
    "nginx",      "nobody",   "ntp",      "ntpsec",   "nslcd",         "openldap",
    "pollinate",  "polkitd",  "postfix",  "postdrop", "postgres",      "prometheus",
    "proxy",      "pulse",    "rabbitmq", "redis",    "root",          "rtkit",
    "saned",      "sddm",     "squid",    "sshd",     "sssd",          "statd",
    "strongswan", "swtpm",    "sync",     "sys",      "syslog",        "tcpdump",
    "tomcat",     "toor",     "unbound",  "usbmux",   "uucp",          "uuidd",
    "whoopsie",   "www-data", "xrdp",     "zabbix",
};

// Debian Policy 9.2.1: local names of packages begin with an underscore.
constexpr std::string_view kPrefixes[] = {"_", "debian-", "systemd-", "libvirt-"};

bool holds(const auto& table, std::string_view key) {
  return std::ranges::find(table, key) != std::end(table);
}

}  // namespace

bool is_reserved_name(std::string_view key, bool group) {
  return (group && (holds(privileged_groups(), key) || holds(kGroups, key))) || holds(kServices, key) ||
         std::ranges::any_of(kPrefixes, [key](std::string_view prefix) { return key.starts_with(prefix); });
}

}  // namespace jpki::ad
