// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the writer lays out is what the view answers.
#include "base/unique_fd.h"
#include "nss_ad/snapshot/layout.h"
#include "tests/unit/nss_ad/snapshot_fixture.h"

#include <algorithm>
#include <csignal>
#include <random>
#include <set>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::ad;
using namespace jpki::ad::snapshot;
using namespace jpki::ad::snapshot::test;

std::string first_word(const std::string& text) {
  return text.substr(0, text.find('\0'));
}

START_TEST(every_user_is_found_by_name_and_uid) {
  const Contents contents = large_site(5000);
  Loaded file = users_file(contents);
  ck_assert(file.header(FileKind::kUsers, file.size()) == HeaderState::kGood);
  const UsersView view = file.users();
  ck_assert(view.content_is_whole());
  for (const UserEntry& entry : contents.users) {
    UserFields fields{};
    ck_assert(view.user_by_name(entry.name.data(), entry.name.size(), fields) == Look::kFound);
    const std::string strings(fields.strings, fields.strings_size);
    const std::string nul(1, '\0');
    ck_assert(strings ==
              entry.name + nul + "x" + nul + entry.gecos + nul + entry.home + nul + entry.shell + nul);
    ck_assert_uint_eq(fields.uid, entry.uid);
    ck_assert_uint_eq(fields.gid, entry.gid);
    ck_assert(user_numbered(view, entry.uid) == user_named(view, entry.name));
  }
  ck_assert(user_named(view, "user5000") == "none");
  ck_assert(user_named(view, "") == "none");
  ck_assert(user_named(view, std::string(5000, 'a')) == "none");
  ck_assert(user_numbered(view, 770801000 + 5000) == "none");
  ck_assert(user_numbered(view, 0) == "none");
}
END_TEST

START_TEST(every_group_is_found_by_name_and_gid) {
  const Contents contents = large_site(1000);
  Loaded file = users_file(contents);
  const UsersView view = file.users();
  for (const GroupEntry& entry : contents.groups) {
    GroupFields fields{};
    Piece members;
    Piece sid;
    ck_assert(view.group_by_name(entry.name.data(), entry.name.size(), fields) == Look::kFound);
    ck_assert(view.members(fields, members) == Look::kFound);
    std::set<std::string> expected;
    for (const std::uint32_t member : entry.members) expected.insert(contents.users[member].name);
    const std::vector<std::string> listed = names_of(members);
    ck_assert(std::set<std::string>(listed.begin(), listed.end()) == expected);
    ck_assert_uint_eq(listed.size(), fields.member_count);
    ck_assert(view.sid(fields.sid, sid) == Look::kFound && sid_of(sid) == entry.sid);
    ck_assert(group_numbered(view, entry.gid) == group_named(view, entry.name));
  }
  ck_assert(group_named(view, "user1") == "none");
  ck_assert(group_numbered(view, 770801000) == "none");
}
END_TEST

START_TEST(a_user_knows_its_groups) {
  Loaded file = users_file(small_site());
  ck_assert(groups_of(file.users(), "yamada.taro") == "770800513 770801900 ");
  ck_assert(groups_of(file.users(), "Z") == "770800513 ");
  ck_assert(groups_of(file.users(), "nobody") == "none");
  ck_assert(user_named(file.users(), "z").ends_with(sid_with(770801108 % 200000).text()));
}
END_TEST

// What is asked, and which name answers ("": none).
const struct {
  const char* asked;
  const char* name;
} kSpellings[] = {
    {"YAMADA.TARO", "Yamada.Taro"},
    {"yamada.tarO", "Yamada.Taro"},
    {"yamada.taro\xC5\x8D", ""},
    {"Z", "z"},
    {"[", ""},
    {"ｆｕｌｌｗｉｄｔｈ", "ＦｕｌｌＷｉｄｔｈ"},
    {"ＦＵＬＬＷＩＤＴＨ", "ＦｕｌｌＷｉｄｔｈ"},
    {"FullWidth", ""},
    {"ωMEGA", "Ωmega"},
    {"\xE2\x84\xA6mega", "Ωmega"},  // the Ohm sign
    {"ADMINISTRATOR-OF-THE-WHOLE-TOWN", "administrator-of-the-whole-town"},
    {"adm\xC4\xB1nistrator-of-the-whole-town", ""},  // ı is no i
    {"山田花子", "山田花子"},
    {"山田花", ""},
    {"山田花\xE5\xAD", ""},  // not UTF-8
    {"\xFF", ""},
};

