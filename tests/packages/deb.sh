#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# ./dev deb: Debian packages from this work tree, built, judged and tested in clean roots of this machine's Debian release or
# of the one named.
#
#   deb.sh WORK [--suite SUITE] [build | check | reproduce | test [NAME…]]…      without a step: all of them
#   deb.sh WORK [--suite SUITE] compile COMPILER                                 ./dev build --suite
#   deb.sh WORK --suite trixie gtklock                                           the root of ./dev screens gtklock
#   deb.sh WORK gdm                                                              the root of ./dev screens gdm
#
# WORK/SUITE keeps the roots between runs: base (debootstrap), builder, compiler and tester (what they need, lying over it);
# WORK/packages those of this machine's release, WORK/SUITE/packages others.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOP=$(cd "$HERE/../.." && pwd)
readonly HERE TOP
# shellcheck source=tests/packages/needs.sh
source "$HERE/needs.sh"
# shellcheck source=tests/packages/roots.sh
source "$HERE/roots.sh"
suite=$SUITE_HERE
[[ ${2:-} != --suite ]] || suite=${3:-}
readonly SUITE=$suite
readonly WORK=$1/$SUITE
OUT=$WORK/packages                   # the result
[[ $SUITE != "$SUITE_HERE" ]] || OUT=$1/packages
readonly OUT
readonly EXPOSURE=20                 # systemd-analyze security: ten times the highest exposure that is accepted
# The unit tests are ./dev test's; an empty DEB_BUILD_OPTIONS runs them here as well.
DEB_BUILD_OPTIONS="${DEB_BUILD_OPTIONS-nocheck} parallel=$(nproc)"
export DEB_BUILD_OPTIONS

# Runs "$@" in the roots named by the options before "--".
root() {
  mkdir -p "$WORK/archives/partial" "$OUT"
  /usr/bin/python3 "$HERE/clean_root.py" --root "$WORK/base" --bind "$WORK/archives:/var/cache/apt/archives" \
    --bind "$OUT:/packages" --bind "$TOP:/source" "$@"
}

# --- roots ---------------------------------------------------------------------------------------
# A layer over the base with some packages; made anew when $2, what it was made for, changes.
make_layer() {
  local name=$1 reason=$2
  shift 2
  [[ $(cat "$WORK/$name.made" 2>/dev/null) == "$reason" ]] && return
  say "making the root for: $name"
  rm -rf "${WORK:?}/$name" "${WORK:?}/$name.inner"
  logged "$WORK/$name.log" root --over "$WORK/$name" -- sh -euc "apt-get -q update; $*"
  printf '%s\n' "$reason" >"$WORK/$name.made"
}

make_builder() {
  local needs
  needs=$(sed -n '/^Build-Depends:/,/^[A-Z]/{/^ /p}' "$TOP/debian/control" | tr -d '\n')
  mkdir -p "$OUT"
  cp "$TOP/debian/control" "$OUT/control"
  make_layer builder "${BUILD_TOOLS[*]} $needs" "apt-get -q -y --no-install-recommends install ${BUILD_TOOLS[*]}
    mkdir -p /tmp/source/debian; cp /packages/control /tmp/source/debian/
    apt-get -q -y --no-install-recommends build-dep /tmp/source"
  rm -f "$OUT/control"
}

make_tester() {
  local name=$1
  shift
  make_layer "$name" "$*" "apt-get -q -y --no-install-recommends install $*"
}

make_compiler() {
  local packages=("${COMPILE[@]}" "${GREETER[@]}" "${BENCH[@]}" ccache)
  [[ $1 == gcc ]] || packages+=("$1")
  make_layer compiler "${packages[*]}" "apt-get -q -y --no-install-recommends install ${packages[*]}"
}

# --- steps ---------------------------------------------------------------------------------------
unpack_source() {
  rm -rf "${OUT:?}/$1"
  "$HERE/source_package.sh" "$OUT/$1" >/dev/null
}

# build_in WHERE KIND: packages from the source in $OUT/WHERE, dpkg-buildpackage's --build; the rest is put before it.
build_in() {
  local where=$1 kind=$2
  shift 2
  local cache=${CCACHE_DIR:-$HOME/.cache/ccache}
  mkdir -p "$cache"
  logged "$WORK/build-$(basename "$where").log" root --root "$WORK/builder" --forget --bind "$cache:/ccache" \
    --pass-on DEB_BUILD_OPTIONS -- sh -euc "cd /packages/$where/*/; env CCACHE_DIR=/ccache $* nice dpkg-buildpackage -us -uc --build=$kind"
}

