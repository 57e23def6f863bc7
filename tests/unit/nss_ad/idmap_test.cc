// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Id schemes against published vectors and against SSSD's own library (package libsss-idmap0).
#include "nss_ad/idmap/id_map.h"
#include "nss_ad/idmap/id_memory.h"
#include "nss_ad/idmap/murmur3.h"
#include "tests/unit/nss_ad/entries.h"

#include <memory>

#include <dlfcn.h>

namespace {

using namespace jpki;
using namespace jpki::ad;
using namespace jpki::test;
using idmap::IdMap;
using idmap::IdMemory;
using idmap::NoId;
using idmap::Scheme;
using idmap::Settings;

IdMap id_map(const Settings& settings, const Sid& domain = sid(kDomainSid)) {
  auto map = IdMap::create(settings, domain);
  if (!map) ck_abort_msg("%s", map.error().c_str());
  return std::move(*map);
}

void expect_id(const Expected<std::uint32_t, NoId>& id, std::uint32_t expected) {
  ck_assert_msg(id.has_value(), "%s", id ? "" : id.error().text.c_str());
  ck_assert_msg(*id == expected, "%u instead of %u", *id, expected);
}

void expect_none(const Expected<std::uint32_t, NoId>& id, NoId::Reason reason, const std::string& hint) {
  ck_assert_msg(!id, "%u", id ? *id : 0);
  ck_assert_msg(id.error().reason == reason, "%s", id.error().text.c_str());
  expect_contains(id.error().text, hint);
}

// --- murmur and sssd ------------------------------------------------------------------------------------
START_TEST(murmur3_vectors) {
  const struct {
    const char* text;
    std::uint32_t seed;
    std::uint32_t hash;
  } vectors[] = {
      {"", 0, 0},
      {"", 1, 0x514e28b7},
      {"a", 0x9747b28c, 0x7fa09ea6},
      {"aa", 0x9747b28c, 0x5d211726},
      {"aaa", 0x9747b28c, 0x283e0130},
      {"aaaa", 0x9747b28c, 0x5a97808a},
      {"Hello, world!", 0x9747b28c, 0x24884cba},
      {kDomainSid, 0xdeadbeef, 0x058ca6ed},
  };
  for (const auto& [text, seed, hash] : vectors) {
    const std::uint32_t actual = idmap::murmur3_32(as_bytes(text), seed);
    ck_assert_msg(actual == hash, "\"%s\": %08x instead of %08x", text, actual, hash);
  }
}
END_TEST

START_TEST(sssd_vectors) {
  const IdMap map = id_map({});
  const std::pair<std::uint32_t, std::uint32_t> vectors[] = {
      {513, 770800513},    {1107, 770801107},   {199999, 770999999},
      {200000, 504400000}, {250000, 504450000}, {400001, 324200001},
  };
  for (const auto& [rid, id] : vectors) expect_id(map.id_of(domain_sid(rid)), id);
  ck_assert_uint_eq(idmap::sssd_slice({}, kDomainSid, {}).value(), 3853);
}
END_TEST

START_TEST(taken_slices_give_way_to_the_next_and_wrap) {
  Settings settings;
  ck_assert_uint_eq(idmap::sssd_slice(settings, kDomainSid, {3853, 3854, 17}).value(), 3855);
  settings.sssd_low = 1000;
  settings.sssd_high = 1000 + 3 * 200000;
  const std::uint32_t last = 0x058ca6ed % 3;
  ck_assert_uint_eq(idmap::sssd_slice(settings, kDomainSid, {}).value(), last);
  ck_assert_uint_eq(idmap::sssd_slice(settings, kDomainSid, {last}).value(), (last + 1) % 3);
  ck_assert_uint_eq(idmap::sssd_slice(settings, kDomainSid, {last, (last + 1) % 3}).value(), (last + 2) % 3);
  ck_assert(!idmap::sssd_slice(settings, kDomainSid, {0, 1, 2}));
}
END_TEST

START_TEST(domains_before_ours) {
  Settings settings;
  settings.sssd_default_domain = sid(kDomainSid);
  expect_id(id_map(settings).id_of(domain_sid(1107)), 200000 + 1107);
  settings.sssd_default_domain = sid("S-1-5-21-1-2-3");
  expect_id(id_map(settings).id_of(domain_sid(1107)), 770801107);
  settings.sssd_earlier_domains = {sid("S-1-5-21-9-9-9"), sid(kDomainSid)};
  expect_id(id_map(settings).id_of(domain_sid(1107)), 770801107);
  settings = {};
  settings.sssd_high = settings.sssd_low + settings.sssd_slice;  // room for one
  expect_id(id_map(settings).id_of(domain_sid(1107)), settings.sssd_low + 1107);
  --settings.sssd_high;
  ck_assert(!IdMap::create(settings, sid(kDomainSid)));
  ++settings.sssd_high;
  settings.sssd_earlier_domains = {sid("S-1-5-21-9-9-9")};
  ck_assert(!IdMap::create(settings, sid(kDomainSid)));
  // Our own among them is passed over, and so is the default one, which has slice 0; those behind count.
  settings.sssd_earlier_domains = {sid(kDomainSid), sid("S-1-5-21-9-9-9")};
  ck_assert(!IdMap::create(settings, sid(kDomainSid)));
  settings.sssd_high += settings.sssd_slice;
  settings.sssd_default_domain = sid("S-1-5-21-9-9-9");
  expect_id(id_map(settings).id_of(domain_sid(1107)), settings.sssd_low + settings.sssd_slice + 1107);
  settings = {};
  settings.sssd_slice = 0;
  ck_assert(!IdMap::create(settings, sid(kDomainSid)));
  settings.sssd_slice = 1;
  ck_assert(IdMap::create(settings, sid(kDomainSid)).has_value());
}
END_TEST

START_TEST(slices_that_depend_on_who_came_first_give_no_id) {
  Settings settings;
  settings.sssd_high = settings.sssd_low + 3 * settings.sssd_slice;  // ten helpers on two free slices
  const IdMap map = id_map(settings);
  ck_assert(map.id_of(domain_sid(1107)).has_value());
  expect_none(map.id_of(domain_sid(200000)), NoId::Reason::kSliceTaken, "RID below 200000");
}
END_TEST

// The helper of one multiple of the slice size, and a RID far above all of them.
START_TEST(a_slice_of_any_helper_gives_no_id) {
  Settings settings;
  settings.sssd_high = settings.sssd_low + 500 * settings.sssd_slice;
  const IdMap map = id_map(settings);
  const std::vector taken{idmap::sssd_slice(settings, kDomainSid, {}).value()};
  const auto slice_of = [&](std::uint32_t multiple) {
    return idmap::sssd_slice(
        settings, std::string(kDomainSid) + "-" + std::to_string(multiple * settings.sssd_slice), taken);
  };
  for (std::uint32_t helper = 1; helper <= 10; ++helper) {
    std::uint32_t met = 11;
    while (slice_of(met) != slice_of(helper)) ++met;
    const auto id = map.id_of(domain_sid(met * settings.sssd_slice));
    expect_none(id, NoId::Reason::kSliceTaken,
                "RIDs from " + std::to_string(met * settings.sssd_slice) + " and from " +
                    std::to_string(helper * settings.sssd_slice) + " on");
  }
  const auto is_a_helpers = [&](std::uint32_t multiple) {
    for (std::uint32_t helper = 1; helper <= 10; ++helper)
      if (slice_of(helper) == slice_of(multiple)) return true;
    return false;
  };
  ck_assert(!is_a_helpers(11));  // there are ten
  std::uint32_t met = 12;
  while (slice_of(met) != slice_of(11)) ++met;
  ck_assert(map.id_of(domain_sid(met * settings.sssd_slice)).has_value());
}
END_TEST

START_TEST(other_domains_have_no_ids) {
  const IdMap map = id_map({});
  for (const char* other : {"S-1-5-32-544", "S-1-5-21-1-2-3-1107", "S-1-5-18", "S-1-1-0"})
    expect_none(map.id_of(sid(other)), NoId::Reason::kOtherDomain, kDomainSid);
  for (const char* domain : {"S-1-5-32", "S-1-5-21-1-2", "S-1-1-21-1-2-3", "S-1-5-21-1-2-3-4"})
    ck_assert_msg(!IdMap::create({}, sid(domain)), "%s", domain);
}
END_TEST

// --- SSSD's library ------------------------------------------------------------------------------------
// sss_idmap.h of libsss-idmap-dev, what of it is called here.
struct SssRange {
  std::uint32_t min;
  std::uint32_t max;
};
struct SssLibrary {
  using Init = int (*)(void* (*)(std::size_t, void*), void*, void (*)(void*, void*), void**);
  using Free = int (*)(void*);
  using CalculateRange = int (*)(void*, const char*, id_t*, SssRange*);
  using AddAuto = int (*)(void*, const char*, const char*, SssRange*, const char*, std::uint32_t, bool, void*,
                          void*);
  using SidToUnix = int (*)(void*, const char*, std::uint32_t*);
  using SetSize = int (*)(void*, id_t);
  using SetInt = int (*)(void*, int);