START_TEST(names_are_compared_as_the_directory_does) {
  Loaded file = users_file(small_site());
  Loaded restricted = restricted_file(small_site());
  const auto& spelling = kSpellings[_i];
  const std::string expected = *spelling.name == '\0' ? "none" : spelling.name;
  ck_assert_msg(first_word(user_named(file.users(), spelling.asked)) == expected, "%s", spelling.asked);
  const std::string account = account_named(restricted.restricted(), spelling.asked);
  ck_assert(account.substr(0, account.find(',')) == expected);
}
END_TEST

// All code points: the reader with a file's pairs folds to what the writer does, and folding twice is once.
START_TEST(reader_and_writer_fold_alike) {
  std::vector<std::string> keys;
  std::vector<std::string> names;
  for (std::uint32_t c = 1; c < 0x110000; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    std::string name;
    if (c < 0x80) {
      name = {static_cast<char>(c)};
    } else if (c < 0x800) {
      name = {static_cast<char>(0xC0 | c >> 6), static_cast<char>(0x80 | (c & 63))};
    } else if (c < 0x10000) {
      name = {static_cast<char>(0xE0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 63)),
              static_cast<char>(0x80 | (c & 63))};
    } else {
      name = {static_cast<char>(0xF0 | c >> 18), static_cast<char>(0x80 | (c >> 12 & 63)),
              static_cast<char>(0x80 | (c >> 6 & 63)), static_cast<char>(0x80 | (c & 63))};
    }
    keys.push_back(*folded_key(name));
    names.push_back(std::move(name));
  }
  Image image;
  for (const CasePair& pair : case_pairs_of(keys)) {
    image.append_number(pair.from);
    image.append_number(pair.to);
  }
  const auto count = static_cast<std::uint32_t>(image.size() / 8);
  ck_assert_uint_gt(count, 1000);
  Loaded pairs(std::move(image).take());
  for (std::size_t i = 0; i < names.size(); ++i) {
    Key key;
    const bool same = fold(names[i].data(), names[i].size(), {pairs.data(), count}, key) &&
                      std::string_view(key.bytes, key.size) == keys[i] && *folded_key(keys[i]) == keys[i];
    if (!same) ck_abort_msg("%s", names[i].c_str());
  }
}
END_TEST

START_TEST(domain_forms_are_names_only_when_allowed) {
  Contents contents = small_site();
  contents.users.push_back(user("odd@ad.test", 770801200));
  const auto ask = [&](bool backslash, bool at, const char* name) {
    contents.name_forms = {.domain_backslash = backslash, .at_realm = at};
    Loaded file = users_file(contents);
    Loaded restricted = restricted_file(contents);
    const std::string answer = first_word(user_named(file.users(), name));
    const std::string account = account_named(restricted.restricted(), name);
    ck_assert(account.substr(0, account.find(',')) == answer);
    return answer;
  };
  ck_assert(ask(true, false, "ADT\\yamada.taro") == "Yamada.Taro");
  ck_assert(ask(true, false, "adt\\山田花子") == "山田花子");
  ck_assert(ask(false, false, "ADT\\yamada.taro") == "none");
  ck_assert(ask(false, true, "ADT\\yamada.taro") == "none");
  ck_assert(ask(true, true, "OTHER\\yamada.taro") == "none");
  ck_assert(ask(true, true, "\\yamada.taro") == "none");
  ck_assert(ask(true, true, "ADT\\") == "none");
  ck_assert(ask(true, true, "ADT\\ADT\\z") == "none");
  ck_assert(ask(false, true, "yamada.taro@ad.test") == "Yamada.Taro");
  ck_assert(ask(false, true, "yamada.taro@AD.TEST") == "Yamada.Taro");
  ck_assert(ask(true, false, "yamada.taro@AD.TEST") == "none");
  ck_assert(ask(true, true, "yamada.taro@AD.TES") == "none");
  ck_assert(ask(true, true, "yamada.taro@") == "none");
  ck_assert(ask(true, true, "@AD.TEST") == "none");
  ck_assert(ask(false, false, "odd@AD.TEST") == "odd@ad.test");
  ck_assert(ask(true, true, "odd@AD.TEST") == "odd@ad.test");
  ck_assert(ask(true, true, "odd@ad.test@ad.test") == "odd@ad.test");
}
END_TEST

