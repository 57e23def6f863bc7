#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2034  # for ./dev and deb.sh, which source this
#
# What we need from apt, and all in which the Debian releases that we know differ: 12 (bookworm) and 13 (trixie).

# --- the releases -----------------------------------------------------------------------------------
# This machine's. Anything that is neither is taken for the newest.
suite_here() {
  local name
  name=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
  [[ $name == bookworm ]] || name=trixie
  printf '%s\n' "$name"
}
readonly SUITES=(bookworm trixie)
SUITE_HERE=$(suite_here)
readonly SUITE_HERE

# The release's clang. The compilers whose warnings are errors for CI are these and KNOWN_GCC.
declare -rA CLANGS=([bookworm]=14 [trixie]=19)
readonly CLANG=${CLANGS[$SUITE_HERE]}
readonly KNOWN_GCC=(12 14)
# The sources are formatted by this version, which Debian 13 has not.
declare -rA FORMATTERS=([bookworm]=clang-format-14 [trixie]='')
readonly FORMATTER=${FORMATTERS[$SUITE_HERE]}

# --- what each verb needs ---------------------------------------------------------------------------
# Names that both releases have.
readonly COMPILE=(build-essential autoconf automake libtool pkgconf autoconf-archive gettext
  libpam0g-dev libp11-kit-dev libgnutls28-dev libtasn1-6-dev libtomlplusplus-dev libboost-dev libcli11-dev libfmt-dev
  libpcsclite-dev libsystemd-dev libargon2-dev nettle-dev libunistring-dev libcurl4-gnutls-dev libseccomp-dev nlohmann-json3-dev libxxhash-dev
  libldap-dev libsasl2-dev libkrb5-dev check binutils python3)
# The login screen, which is left out where these are missing.
readonly GREETER=(libgtkmm-3.0-dev liblightdm-gobject-dev)
readonly MANUALS=(asciidoctor po4a python3)
# `locales` and `gettext` make the Japanese dialogue; `login` and `passwd` are there in every real installation.
readonly LAB=(pamtester pcscd vsmartcard-vpcd opensc-pkcs11 p11-kit p11-kit-modules python3-pexpect locales login passwd util-linux
  iproute2 procps mount tzdata)
readonly TEST=(python3-pytest python3-pytest-xdist gnutls-bin curl libengine-pkcs11-openssl sudo openssh-server openssh-client softhsm2 opensc openssl valgrind strace file shellcheck python3-cryptography python3-cryptography-vectors slapd
  krb5-kdc krb5-admin-server krb5-pkinit krb5-user ldap-utils nginx-light libsss-idmap0 libsss-certmap0 systemd libpam-systemd polkitd dbus libgudev-1.0-0 libnss3 libpixman-1-0 bash-completion zsh)
# The login screen as the demo shows it.
readonly DEMO_SCREEN=(xvfb xdotool fonts-ipafont-gothic dbus dbus-daemon lightdm)
# Front ends with a screen, and what types at them, reads them and takes pictures: those of the tests, and what ./dev screens has
# besides.
readonly SCREEN_TEST=("${DEMO_SCREEN[@]}" imagemagick tesseract-ocr tesseract-ocr-jpn at-spi2-core gir1.2-atspi-2.0 python3-gi
  lightdm-gtk-greeter i3lock)
readonly SCREENS=("${SCREEN_TEST[@]}" openssh-server openssh-client sudo xscreensaver sway swaylock grim wtype polkitd pkexec)
# gtklock, and a sway that knows its protocol, are in Debian 13 alone: ./dev screens runs them in a root of that release.
readonly GTKLOCK=(gtklock sway grim wtype wlrctl fonts-ipafont-gothic)
# GDM and gnome-shell would bring a desktop to this machine: ./dev screens boots them in a root of Debian 12, whose names these are, with
# what the product needs there. Xvfb draws without a graphics card, which is libgl1-mesa-dri's part.
readonly GDM=(gdm3 gnome-shell gnome-session gnome-settings-daemon gnome-keyring libpam-gnome-keyring adwaita-icon-theme at-spi2-core
  xvfb xauth libgl1-mesa-dri fonts-ipafont-gothic dbus dbus-user-session systemd-sysv libpam-systemd polkitd p11-kit p11-kit-modules
  opensc-pkcs11 libargon2-1 libcurl3-gnutls libgnutls30 libkrb5-3 libldap-2.5-0 libpcsclite1 libunistring2 procps)
# Programs of a desktop that the tests run, unpacked and not installed: GNOME would come with them.
declare -rA DESKTOPS=(
  [bookworm]='gdm3 libaccountsservice0 accountsservice libpolkit-gobject-1-0 gnome-settings-daemon gnome-settings-daemon-common gsettings-desktop-schemas dconf-cli libdconf1'
  [trixie]='gdm3 libaccountsservice0 accountsservice libpolkit-gobject-1-0 gnome-settings-daemon gnome-settings-daemon-common gsettings-desktop-schemas dconf-cli libdconf1 libgck-2-2 libjson-glib-1.0-0')
read -ra DESKTOP <<<"${DESKTOPS[$SUITE_HERE]}"
readonly DESKTOP
# A fingerprint reader's service and module, unpacked as well.
readonly FINGER=(fprintd libpam-fprintd libfprint-2-2 libgusb2 libjson-glib-1.0-0)
# SSSD's p11_child, which ./dev bench card runs, unpacked as well: its package would bring SSSD's services.
declare -rA P11_CHILDREN=(
  [bookworm]='sssd-common libdhash1 libtalloc2 libpopt0'
  [trixie]='sssd-common libdhash1t64 libtalloc2 libpopt0')
read -ra P11_CHILD <<<"${P11_CHILDREN[$SUITE_HERE]}"
readonly P11_CHILD
# A domain controller of Active Directory, and what asks it.
readonly AD=(samba samba-ad-dc winbind samba-ad-provision samba-dsdb-modules samba-vfs-modules python3-samba python3-markdown
  ldb-tools ldap-utils libsasl2-modules-gssapi-mit openssl)
# OpenSC's own build and its p11test; opensc and gnutls-bin are in TEST.
readonly UPSTREAM=(libcmocka-dev libssl-dev patch ca-certificates)
readonly BENCH=(softhsm2 opensc openssl libpam-pkcs11 libssl-dev dirmngr dbus-daemon python3-gi)
readonly SANITIZE=(libasan8 libubsan1)
readonly FUZZ=("clang-$CLANG" "libclang-rt-$CLANG-dev")
readonly DEB=(debootstrap git python3 util-linux mount xz-utils)
readonly LINT=(${FORMATTER:+"$FORMATTER"} cppcheck shellcheck git)

# --- what the roots of deb.sh hold ------------------------------------------------------------------
readonly BUILD_TOOLS=(build-essential devscripts lintian fakeroot systemd ccache)
readonly SESSION_TEST=(dbus libpam-systemd polkitd systemd)
readonly PACKAGE_TEST=(python3 python3-pexpect login passwd pamtester procps)
readonly GREETER_TEST=("${PACKAGE_TEST[@]}" dbus dbus-daemon desktop-file-utils lightdm lightdm-gtk-greeter xvfb)