  template <class Function>
  static Function symbol(void* library, const char* name) {
    void* const address = ::dlsym(library, name);
    if (address == nullptr) ck_abort_msg("libsss_idmap has no %s", name);
    return reinterpret_cast<Function>(address);
  }
  static SssLibrary load() {
    void* const library = ::dlopen("libsss_idmap.so.0", RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) ck_abort_msg("%s; install libsss-idmap0", ::dlerror());
    return {symbol<Init>(library, "sss_idmap_init"),
            symbol<Free>(library, "sss_idmap_free"),
            symbol<CalculateRange>(library, "sss_idmap_calculate_range"),
            symbol<AddAuto>(library, "sss_idmap_add_auto_domain_ex"),
            symbol<SidToUnix>(library, "sss_idmap_sid_to_unix"),
            symbol<SetSize>(library, "sss_idmap_ctx_set_lower"),
            symbol<SetSize>(library, "sss_idmap_ctx_set_upper"),
            symbol<SetSize>(library, "sss_idmap_ctx_set_rangesize"),
            symbol<SetInt>(library, "sss_idmap_ctx_set_extra_slice_init")};
  }
  Init init;
  Free release;
  CalculateRange calculate_range;
  AddAuto add_domain;
  SidToUnix to_unix;
  SetSize set_lower;
  SetSize set_upper;
  SetSize set_size;
  SetInt set_helpers;
};

// SSSD's answers for domains that it meets in this order.
class Sssd {
 public:
  Sssd(const SssLibrary& library, const Settings& settings) : library_(library) {
    ck_assert_int_eq(library_.init(nullptr, nullptr, nullptr, &context_), 0);
    library_.set_lower(context_, settings.sssd_low);
    library_.set_upper(context_, settings.sssd_high);
    library_.set_size(context_, settings.sssd_slice);
    library_.set_helpers(context_, 10);
  }
  Sssd(const Sssd&) = delete;
  Sssd& operator=(const Sssd&) = delete;
  ~Sssd() { library_.release(context_); }