// Letters of ASCII without their case, nothing else; a domain without a name is nobody's.
START_TEST(a_domain_is_compared_as_a_whole) {
  Contents contents = small_site();
  contents.name_forms = {.domain_backslash = true, .at_realm = true};
  const auto ask = [&](const std::string& name) {
    Loaded file = users_file(contents);
    return first_word(user_named(file.users(), name));
  };
  for (const char* other : {"XDT\\z", "ADX\\z", "ADT/z", "ADTz", "ADTxz", "\\z", "z@XD.TEST", "z@AD.TESX",
                            "z.AD.TEST", "zAD.TEST", "zxAD.TEST", "z@"})
    ck_assert_msg(ask(other) == "none", "%s", other);
  contents.netbios = "AZ[09";
  contents.realm = "AZ[.TEST";
  for (const char* ours : {"AZ[09\\z", "az[09\\z", "z@az[.test", "z@AZ[.TEST"})
    ck_assert_msg(ask(ours) == "z", "%s", ours);
  for (const char* other : {"az{09\\z", "az[PY\\z", "z@az{.test", "z@az[NTEST"})
    ck_assert_msg(ask(other) == "none", "%s", other);
  contents.netbios.clear();
  contents.realm.clear();
  for (const char* nobody : {"\\z", "z@"}) ck_assert_msg(ask(nobody) == "none", "%s", nobody);
}
END_TEST

// A name need not be terminated: nothing behind it is looked at.
START_TEST(a_name_is_read_to_its_end) {
  Contents contents = small_site();
  contents.name_forms = {.domain_backslash = true, .at_realm = true};
  Loaded file = users_file(contents);
  for (const std::string_view name : {"ADT\\z", "z@AD.TEST", "ADT", "AD.TEST", "z", "nobody.at.all"}) {
    Fenced page(Blob(64));
    char* const at = reinterpret_cast<char*>(page.data()) + 64 - name.size();
    std::ranges::copy(name, at);
    ck_assert(user_named(file.users(), {at, name.size()}) == user_named(file.users(), std::string(name)));
  }
}
END_TEST

START_TEST(enumeration_goes_by_id) {
  Contents contents = small_site();
  std::ranges::reverse(contents.users);
  contents.groups.clear();
  contents.bindings.clear();
  Loaded file = users_file(contents);
  std::vector<std::uint32_t> uids;
  UserFields fields{};
  for (std::uint64_t next = 0; file.users().user_from(next, fields) == Look::kFound;
       next = std::uint64_t{fields.uid} + 1)
    uids.push_back(fields.uid);
  ck_assert(uids ==
            std::vector<std::uint32_t>({770801107, 770801108, 770801109, 770801110, 770801111, 770801112}));
  ck_assert(file.users().user_from(0x100000000, fields) == Look::kNone);
  GroupFields none{};
  ck_assert(file.users().group_from(0, none) == Look::kNone);
  ck_assert(file.users().group_at(0, none) == Look::kNone);
  ck_assert(file.users().user_at(0, fields) == Look::kFound && fields.uid == 770801107);
  ck_assert(file.users().user_at(5, fields) == Look::kFound && fields.uid == 770801112);
  ck_assert(file.users().user_at(6, fields) == Look::kNone);
  Loaded restricted = restricted_file(contents);
  AccountFields account{};
  ck_assert(restricted.restricted().account_from(770801110, account) == Look::kFound);
  ck_assert_uint_eq(account.uid, 770801110);
  ck_assert(restricted.restricted().account_at(5, account) == Look::kFound && account.uid == 770801112);
  ck_assert(restricted.restricted().account_at(6, account) == Look::kNone);
  ck_assert(restricted.restricted().account_from(770801113, account) == Look::kNone);
  Loaded groups = users_file(small_site());
  std::vector<std::uint32_t> gids;
  for (std::uint64_t next = 0; groups.users().group_from(next, none) == Look::kFound;
       next = std::uint64_t{none.gid} + 1)
    gids.push_back(none.gid);
  ck_assert(gids == std::vector<std::uint32_t>({770800513, 770801900, 770802000}));
  ck_assert(groups.users().group_at(2, none) == Look::kFound && none.gid == 770802000);
  ck_assert(groups.users().group_at(3, none) == Look::kNone);
}
END_TEST

