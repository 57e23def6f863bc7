// SPDX-License-Identifier: LGPL-2.1-or-later
//
// `snapshot`: an account snapshot as libnss_ad and the programs read it. The views are compiled for the
// fuzzer with checksums that always hold (JPKI_ANY_CHECKSUM).
#include "nss_ad/module/records.h"
#include "nss_ad/snapshot/view.h"
#include "tests/fuzz/targets.h"

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

namespace jpki::fuzz {
namespace {

using namespace ad::snapshot;
using ad::module::Buffer;
using ad::module::fill;

constexpr std::string_view kNames[] = {
    "", "z", "Yamada.Taro", "ADT\\z", "z@AD.TEST", "Domain Users", "係長", "ＦｕｌｌＷｉｄｔｈ", "ωmega"};
constexpr std::string_view kMappings[] = {"X509:<SKI>11", "X509:<I>c=JP,o=JPKI-TEST<SR>1200000000ac1100"};

// Exactly as large as a caller says, so that a sanitizer sees what is written behind it.
template <class Fill>
void into_buffers(Fill fill_buffer) {
  for (const std::size_t size : {0U, 7U, 100U, 5000U}) {
    const std::unique_ptr<char[]> bytes(new char[size + 1]);
    (void)fill_buffer(Buffer{bytes.get() + (size == 0 ? 0 : 1), size});
  }
}

void use(const UsersView& view, Look look, const UserFields& user) {
  if (look != Look::kFound) return;
  struct passwd entry {};
  into_buffers([&](Buffer buffer) { return fill(user, buffer, &entry); });
  Memberships memberships{};
  Piece sid;
  (void)view.sid(user.sid, sid);
  if (view.memberships(user, memberships) != Look::kFound) return;
  gid_t* gids = nullptr;
  long capacity = 0;
  long added = 0;
  (void)fill(memberships, 1, {&gids, &capacity, 0, 0}, &added);
  std::free(gids);
}

void use(const UsersView& view, Look look, const GroupFields& group) {
  if (look != Look::kFound) return;
  struct group entry {};
  into_buffers([&](Buffer buffer) { return fill(view, group, buffer, &entry); });
  Piece sid;
  (void)view.sid(group.sid, sid);
}

void use(Look look, const AccountFields& account) {
  if (look != Look::kFound) return;
  struct spwd entry {};
  into_buffers([&](Buffer buffer) { return fill(account, 1795305600, buffer, &entry); });
  const std::string_view workstations(account.workstations.bytes, account.workstations.size);
  (void)workstations.find('1');
}

void ask(const UsersView& view) {
  UserFields user{};
  GroupFields group{};
  Memberships memberships{};
  for (const std::string_view name : kNames) {
    use(view, view.user_by_name(name.data(), name.size(), user), user);
    use(view, view.group_by_name(name.data(), name.size(), group), group);
    (void)view.memberships_of(name.data(), name.size(), memberships);
  }
  for (const std::uint32_t id : {770801107U, 770801109U, 770800513U, 770801900U, 5U}) {
    use(view, view.user_by_uid(id, user), user);
    use(view, view.group_by_gid(id, group), group);
    use(view, view.user_from(id, user), user);
    use(view, view.group_from(id, group), group);
  }
  for (std::uint32_t i = 0; i < 8; ++i) {
    use(view, view.user_at(i, user), user);
    use(view, view.group_at(i, group), group);
  }
}

void ask(const RestrictedView& view) {
  AccountFields account{};
  BindingFields binding{};
  for (const std::string_view name : kNames)
    use(view.account_by_name(name.data(), name.size(), account), account);
  for (std::uint32_t i = 0; i < 8; ++i) {
    use(view.account_at(i, account), account);
    use(view.account_from(770801100 + i, account), account);
    use(view.account_by_uid(770801105 + i, account), account);
    if (view.binding_at(i, binding) != Look::kFound) continue;
    for (std::uint32_t n = 0; n < binding.account_count && n < 4; ++n)
      use(view.bound_account(binding, n, account), account);
  }
  for (const std::string_view mapping : kMappings)
    (void)view.binding(mapping.data(), mapping.size(), binding);
}

}  // namespace

// The file, with its size where its header has it.
void snapshot(Bytes input) {
  const std::size_t size = input.size();
  const std::unique_ptr<std::uint64_t[]> words(new std::uint64_t[size / 8 + 1]);
  auto* const data = reinterpret_cast<std::uint8_t*>(words.get());
  if (size >= format::header::kSize) {
    std::memcpy(data, input.data(), size);
    const std::uint64_t length = size;
    std::memcpy(data + format::header::kFileSize, &length, sizeof length);
    const auto whole = static_cast<std::uint32_t>(size);
    if (check_header(data, size, FileKind::kUsers) == HeaderState::kGood) ask(UsersView(data, whole));
    if (check_header(data, size, FileKind::kRestricted) == HeaderState::kGood)
      ask(RestrictedView(data, whole));
  }
}

}  // namespace jpki::fuzz
