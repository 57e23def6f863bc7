// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Accounts of certificates from the snapshots of the directory, and the mapping strings in them beside those
// of SSSD's own library (package libsss-certmap0).
#include "validator/map/snapshot_map.h"

#include "nss_ad/snapshot/format.h"
#include "nss_ad/snapshot/reader.h"
#include "nss_ad/snapshot/writer.h"
#include "tests/unit/validator/pki_fixture.h"
#include "validator/map/agreeing_maps.h"
#include "validator/map/map_file.h"
#include "validator/map/mapping_strings.h"

#include <dlfcn.h>
#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::test;
using ad::snapshot::Contents;
using map::SnapshotMap;
using map::strong_mapping_strings;

ad::Sid sid(std::uint32_t rid) {
  return {5, {21, 1, 2, 3, rid}};
}

Contents two_users() {
  Contents contents;
  contents.realm = "AD.TEST";
  contents.netbios = "ADT";
  contents.synchronized = kNow;
  for (const auto& [name, rid] : {std::pair("Sato", 1001u), std::pair("suzuki", 1002u)}) {
    ad::snapshot::UserEntry user;
    user.name = name;
    user.uid = 10000 + rid;
    user.gid = 20000;
    user.home = "/home/x";
    user.shell = "/bin/sh";
    user.sid = sid(rid);
    user.state.user_account_control = 512;
    contents.users.push_back(user);
  }
  contents.groups = {{"staff", 20000, sid(513), {0, 1}}, {"roles", 20001, sid(600), {1}}};
  return contents;
}

std::string canonical(const std::string& mapping) {
  auto canonical = mapping::canonical_mapping(mapping, mapping::kAllWeakForms);
  if (!canonical) ck_abort_msg("%s: %s", mapping.c_str(), canonical.error().c_str());
  return std::move(*canonical);
}

const Blob& person_certificate() {
  static const Blob certificate = person().sign(key("root"));
  return certificate;
}

// 0: issuer and serial, 1: SKI, 2: thumbprint
std::string person_string(std::size_t form) {
  return canonical(strong_mapping_strings(decoded(person_certificate())).at(form));
}

struct Site {
  Expected<SnapshotMap, map::MapError> open(const Contents& contents,
                                            std::vector<std::string> role_groups = {}) const {
    const auto written =
        ad::snapshot::write_snapshots(contents, {directory.path(), ::getegid(), ::getegid()});
    ck_assert_msg(written.has_value(), "%s", written ? "" : written.error().c_str());
    return SnapshotMap::open(directory.path(), std::move(role_groups), ::getuid());
  }
  static Expected<std::string, map::MapError> account(const map::AccountMap& accounts) {
    static const auto leaf = decoded(person_certificate());
    static const auto anchors = store_of(root());
    static const auto verified = path::validate_path(leaf, {}, anchors, jpki_policy(), kNow);
    ck_assert(verified.has_value());
    return accounts.account_of(*verified);
  }
  Expected<std::string, map::MapError> account(const Contents& contents) const {
    const auto accounts = open(contents);
    ck_assert_msg(accounts.has_value(), "%s", accounts ? "" : accounts.error().cause.c_str());
    return account(*accounts);
  }
  void refused(const Contents& contents, Verdict verdict, const std::string& cause) const {
    const auto result = account(contents);
    ck_assert(!result.has_value());
    expect_verdict(result.error().verdict, verdict, result.error().cause);
    expect_contains(result.error().cause, cause);
  }
  TemporaryDirectory directory;
};