  void meet(const Sid& domain) {
    const std::string text = domain.text();
    SssRange range{};
    auto slice = static_cast<id_t>(-1);
    ck_assert_int_eq(library_.calculate_range(context_, text.c_str(), &slice, &range), 0);
    ck_assert_int_eq(library_.add_domain(context_, text.c_str(), text.c_str(), &range, text.c_str(), 0, false,
                                         nullptr, nullptr),
                     0);
  }
  std::optional<std::uint32_t> id(const Sid& sid) const {
    std::uint32_t id = 0;
    return library_.to_unix(context_, sid.text().c_str(), &id) == 0 ? std::optional(id) : std::nullopt;
  }

 private:
  const SssLibrary& library_;
  void* context_ = nullptr;
};

Sid made_domain(std::uint32_t seed) {
  Sid domain = sid("S-1-5-21-0-0-0");
  for (std::size_t i = 1; i < 4; ++i)
    domain.sub_authorities[i] = idmap::murmur3_32(as_bytes(std::to_string(i)), seed);
  return domain;
}

// The answers of SSSD for one object, in a context of its own: no order of questions plays a part.
std::size_t agreements(const SssLibrary& library, const Settings& settings, const Sid& domain) {
  std::size_t agreed = 0;
  for (const std::uint32_t rid : {500u, 513u, 1107u, 199999u, 200000u, 399999u, 1000000u, 1999999u, 2000000u,
                                  2199999u, 2200000u, 123456789u, 2147483647u}) {
    Sssd sssd(library, settings);
    for (const Sid& earlier : settings.sssd_earlier_domains) sssd.meet(earlier);
    sssd.meet(domain);
    Sid object = domain;
    object.sub_authorities.push_back(rid);
    const auto ours = id_map(settings, domain).id_of(object);
    const auto theirs = sssd.id(object);
    if (!ours) {  // we refuse more than SSSD, never less
      ck_assert_msg(ours.error().reason == NoId::Reason::kSliceTaken, "%s", ours.error().text.c_str());
      continue;
    }
    ck_assert_msg(theirs.has_value(), "%s", object.text().c_str());
    ck_assert_msg(*ours == *theirs, "%s: %u instead of %u", object.text().c_str(), *ours, *theirs);
    ++agreed;
  }
  return agreed;
}

START_TEST(agreement_with_libsss_idmap) {
  const SssLibrary library = SssLibrary::load();
  std::size_t agreed = 0;
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    Settings settings;
    if (seed % 2 == 0) settings.sssd_earlier_domains = {made_domain(seed + 1000), made_domain(seed + 2000)};
    agreed += agreements(library, settings, made_domain(seed));
  }
  ck_assert_msg(agreed > 2500, "only %zu of 2600", agreed);
}
END_TEST