step_build() {
  make_builder
  say "building the packages (DEB_BUILD_OPTIONS='$DEB_BUILD_OPTIONS')"
  unpack_source build
  # shellcheck disable=SC2016
  build_in build full 'PATH=/usr/lib/ccache:$PATH'
  rm -f "$OUT"/*.{deb,dsc,changes,buildinfo,xz}
  find "$OUT/build" -maxdepth 1 -type f -exec cp -t "$OUT" {} +
  (cd "$OUT" && ls -1 -- *.deb)
}

step_check() {
  make_builder
  say "lintian -EI --pedantic; no error and no warning is accepted"
  root --root "$WORK/builder" --forget -- sh -c 'cd /packages; lintian -EI --pedantic --fail-on error,warning *.changes'
  say "no file is in two packages"
  # shellcheck disable=SC2016
  root --root "$WORK/builder" --forget -- sh -euc '
    twice=$(for deb in /packages/*.deb; do dpkg -c "$deb"; done | sed -n "/^d/!s,^.* \./,/,p" | sort | uniq -d)
    [ -z "$twice" ] || { echo "in two packages: $twice"; exit 1; }'
  say "every unit of conf/ is in a package"
  # shellcheck disable=SC2016
  root --root "$WORK/builder" --forget -- sh -euc '
    for deb in /packages/*.deb; do dpkg -c "$deb"; done | sed -n "s,.*/systemd/system/,,p" >/tmp/units
    for unit in /source/conf/*.service /source/conf/*.socket /source/conf/*.timer; do
      grep -qx "$(basename "$unit")" /tmp/units || { echo "in no package: $unit"; exit 1; }
    done'
  say "hardening of every program and module, exposure of every unit"
  # shellcheck disable=SC2016
  root --root "$WORK/builder" --forget -- sh -euc '
    for deb in /packages/*.deb; do case $deb in *-dbgsym_*) ;; *) dpkg -x "$deb" /tmp/all ;; esac; done
    # The tool of Debian 13 asks for what only arm64 has; that of Debian 12 does not know the option.
    arm=--nobranchprotection; grep -q "nobranchprotection" "$(command -v hardening-check)" || arm=
    find /tmp/all -type f \( -perm /111 -o -name "*.so*" \) | while read -r file; do
      [ "$(head -c 4 "$file" | tail -c 3)" = ELF ] || continue
      case $file in *.so*) flags=--nopie ;; *) flags= ;; esac
      hardening-check --quiet --nofortify --nocfprotection $arm $flags "$file" || { echo "not hardened: $file"; exit 1; }
      objdump -d "$file" | grep -q endbr64 || [ "$(dpkg --print-architecture)" != amd64 ] ||
        { echo "no landing pads for CET: $file"; exit 1; }
    done
    for unit in $(find /tmp/all -path "*/systemd/system/*.service"); do
      said=$(systemd-analyze security --offline=yes --threshold='"$EXPOSURE"' --no-pager "$unit" 2>/dev/null) ||
        { echo "more exposed than '"$EXPOSURE"' tenths: $unit"; exit 1; }
      echo "$said" | tail -n 1
    done'
}

# A second build in another path, without the compiler cache; every package is the same octet for octet.
step_reproduce() {
  make_builder
  say "building again in another path and time zone, without compiler cache and unit tests"
  unpack_source second/in-a-much-longer/path
  DEB_BUILD_OPTIONS="nocheck $DEB_BUILD_OPTIONS" build_in second/in-a-much-longer/path full CCACHE_DISABLE=1 TZ=Asia/Tokyo LC_ALL=C
  local deb other status=0
  for deb in "$OUT"/*.deb; do
    other=$OUT/second/in-a-much-longer/path/$(basename "$deb")
    if cmp "$deb" "$other"; then say "identical: $(basename "$deb")"; else status=1; fi
  done
  return "$status"
}

# The packages as a later version, 0.1.0-0local1+next, whose snapshots and CRL index have another format.
make_next() {
  say "building a later version with other formats of files"
  unpack_source build
  (cd "$OUT"/build/*/ && sed -i '1s/)/+next)/' debian/changelog &&
    sed -i -e 's/kVersion = 1;/kVersion = 2;/' -e 's/"users.snap"/"users.v2.snap"/' -e 's/"restricted.snap"/"restricted.v2.snap"/' \
      nss_ad/snapshot/format.h validator/crl/crl_index_layout.h)
  # shellcheck disable=SC2016
  DEB_BUILD_OPTIONS="nocheck $DEB_BUILD_OPTIONS" build_in build binary 'PATH=/usr/lib/ccache:$PATH'
  rm -rf "$OUT/next"
  mkdir -p "$OUT/next"
  find "$OUT/build" -maxdepth 1 -name '*.deb' ! -name '*-dbgsym_*' -exec mv -t "$OUT/next" {} +
}