START_TEST(states_and_bindings_are_in_the_restricted_file) {
  const Contents contents = small_site();
  Loaded file = restricted_file(contents);
  ck_assert(file.header(FileKind::kRestricted, file.size()) == HeaderState::kGood);
  ck_assert(file.header(FileKind::kUsers, file.size()) == HeaderState::kForeign);
  const RestrictedView view = file.restricted();
  for (const UserEntry& entry : contents.users) {
    AccountFields account{};
    ck_assert(view.account_by_name(entry.name.data(), entry.name.size(), account) == Look::kFound);
    ck_assert(state_of(account) == entry.state);
    ck_assert(sid_of(account.sid) == entry.sid);
    ck_assert(view.account_by_uid(entry.uid, account) == Look::kFound);
    ck_assert(text_of(account.name) == entry.name);
  }
  ck_assert(bound_to(view, contents.bindings[0].mapping) == "Yamada.Taro;");
  ck_assert(bound_to(view, contents.bindings[1].mapping) == "Yamada.Taro;");
  ck_assert(bound_to(view, contents.bindings[2].mapping) == "山田花子;");
  ck_assert(bound_to(view, "X509:<SKI>11") == "ＦｕｌｌＷｉｄｔｈ;administrator-of-the-whole-town;");
  ck_assert(bound_to(view, "X509:<SKI>12") == "none");
  ck_assert(bound_to(view, "x509:<ski>11") == "none");
}
END_TEST

START_TEST(users_and_groups_are_found_by_sid) {
  Contents contents = small_site();
  Sid longest = sid_with(7);
  longest.sub_authorities.resize(15, 1);
  contents.users[1].sid = longest;
  Loaded file = users_file(contents);
  for (const UserEntry& entry : contents.users) {
    const auto found = find_user(file.users(), entry.sid);
    ck_assert_msg(found && found->uid == entry.uid, "%s", entry.name.c_str());
  }
  for (const GroupEntry& entry : contents.groups) {
    const auto found = find_group(file.users(), entry.sid);
    ck_assert_msg(found && found->gid == entry.gid, "%s", entry.name.c_str());
  }
  // As a rule names one.
  for (const std::string& name : {std::string("DOMAIN users"), sid_with(770800513 % 200000).text()}) {
    const auto found = find_group(file.users(), name);
    ck_assert_msg(found && found->gid == 770800513, "%s", name.c_str());
  }
  for (const std::string& name : {std::string("z"), std::string("S-1"), sid_with(1).text()})
    ck_assert_msg(!find_group(file.users(), name), "%s", name.c_str());
  ck_assert(!find_user(file.users(), contents.groups[0].sid) && !find_user(file.users(), sid_with(1)));
  ck_assert(!find_group(file.users(), contents.users[0].sid));
}
END_TEST

START_TEST(bindings_are_told_one_by_one) {
  const Contents contents = small_site();
  Loaded file = restricted_file(contents);
  std::set<std::string> mappings, told;
  for (const CertificateBinding& binding : contents.bindings) mappings.insert(binding.mapping);
  BindingFields fields{};
  std::uint32_t index = 0;
  for (; file.restricted().binding_at(index, fields) == Look::kFound; ++index)
    told.insert({fields.mapping.bytes, fields.mapping.size});
  ck_assert(told == mappings && index == mappings.size());
  ck_assert(file.restricted().binding_at(index, fields) == Look::kNone);
}
END_TEST