START_TEST(one_account) {
  const Site site;
  for (const std::size_t form : {1u, 2u}) {
    Contents contents = two_users();
    contents.bindings = {{person_string(form), 0}};
    expect_text(*site.account(contents), "Sato");
  }
  Contents both = two_users();
  both.bindings = {{person_string(1), 1}, {person_string(2), 1}, {"X509:<SKI>abcd", 0}};
  expect_text(*site.account(both), "suzuki");
  // Issuer and serial beside a string that names the certificate are no harm.
  Contents weak = two_users();
  weak.bindings = {{person_string(0), 1}, {person_string(2), 0}};
  expect_text(*site.account(weak), "Sato");
  const auto opened = site.open(both);
  ck_assert_uint_eq(opened->account_count(), 2);
  ck_assert_uint_eq(opened->binding_count(), 3);
  ck_assert(opened->synchronized() == kNow);
}
END_TEST

START_TEST(weak_strings_count_when_the_snapshot_has_them) {
  const Site site;
  Contents contents = two_users();
  contents.bindings = {
      {canonical(map::weak_mapping_strings(decoded(person_certificate()), mapping::kAllWeakForms).at(1)), 0}};
  ck_assert(contents.bindings[0].mapping.starts_with("X509:<S>"));
  expect_text(*site.account(contents), "Sato");
}
END_TEST

START_TEST(refusals) {
  const Site site;
  Contents contents = two_users();
  site.refused(contents, Verdict::kNotMapped, "no altSecurityIdentities");
  contents.bindings = {{person_string(0), 0}};
  site.refused(contents, Verdict::kNotMapped, "all JPKI generations share one issuer name");
  contents.bindings = {{person_string(1), 0}, {person_string(1), 1}};
  site.refused(contents, Verdict::kMappingAmbiguous, "several accounts");
  contents.bindings = {{person_string(1), 0}, {person_string(2), 1}};
  site.refused(contents, Verdict::kMappingAmbiguous, "several accounts");
  contents.bindings = {{person_string(1), 0}};
  contents.users[0].state.user_account_control = 514;
  site.refused(contents, Verdict::kAccountDisabled, "Sato is disabled");
}
END_TEST

void damage(const std::string& path, std::uintmax_t at) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekg(static_cast<std::streamoff>(at));
  const int byte = file.get();
  file.seekp(static_cast<std::streamoff>(at));
  file.put(static_cast<char>(byte ^ 0x41));
}

START_TEST(unusable_files) {
  const Site site;
  const auto absent = SnapshotMap::open(site.directory.path(), {}, ::getuid());
  ck_assert(!absent && absent.error().verdict == Verdict::kMapUnusable);
  expect_contains(absent.error().cause, "run: nss-ad-refresh");
  Contents contents = two_users();
  contents.bindings = {{person_string(1), 0}};
  ck_assert(site.open(contents).has_value());
  const std::string path = site.directory.path("restricted.snap");
  std::filesystem::permissions(path, std::filesystem::perms(0644));
  ck_assert(!SnapshotMap::open(site.directory.path(), {}, ::getuid()));
  ck_assert(site.open(contents).has_value());
  const auto size = std::filesystem::file_size(path);
  for (std::uintmax_t at = 0; at < size; at += 16) {  // no damaged byte names another account
    ck_assert(site.open(contents).has_value());
    damage(path, at);
    const auto accounts = SnapshotMap::open(site.directory.path(), {}, ::getuid());
    if (!accounts) continue;
    const auto account = Site::account(*accounts);
    ck_assert(account ? *account == "Sato" : account.error().verdict == Verdict::kMapUnusable);
  }
}
END_TEST

const Blob& role_certificate() {
  static const Blob certificate =
      person().replace(pki::certificate_policies({"2.999.7"}, true)).sign(key("root"));
  return certificate;
}

// A role certificate that is bound to one of two_users().
struct RoleSite : Site {
  Contents contents(std::uint32_t user) const {
    Contents contents = two_users();
    contents.bindings = {{canonical(strong_mapping_strings(decoded(role_certificate())).at(0)), user}};
    return contents;
  }
  static Expected<std::string, map::MapError> role_account(const SnapshotMap& accounts) {
    static const auto leaf = decoded(role_certificate());
    static const auto anchors = [] {
      trust::TrustStore store;
      store.push_back({"g1", decoded(root()), {x509::Kind::kLgpkiRole}, {}, {}});
      return store;
    }();
    static const auto verified = path::validate_path(
        leaf, {}, anchors,
        {.initial_policies = {"2.999.7"}, .explicit_policy = true, .kind = x509::Kind::kLgpkiRole}, kNow);
    ck_assert_msg(verified.has_value(), "%s", verified ? "" : verified.error().clause.c_str());
    return accounts.account_of(*verified);
  }
};