START_TEST(agreement_where_slices_are_few) {
  const SssLibrary library = SssLibrary::load();
  std::size_t agreed = 0;
  for (std::uint32_t seed = 1; seed <= 100; ++seed) {
    Settings settings;
    settings.sssd_low = 50000;
    settings.sssd_slice = 10000;
    settings.sssd_high = settings.sssd_low + 12 * settings.sssd_slice;
    for (std::uint32_t i = 1; i <= 6; ++i)
      settings.sssd_earlier_domains.push_back(made_domain(seed * 10 + i));
    const Sid domain = made_domain(seed * 7919);
    Sssd sssd(library, settings);
    for (const Sid& earlier : settings.sssd_earlier_domains) sssd.meet(earlier);
    sssd.meet(domain);
    Sid object = domain;
    object.sub_authorities.push_back(1107);
    const auto ours = id_map(settings, domain).id_of(object);
    ck_assert(ours.has_value() && *ours == sssd.id(object).value());
    ++agreed;
  }
  ck_assert_uint_eq(agreed, 100);
}
END_TEST

// --- rid and rfc2307 -----------------------------------------------------------------------------------
// idmap_rid(8): ID = RID - BASE_RID + LOW_RANGE_ID.
START_TEST(rid_vectors) {
  Settings settings;
  settings.scheme = Scheme::kRid;
  expect_id(id_map(settings).id_of(domain_sid(1107)), 11107);
  expect_id(id_map(settings).id_of(domain_sid(989999)), 999999);
  expect_none(id_map(settings).id_of(domain_sid(990000)), NoId::Reason::kOutOfRange, "rid_high");
  settings.rid_base = 1000;
  expect_id(id_map(settings).id_of(domain_sid(1107)), 10107);
  expect_id(id_map(settings).id_of(domain_sid(1000)), 10000);
  expect_none(id_map(settings).id_of(domain_sid(999)), NoId::Reason::kOutOfRange, "999");
  settings.rid_low = 4294967290u;
  settings.rid_high = 4294967293u;
  expect_none(id_map(settings).id_of(domain_sid(4294967295u)), NoId::Reason::kOutOfRange, "rid_high");
}
END_TEST