START_TEST(the_world_readable_file_says_nothing_of_states_and_certificates) {
  Contents contents = small_site();
  const auto users = lay_out_users(contents);
  const auto text = as_text(*users);
  ck_assert(text.find("X509") == std::string_view::npos);
  ck_assert(text.find("PC1") == std::string_view::npos);
  for (UserEntry& entry : contents.users) entry.state = {};
  contents.bindings.clear();
  ck_assert(*lay_out_users(contents) == *users);
}
END_TEST

START_TEST(the_same_contents_give_the_same_bytes) {
  Contents contents = small_site();
  const Blob users = *lay_out_users(contents);
  const Blob restricted = *lay_out_restricted(contents);
  std::ranges::reverse(contents.bindings);
  std::ranges::reverse(contents.groups);
  contents.groups[0].members = {0, 2, 2};
  ck_assert(*lay_out_users(contents) == users);
  ck_assert(*lay_out_restricted(contents) == restricted);
}
END_TEST

START_TEST(an_empty_directory_is_a_file) {
  Loaded file = users_file({});
  ck_assert(file.header(FileKind::kUsers, file.size()) == HeaderState::kGood);
  ck_assert(user_named(file.users(), "root") == "none");
  ck_assert(group_numbered(file.users(), 1) == "none");
  Loaded restricted = restricted_file({});
  ck_assert(bound_to(restricted.restricted(), "X509:<SKI>11") == "none");
}
END_TEST

// What nobody may ever be told is refused, whoever made the contents.
using Spoil = void (*)(Contents&);
const struct {
  const char* says;
  Spoil spoil;
} kRefused[] = {
    {"ids 0 and", [](Contents& c) { c.users[0].uid = 0; }},
    {"ids 0 and", [](Contents& c) { c.users[0].uid = 0xFFFFFFFF; }},
    {"ids 0 and", [](Contents& c) { c.users[0].gid = 0; }},
    {"ids 0 and", [](Contents& c) { c.groups[0].gid = 0; }},
    {"the same id", [](Contents& c) { c.users[0].uid = c.users[1].uid; }},
    {"the same id", [](Contents& c) { c.groups[0].gid = c.groups[1].gid; }},
    {"the same name", [](Contents& c) { c.users[0].name = "Z"; }},
    {"the same name", [](Contents& c) { c.users[0].name = "ωMEGA"; }},
    {"the same name", [](Contents& c) { c.groups[0].name = "EMPTY"; }},
    {"empty", [](Contents& c) { c.users[0].name.clear(); }},
    {"colon", [](Contents& c) { c.users[0].name = "a:b"; }},
    {"comma", [](Contents& c) { c.users[0].name = "a,b"; }},
    {"slash", [](Contents& c) { c.users[0].name = "a/b"; }},
    {"slash", [](Contents& c) { c.users[0].name = "a\\b"; }},
    {"directory", [](Contents& c) { c.users[0].name = ".."; }},
    {"control", [](Contents& c) { c.users[0].name = "a\nb"; }},
    {"control", [](Contents& c) { c.users[0].name = std::string("a\0b", 3); }},
    {"control", [](Contents& c) { c.users[0].name = "a\xC2\x85z"; }},
    {"UTF-8", [](Contents& c) { c.groups[0].name = "\xFF"; }},
    {"too long", [](Contents& c) { c.users[0].name = std::string(1025, 'a'); }},
    {"full name", [](Contents& c) { c.users[0].gecos = "a:0:0"; }},
    {"home", [](Contents& c) { c.users[0].home = "/a\nroot::0:0::/:"; }},
    {"shell", [](Contents& c) { c.users[0].shell = std::string("/bin/a\0", 7); }},
    {"shell", [](Contents& c) { c.users[0].shell = std::string(70000, 'a'); }},
    {"member", [](Contents& c) { c.groups[0].members = {6}; }},
};