START_TEST(role_certificates_log_in_to_their_groups_alone) {
  const RoleSite site;
  for (const std::uint32_t user : {0u, 1u}) {
    Contents contents = site.contents(user);
    const auto none = RoleSite::role_account(*site.open(contents));
    ck_assert(!none && none.error().verdict == Verdict::kKindLgpkiRole);
    const auto some = RoleSite::role_account(*site.open(contents, {"unknown", "ROLES"}));
    ck_assert(some.has_value() == (user == 1));
    ck_assert(RoleSite::role_account(*site.open(contents, {"staff"})).has_value());  // the primary group
    contents.groups.push_back({"duty", 19999, sid(601), {1}});  // the first of its groups
    const auto duty = RoleSite::role_account(*site.open(contents, {"duty"}));
    ck_assert(duty.has_value() == (user == 1));
  }
}
END_TEST

// What stands behind the gids of an account in the file is no gid of it, and may be the number of a group.
START_TEST(a_role_is_not_what_stands_behind_the_gids) {
  const RoleSite site;
  Contents contents = site.contents(0);
  const auto behind = [&] {
    ck_assert(!RoleSite::role_account(*site.open(contents, {"roles"})));
    const auto users = ad::snapshot::OpenedUsers::open(site.directory.path("users.snap"), ::getuid());
    ck_assert(users.has_value());
    ad::snapshot::UserFields user{};
    ad::snapshot::Memberships of_user{};
    ck_assert(users->view().user_by_name("Sato", 4, user) == ad::snapshot::Look::kFound &&
              users->view().memberships(user, of_user) == ad::snapshot::Look::kFound);
    const std::uint8_t* const end = of_user.gids + std::size_t{4} * of_user.gid_count;
    return ad::snapshot::format::load<std::uint32_t>(end);
  };
  contents.groups[1].gid = behind();
  ck_assert_uint_eq(behind(), contents.groups[1].gid);
}
END_TEST

// No damaged byte of users.snap gives a role or takes it away.
START_TEST(roles_of_a_damaged_file_are_unknown) {
  const RoleSite site;
  const std::string path = site.directory.path("users.snap");
  const struct {
    std::uint32_t user;
    const char* group;
  } rows[] = {{0, "roles"}, {1, "roles"}, {1, "staff"}};
  for (const auto& [user, group] : rows) {
    const Contents contents = site.contents(user);
    const auto right = RoleSite::role_account(*site.open(contents, {group}));
    std::size_t unusable = 0;
    const auto size = std::filesystem::file_size(path);
    for (std::uintmax_t at = 0; at < size; at += 4) {
      damage(path, at);
      if (const auto accounts = SnapshotMap::open(site.directory.path(), {group}, ::getuid())) {
        const auto account = RoleSite::role_account(*accounts);
        const bool same =
            account ? right.has_value() : !right && right.error().verdict == account.error().verdict;
        ck_assert_msg(same || (!account && account.error().verdict == Verdict::kMapUnusable),
                      "byte %ju, user %u", at, user);
        unusable += same ? 0 : 1;
      }
      damage(path, at);
    }
    ck_assert_uint_gt(unusable, 10);
  }
}
END_TEST