START_TEST(rfc2307_takes_what_the_directory_says) {
  Settings settings;
  settings.scheme = Scheme::kRfc2307;
  const IdMap map = id_map(settings);
  User taro = user();
  expect_none(map.uid_of(taro), NoId::Reason::kNoNumber, "uidNumber");
  taro.uid_number = 5001;
  expect_id(map.uid_of(taro), 5001);
  taro.uid_number = 0;
  expect_none(map.uid_of(taro), NoId::Reason::kOutOfRange, "lowest_id");
  taro.uid_number = 999;
  expect_none(map.uid_of(taro), NoId::Reason::kOutOfRange, "999");
  Settings narrow = settings;
  narrow.lowest_id = 5000;
  narrow.highest_id = 6000;
  for (const std::uint32_t inside : {5000, 6000}) {
    taro.uid_number = inside;
    expect_id(id_map(narrow).uid_of(taro), inside);
  }
  for (const std::uint32_t outside : {4999, 6001}) {
    taro.uid_number = outside;
    expect_none(id_map(narrow).uid_of(taro), NoId::Reason::kOutOfRange, "from 5000 to 6000");
  }
  taro.uid_number = 4294967295u;
  expect_none(map.uid_of(taro), NoId::Reason::kOutOfRange, "highest_id");
  Group saimu = group("saimu", 1200);
  expect_none(map.gid_of(saimu), NoId::Reason::kNoNumber, "gidNumber");
  saimu.gid_number = 6000;
  expect_id(map.gid_of(saimu), 6000);
}
END_TEST

// --- memory --------------------------------------------------------------------------------------------
START_TEST(memory_is_text) {
  IdMemory memory;
  memory.users[domain_sid(1107)] = 770801107;
  memory.users[domain_sid(1108)] = 770801108;
  memory.groups[domain_sid(513)] = 770800513;
  const std::string text = idmap::to_text(memory);
  expect_text(text, std::string("user ") + kDomainSid + "-1107 770801107\nuser " + kDomainSid +
                        "-1108 770801108\ngroup " + kDomainSid + "-513 770800513\n");
  const auto read = idmap::parse_id_memory(text);
  ck_assert(read && *read == memory);
  ck_assert(idmap::parse_id_memory("")->users.empty());
  for (const char* wrong : {"user", "user S-1-5-21-1-2-3-4", "user S-1 5", "user S-1-5-21-1-2-3-4 x", "\n",
                            "user S-1-5-21-1-2-3-4 4294967296", "host S-1-5-21-1-2-3-4 5",
                            "user S-1-5-21-1-2-3-4 5\nuser S-1-5-21-1-2-3-4 6"}) {
    const auto refused = idmap::parse_id_memory(wrong);
    ck_assert_msg(!refused, "%s", wrong);
    expect_contains(refused.error(), "line ");
  }
  expect_contains(idmap::parse_id_memory("x\n").error(), "line 1: ");
  expect_contains(idmap::parse_id_memory("user S-1-5-21-1-2-3-4 5\nx\n").error(), "line 2: ");
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("nss_ad/idmap");
  TCase* tests = tcase_create("idmap");
  tcase_add_test(tests, murmur3_vectors);
  tcase_add_test(tests, sssd_vectors);
  tcase_add_test(tests, taken_slices_give_way_to_the_next_and_wrap);
  tcase_add_test(tests, domains_before_ours);
  tcase_add_test(tests, slices_that_depend_on_who_came_first_give_no_id);
  tcase_add_test(tests, a_slice_of_any_helper_gives_no_id);
  tcase_add_test(tests, other_domains_have_no_ids);
  tcase_add_test(tests, agreement_with_libsss_idmap);
  tcase_add_test(tests, agreement_where_slices_are_few);
  tcase_add_test(tests, rid_vectors);
  tcase_add_test(tests, rfc2307_takes_what_the_directory_says);
  tcase_add_test(tests, memory_is_text);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return run_suite(suite());
}