START_TEST(what_nobody_may_be_told_is_refused) {
  Contents contents = small_site();
  kRefused[_i].spoil(contents);
  const auto bytes = lay_out_users(contents);
  ck_assert_msg(!bytes.has_value(), "%s", kRefused[_i].says);
  ck_assert_msg(bytes.error().find(kRefused[_i].says) != std::string::npos, "%s", bytes.error().c_str());
}
END_TEST

START_TEST(bindings_of_nobody_are_refused) {
  Contents contents = small_site();
  contents.bindings.push_back({"X509:<SKI>22", 6});
  ck_assert(!lay_out_restricted(contents));
  contents = small_site();
  contents.bindings[0].mapping.clear();
  ck_assert(!lay_out_restricted(contents));
}
END_TEST

// A full home bucket continues in the next ones, the last in the first; too many take another seed.
START_TEST(tables_cope_with_collisions) {
  const auto all_in = [](std::uint64_t bucket, std::size_t count) {
    Hashes hashes;
    for (std::size_t i = 0; i < count; ++i) hashes.push_back({bucket, static_cast<std::uint32_t>(i + 1)});
    return hashes;
  };
  ck_assert(Table::fill(all_in(15, 56), 16).has_value());
  ck_assert(!Table::fill(all_in(15, 57), 16).has_value());
  const auto tables = fill_tables(
      [&](std::uint64_t seed) { return std::vector<Hashes>{seed < 5 ? all_in(3, 57) : all_in(3, 8)}; });
  ck_assert(tables.has_value());
  ck_assert_uint_eq(tables->seed, 5);
  ck_assert(!fill_tables([&](std::uint64_t) { return std::vector<Hashes>{all_in(3, 100)}; }).has_value());
}
END_TEST

START_TEST(random_ids_and_names_are_all_found) {
  std::mt19937 random(4711);
  Contents contents;
  std::set<std::uint32_t> ids;
  while (ids.size() < 20000) ids.insert(static_cast<std::uint32_t>(random() % 0xFFFFFFFE + 1));
  for (const std::uint32_t id : ids)
    contents.users.push_back(user(std::to_string(id * 7U) + "n" + std::to_string(id), id));
  Loaded file = users_file(contents);
  for (const UserEntry& entry : contents.users) {
    ck_assert(first_word(user_named(file.users(), entry.name)) == entry.name);
    ck_assert(first_word(user_numbered(file.users(), entry.uid)) == entry.name);
  }
}
END_TEST

std::uint32_t word_of(int fd) {
  std::uint32_t word = 99;
  ck_assert_int_eq(::pread(fd, &word, sizeof word, format::header::kSuperseded), sizeof word);
  return word;
}

Destination here(const jpki::test::TemporaryDirectory& directory) {
  return {.directory = directory.path(), .restricted_group = ::getegid(), .users_group = ::getegid()};
}

START_TEST(files_are_replaced_and_the_old_ones_say_so) {
  const jpki::test::TemporaryDirectory directory;
  Contents contents = small_site();
  ck_assert(write_snapshots(contents, here(directory)).has_value());
  const UniqueFd first(::open(directory.path("users.snap").c_str(), O_RDONLY));
  ck_assert_uint_eq(word_of(first.get()), 0);
  contents.users[0].shell = "/bin/sh";
  ck_assert(write_snapshots(contents, here(directory)).has_value());
  ck_assert_uint_eq(word_of(first.get()), 1);
  const UniqueFd second(::open(directory.path("users.snap").c_str(), O_RDONLY));
  ck_assert_uint_eq(word_of(second.get()), 0);
  struct stat status {};
  ck_assert_int_eq(::fstat(second.get(), &status), 0);
  ck_assert_uint_eq(status.st_mode & 07777, 0644);
  ck_assert_int_eq(::stat(directory.path("restricted.snap").c_str(), &status), 0);
  ck_assert_uint_eq(status.st_mode & 07777, 0640);
  const auto files = std::distance(std::filesystem::directory_iterator(directory.path()), {});
  ck_assert_int_eq(files, 2);
}
END_TEST