START_TEST(the_map_file_may_not_contradict) {
  const Site site;
  Contents contents = two_users();
  contents.bindings = {{person_string(1), 0}};
  const auto with_file = [&](const std::string& lines) {
    const std::string path = site.directory.write("map", lines, std::filesystem::perms(0640));
    auto file = map::MapFile::open(path, ::getuid());
    auto snapshot = site.open(contents);
    ck_assert(file && snapshot);
    return Site::account(map::AgreeingMaps(std::make_unique<SnapshotMap>(std::move(*snapshot)),
                                           std::make_unique<map::MapFile>(std::move(*file))));
  };
  expect_text(*with_file("# nobody\n"), "Sato");
  expect_text(*with_file("sato " + person_string(2) + "\n"), "Sato");
  const auto other = with_file("suzuki " + person_string(2) + "\n");
  ck_assert(!other && other.error().verdict == Verdict::kMappingAmbiguous);
  const auto two = with_file("suzuki " + person_string(2) + "\nsato " + person_string(2) + "\n");
  ck_assert(!two && two.error().verdict == Verdict::kMappingAmbiguous);
  contents.bindings.clear();
  const auto only_file = with_file("sato " + person_string(2) + "\n");
  ck_assert(!only_file && only_file.error().verdict == Verdict::kNotMapped);
}
END_TEST

// --- SSSD's library ------------------------------------------------------------------------------------
// sss_certmap.h of libsss-certmap-dev, what of it is called here.
class Certmap {
 public:
  explicit Certmap(const char* map_rule) {
    void* const library = ::dlopen("libsss_certmap.so.0", RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) ck_abort_msg("%s; install libsss-certmap0", ::dlerror());
    using Init = int (*)(void*, void*, void*, void**);
    using AddRule = int (*)(void*, std::uint32_t, const char*, const char*, const char**);
    const auto init = reinterpret_cast<Init>(::dlsym(library, "sss_certmap_init"));
    const auto add_rule = reinterpret_cast<AddRule>(::dlsym(library, "sss_certmap_add_rule"));
    expand_ = reinterpret_cast<Expand>(::dlsym(library, "sss_certmap_expand_mapping_rule"));
    free_strings_ = reinterpret_cast<FreeStrings>(::dlsym(library, "sss_certmap_free_filter_and_domains"));
    free_context_ = reinterpret_cast<FreeContext>(::dlsym(library, "sss_certmap_free_ctx"));
    ck_assert(init != nullptr && add_rule != nullptr && expand_ != nullptr && free_strings_ != nullptr &&
              free_context_ != nullptr);
    ck_assert_int_eq(init(nullptr, nullptr, nullptr, &context_), 0);
    ck_assert_int_eq(add_rule(context_, 10, "KRB5:<ISSUER>.*", map_rule, nullptr), 0);
  }
  Certmap(const Certmap&) = delete;
  Certmap& operator=(const Certmap&) = delete;
  ~Certmap() { free_context_(context_); }

  // The string that SSSD would look for in altSecurityIdentities.
  std::string string_of(const Blob& certificate) const {
    char* filter = nullptr;
    char** domains = nullptr;
    const int error = expand_(context_, certificate.data(), certificate.size(), &filter, &domains);
    ck_assert_msg(error == 0, "libsss_certmap: %d", error);
    const std::string text = filter;
    free_strings_(filter, domains);
    const auto equals = text.find('=');
    ck_assert(text.starts_with('(') && text.ends_with(')') && equals != text.npos);
    return text.substr(equals + 1, text.size() - equals - 2);
  }

 private:
  using Expand = int (*)(void*, const std::uint8_t*, std::size_t, char**, char***);
  using FreeStrings = void (*)(char*, char**);
  using FreeContext = void (*)(void*);
  Expand expand_ = nullptr;
  FreeStrings free_strings_ = nullptr;
  FreeContext free_context_ = nullptr;
  void* context_ = nullptr;
};

Blob name_of(const std::vector<pki::Attribute>& attributes) {
  return pki::distinguished_name(attributes);
}