# install_packages TESTER: over that root, kept as TESTER.installed. Without jpki-greeter and jpki-gdm: they bring display managers
# and X servers. At the greeter only the test "greeter" looks, and that installs it itself.
install_packages() {
  say "installing the packages with apt in a fresh root: $1"
  rm -rf "$WORK/$1.installed"{,.inner}
  # shellcheck disable=SC2016
  logged "$WORK/install.log" root --root "$WORK/$1" --over "$WORK/$1.installed" -- sh -euc '
    cd /packages; apt-get -q update; apt-get -q -y install $(ls ./*.deb | grep -v -e -dbgsym_ -e jpki-greeter_ -e jpki-gdm_)'
}

# What debian/tests/control says, each test in a root of its own that is forgotten.
step_test() {
  local name passed=0 failed=0
  local names=("$@")
  (($#)) || mapfile -t names < <(sed -n 's/^Tests: //p' "$TOP/debian/tests/control" | tr -d ' ' | tr ',' '\n')
  make_builder
  make_next
  make_tester tester "${PACKAGE_TEST[@]}"
  install_packages tester
  if [[ " ${names[*]} " =~ " "(domain|morning)" " ]]; then
    make_tester domain "${PACKAGE_TEST[@]}" "${SESSION_TEST[@]}" "${AD[@]}" krb5-user
    install_packages domain
  fi
  [[ " ${names[*]} " != *" greeter "* ]] || make_tester greeter "${GREETER_TEST[@]}"
  if [[ " ${names[*]} " == *" session-guard "* ]]; then
    make_tester sessions "${PACKAGE_TEST[@]}" "${SESSION_TEST[@]}"
    install_packages sessions
  fi
  for name in "${names[@]}"; do
    say "test of the installed packages: $name"
    if run_test "$name" >"$WORK/test-$name.log" 2>&1; then
      passed=$((passed + 1))
      grep -E '^PASS:' "$WORK/test-$name.log" || true
    else
      failed=$((failed + 1))
      tail -n 60 "$WORK/test-$name.log"
    fi
  done
  printf '%s\n' "$passed passed, $failed failed"
  ((failed == 0))
}

run_test() {
  local name=$1 options
  case $name in
    lifecycle | newcomer) options=(--root "$WORK/tester") ;;
    units | locker | setup) options=(--root "$WORK/tester" --root "$WORK/tester.installed" --boot) ;;
    greeter) options=(--root "$WORK/greeter") ;;
    session-guard) options=(--root "$WORK/sessions" --root "$WORK/sessions.installed" --boot) ;;
    domain | morning) options=(--root "$WORK/domain" --root "$WORK/domain.installed" --boot) ;;
    *) options=(--root "$WORK/tester" --root "$WORK/tester.installed") ;;
  esac
  root "${options[@]}" --forget -- env AUTOPKGTEST_TMP=/tmp JPKI_DEBS=/packages JPKI_DEBS_NEXT=/packages/next \
    "/source/debian/tests/$name"
}

# All that there is to compile by gcc or, say, clang-19; a warning is an error.
step_compile() {
  local compiler=$1 cache=${CCACHE_DIR:-$HOME/.cache/ccache} log=$WORK/compile-$1.log
  make_compiler "$compiler"
  unpack_source compile
  mkdir -p "$cache"
  say "compiling by $compiler; what it says is in $log"
  # shellcheck disable=SC2016
  root --root "$WORK/compiler" --forget --bind "$cache:/ccache" -- sh -euc '
    export CCACHE_DIR=/ccache CC="ccache $1" CXX="ccache $(echo "$1" | sed -e "s/^gcc/g++/" -e "s/^clang/clang++/")"
    cd /packages/compile/*/
    autoreconf --install >/dev/null 2>&1
    ./configure --quiet --disable-manuals --enable-werror
    nice make -s -k -j"$(nproc)" all
    nice make -s -k -j"$(nproc)" check TESTS=
    nice make -s -k -j"$(nproc)" benches' sh "$compiler" >"$log" 2>&1 || {
    grep -E -A 8 'error:|Error ' "$log" | head -n 60 >&2
    die "failed; all of it is in $log"
  }
  rm -rf "$OUT/compile"
  say "no warning from $compiler in $SUITE"
}

main() {
  shift
  if [[ ${1:-} == --suite ]]; then
    [[ " ${SUITES[*]} " == *" $SUITE "* ]] || die "releases: ${SUITES[*]}"
    shift 2
  fi
  make_base "$SUITE" "$WORK"
  (($#)) || set -- build check reproduce test
  while (($#)); do
    case $1 in
      build | check | reproduce) "step_$1" ;;
      test)
        shift
        step_test "$@"
        return
        ;;
      compile)
        step_compile "${2:-gcc}"
        return
        ;;
      gtklock)
        make_tester gtklock "${GTKLOCK[@]}"
        return
        ;;
      gdm)
        make_tester gdm "${GDM[@]}"
        return
        ;;
      *) die "no such step: $1; steps: build check reproduce test" ;;
    esac
    shift
  done
}

main "$@"