START_TEST(contents_come_back_as_they_were) {
  const jpki::test::TemporaryDirectory directory;
  Contents contents = small_site();
  contents.enumerate = true;
  contents.name_forms.at_realm = true;
  std::ranges::sort(contents.groups, {}, &GroupEntry::gid);
  ck_assert(write_snapshots(contents, here(directory)).has_value());
  const auto back = read_contents(directory.path(), ::geteuid());
  ck_assert_msg(back.has_value(), "%s", back ? "" : back.error().text.c_str());
  ck_assert_uint_eq(back->users.size(), contents.users.size());
  for (std::size_t i = 0; i < contents.users.size(); ++i) {
    const UserEntry& a = back->users[i];
    const UserEntry& b = contents.users[i];
    ck_assert(a.name == b.name && a.uid == b.uid && a.gid == b.gid && a.gecos == b.gecos &&
              a.home == b.home && a.shell == b.shell && a.sid == b.sid && a.state == b.state);
  }
  for (std::size_t i = 0; i < contents.groups.size(); ++i) {
    std::vector<std::uint32_t> members = contents.groups[i].members;
    std::ranges::sort(members);
    ck_assert(back->groups[i].members == members && back->groups[i].name == contents.groups[i].name &&
              back->groups[i].sid == contents.groups[i].sid);
  }
  ck_assert_uint_eq(back->bindings.size(), contents.bindings.size());
  ck_assert(back->realm == "AD.TEST" && back->netbios == "ADT" && back->enumerate);
  ck_assert(back->name_forms.at_realm && !back->name_forms.domain_backslash);
  ck_assert(back->synchronized == contents.synchronized);
  for (const bool enumerate : {false, true})
    for (const bool backslash : {false, true})
      for (const bool at : {false, true}) {
        contents.enumerate = enumerate;
        contents.name_forms = {.domain_backslash = backslash, .at_realm = at};
        ck_assert(write_snapshots(contents, here(directory)).has_value());
        const auto again = read_contents(directory.path(), ::geteuid());
        ck_assert(again && again->enumerate == enumerate && again->name_forms.domain_backslash == backslash &&
                  again->name_forms.at_realm == at);
      }
}
END_TEST

// What stands behind the gids of a user is no gid of it, and may be the number of a group.
START_TEST(a_member_is_not_who_has_the_gid_behind_its_own) {
  const jpki::test::TemporaryDirectory directory;
  Contents contents = small_site();
  const auto behind = [&] {
    Loaded file = users_file(contents);
    const UsersView view = file.users();
    Memberships of_user{};
    const std::string& name = contents.users[0].name;
    ck_assert(view.memberships_of(name.data(), name.size(), of_user) == Look::kFound);
    return format::load<std::uint32_t>(of_user.gids + std::size_t{4} * of_user.gid_count);
  };
  ck_assert(contents.groups[1].members.empty());
  contents.groups[1].gid = behind();
  ck_assert_uint_eq(behind(), contents.groups[1].gid);
  ck_assert(write_snapshots(contents, here(directory)).has_value());
  const auto back = read_contents(directory.path(), ::geteuid());
  ck_assert_msg(back.has_value(), "%s", back ? "" : back.error().text.c_str());
}
END_TEST

START_TEST(files_of_two_times_are_joined_only_where_they_agree) {
  const jpki::test::TemporaryDirectory directory;
  Contents contents = small_site();
  ck_assert(write_snapshots(contents, here(directory)).has_value());
  contents.users[0].sid = sid_with(9999);
  contents.users[2].name = "renamed";
  const Blob users = *lay_out_users(contents);
  ck_assert(replace_snapshot(directory.path("users.snap"), users, 0644, ::getegid()).has_value());
  const auto back = read_contents(directory.path(), ::geteuid());
  ck_assert(back.has_value());
  ck_assert_uint_eq(back->users[0].state.user_account_control, 2);
  ck_assert_uint_eq(back->users[2].state.user_account_control, 2);
  ck_assert_uint_eq(back->users[3].state.user_account_control, 0x200);
  for (const CertificateBinding& binding : back->bindings) ck_assert_uint_ge(binding.user, 3);
}
END_TEST