std::vector<Blob> issuers() {
  using pki::common_name;
  const auto jp = pki::country("JP");
  return {
      authority_name(),
      authority_name(der::kPrintableString),
      name_of({jp, pki::organization("LGPKI-TEST"), common_name("Application CA G4 Root")}),
      name_of({jp, pki::organization("Example, Inc."), common_name("A, B and C")}),
      name_of({jp, {"2.5.4.8", "Tokyo", der::kUtf8String}, {"2.5.4.7", "Chiyoda", der::kUtf8String}}),
      name_of({jp, pki::organization("地方公共団体情報システム機構"), common_name("認証局 テスト")}),
      name_of({{"0.9.2342.19200300.100.1.25", "test", 0x16},
               {"0.9.2342.19200300.100.1.25", "ad", 0x16},
               common_name("ad-CA")}),
      name_of({jp, pki::organization("O'Brien + Söhne"), common_name("x=y")}),
      name_of({jp,
               pki::organizational_unit("Unit"),
               {"2.5.4.9", "1-2-3 Nagata", der::kUtf8String},
               {"2.5.4.12", "Director", der::kUtf8String}}),
      name_of({jp, {"2.5.4.4", "Suzuki", der::kUtf8String}, {"2.5.4.42", "Taro", der::kUtf8String}}),
  };
}

std::vector<Blob> serials() {
  Blob longest(20, 0xa5);
  longest[0] = 0x7f;
  Blob highest(20, 0xff);
  highest[0] = 0x00;
  return {{0x01},
          {0x00, 0x8f, 0x01, 0x02, 0x03},
          {0x2b, 0, 0, 0, 0, 0x11, 0xac, 0, 0, 0, 0, 0x12},
          {0x7f, 0x00},
          longest,
          highest};
}

START_TEST(agreement_with_libsss_certmap) {
  const Certmap issuer_and_serial(
      "LDAPU1:(altSecurityIdentities=X509:<I>{issuer_dn!ad_x500}<SR>{serial_number!hex_ur})");
  const Certmap key_identifier("LDAPU1:(altSecurityIdentities=X509:<SKI>{subject_key_id!hex})");
  const Certmap subject("LDAPU1:(altSecurityIdentities=X509:<I>{issuer_dn!ad_x500}<S>{subject_dn!ad_x500})");
  std::size_t compared = 0;
  std::size_t identical = 0;
  for (const Blob& issuer : issuers()) {
    for (const Blob& serial : serials()) {
      auto certificate = person(issuer);
      certificate.serial = serial;
      const Blob bytes = certificate.sign(key("root"));
      const auto strings = strong_mapping_strings(decoded(bytes));
      // Windows writes UTF-8 as it is, SSSD as hex pairs: one spelling to us.
      expect_text(canonical(strings.at(0)), canonical(issuer_and_serial.string_of(bytes)));
      identical += strings.at(0) == issuer_and_serial.string_of(bytes) ? 1 : 0;
      expect_text(strings.at(1), key_identifier.string_of(bytes));
      const mapping::WeakForm weak[] = {mapping::WeakForm::kIssuerSubject};
      expect_text(canonical(map::weak_mapping_strings(decoded(bytes), weak).at(0)),
                  canonical(subject.string_of(bytes)));
      ++compared;
    }
  }
  ck_assert_uint_eq(compared, 60);
  ck_assert_uint_eq(identical, 8 * 6);  // all issuers of ASCII alone
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("snapshot_map");
  TCase* tc = tcase_create("snapshot_map");
  for (const auto* test : {one_account, weak_strings_count_when_the_snapshot_has_them, refusals,
                           unusable_files, role_certificates_log_in_to_their_groups_alone,
                           roles_of_a_damaged_file_are_unknown, a_role_is_not_what_stands_behind_the_gids,
                           the_map_file_may_not_contradict, agreement_with_libsss_certmap})
    tcase_add_test(tc, test);
  suite_add_tcase(s, tc);
  return s;
}

}  // namespace

int main() {
  for (const char* name : {"root", "person"}) key(name);
  return run_suite(suite());
}