START_TEST(a_full_disk_leaves_the_old_files) {
  const jpki::test::TemporaryDirectory directory;
  ck_assert(write_snapshots(small_site(), here(directory)).has_value());
  const UniqueFd old(::open(directory.path("users.snap").c_str(), O_RDONLY));
  ::signal(SIGXFSZ, SIG_IGN);
  struct rlimit limit {};
  ::getrlimit(RLIMIT_FSIZE, &limit);
  const struct rlimit small { 4096, limit.rlim_max };
  ::setrlimit(RLIMIT_FSIZE, &small);
  const auto written = write_snapshots(large_site(1000), here(directory));
  ::setrlimit(RLIMIT_FSIZE, &limit);
  ck_assert(!written.has_value());
  ck_assert_msg(written.error().find("make room") != std::string::npos, "%s", written.error().c_str());
  ck_assert_uint_eq(word_of(old.get()), 0);
  ck_assert_uint_eq(read_contents(directory.path(), ::geteuid())->users.size(), small_site().users.size());
  ck_assert(!std::filesystem::exists(directory.path(".restricted.snap.new")));
}
END_TEST

// Whatever has the name of a snapshot and is none of ours is not written into.
START_TEST(the_word_goes_into_snapshots_only) {
  const jpki::test::TemporaryDirectory directory;
  const std::string text(500, 'a');
  const std::string path = directory.write("users.snap", text);
  const UniqueFd old(::open(path.c_str(), O_RDONLY));
  const Blob users = *lay_out_users(small_site());
  ck_assert(replace_snapshot(path, users, 0644, ::getegid()).has_value());
  ck_assert_uint_eq(word_of(old.get()), 0x61616161);
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("snapshot");
  TCase* view = tcase_create("view");
  tcase_add_test(view, every_user_is_found_by_name_and_uid);
  tcase_add_test(view, every_group_is_found_by_name_and_gid);
  tcase_add_test(view, a_user_knows_its_groups);
  tcase_add_loop_test(view, names_are_compared_as_the_directory_does, 0, std::size(kSpellings));
  tcase_add_test(view, reader_and_writer_fold_alike);
  tcase_add_test(view, domain_forms_are_names_only_when_allowed);
  tcase_add_test(view, a_domain_is_compared_as_a_whole);
  tcase_add_test(view, a_name_is_read_to_its_end);
  tcase_add_test(view, enumeration_goes_by_id);
  tcase_add_test(view, states_and_bindings_are_in_the_restricted_file);
  tcase_add_test(view, users_and_groups_are_found_by_sid);
  tcase_add_test(view, bindings_are_told_one_by_one);
  tcase_add_test(view, random_ids_and_names_are_all_found);
  suite_add_tcase(suite, view);
  TCase* writer = tcase_create("writer");
  tcase_add_test(writer, the_world_readable_file_says_nothing_of_states_and_certificates);
  tcase_add_test(writer, the_same_contents_give_the_same_bytes);
  tcase_add_test(writer, an_empty_directory_is_a_file);
  tcase_add_loop_test(writer, what_nobody_may_be_told_is_refused, 0, std::size(kRefused));
  tcase_add_test(writer, bindings_of_nobody_are_refused);
  tcase_add_test(writer, tables_cope_with_collisions);
  tcase_add_test(writer, files_are_replaced_and_the_old_ones_say_so);
  tcase_add_test(writer, contents_come_back_as_they_were);
  tcase_add_test(writer, a_member_is_not_who_has_the_gid_behind_its_own);
  tcase_add_test(writer, files_of_two_times_are_joined_only_where_they_agree);
  tcase_add_test(writer, a_full_disk_leaves_the_old_files);
  tcase_add_test(writer, the_word_goes_into_snapshots_only);
  suite_add_tcase(suite, writer);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
