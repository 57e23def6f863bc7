// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/ldap/controllers.h"

#include "tests/unit/support/check_main.h"

#include <map>

namespace {

using namespace jpki;
using namespace jpki::ad::ldap;

SrvRecord record(std::uint16_t priority, std::uint16_t weight, const char* target) {
  return {priority, weight, 389, target};
}

std::string names(const std::vector<SrvRecord>& records) {
  std::string text;
  for (const auto& r : records) text += r.target + " ";
  return text;
}

// A DNS message with one question and the given answers; each `data` is a whole SRV RDATA.
Blob message(const std::vector<Blob>& answers, std::uint8_t type = 33) {
  Blob bytes{0, 1, 0x84, 0, 0, 1, 0, static_cast<std::uint8_t>(answers.size()), 0, 0, 0, 0};
  const Blob question{1, 'x', 0, 0, 33, 0, 1};
  bytes.insert(bytes.end(), question.begin(), question.end());
  for (const Blob& data : answers) {
    const Blob head{0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, static_cast<std::uint8_t>(data.size())};
    bytes.insert(bytes.end(), head.begin(), head.end());
    bytes.insert(bytes.end(), data.begin(), data.end());
  }
  return bytes;
}

const Blob kDc1{0, 7, 0, 100, 1, 0x85, 3, 'D', 'c', '1', 2, 'a', 'd', 0};
const Blob kNoService{0, 0, 0, 0, 0, 0, 0};

START_TEST(srv_records_are_read) {
  const auto records = parse_srv(message({kDc1, kNoService}));
  ck_assert(records.has_value());
  ck_assert_uint_eq(records->size(), 1);
  const SrvRecord& first = records->front();
  ck_assert_uint_eq(first.priority, 7);
  ck_assert_uint_eq(first.weight, 100);
  ck_assert_uint_eq(first.port, 389);
  ck_assert(first.target == "dc1.ad");
  ck_assert(parse_srv(message({kDc1}, 16))->empty());  // TXT
}
END_TEST

START_TEST(malformed_messages_are_refused) {
  const Blob good = message({kDc1});
  for (std::size_t size = 0; size < good.size(); ++size) {
    const auto records = parse_srv(Bytes(good).first(size));
    ck_assert_msg(!records, "%zu octets", size);
  }
  ck_assert(!parse_srv(message({Blob{0, 7, 0, 100, 1, 0x85}})));
  ck_assert(!parse_srv(message({Blob{0, 7, 0, 100, 1, 0x85, 0xc0, 255}})));  // a name beyond the end
}
END_TEST

START_TEST(lower_priority_comes_first) {
  const auto first = [](std::uint32_t) { return 0u; };
  const auto ordered = in_order({record(10, 0, "c"), record(0, 5, "a"), record(5, 0, "b")}, first);
  ck_assert_msg(names(ordered) == "a b c ", "%s", names(ordered).c_str());
}
END_TEST

// RFC 2782: the chance to be first is proportional to the weight.
START_TEST(weight_is_a_chance) {
  std::map<std::string, int> firsts;
  for (std::uint32_t chosen = 0; chosen <= 100; ++chosen) {
    bool asked = false;
    const auto random = [&](std::uint32_t bound) {
      if (asked) return 0u;
      asked = true;
      ck_assert_uint_eq(bound, 101);
      return chosen;
    };
    const auto ordered = in_order({record(0, 75, "a"), record(0, 25, "b"), record(0, 0, "z")}, random);
    ck_assert_uint_eq(ordered.size(), 3);
    ++firsts[ordered.front().target];
  }
  ck_assert_int_eq(firsts["a"], 75);
  ck_assert_int_eq(firsts["b"], 25);
  ck_assert_int_eq(firsts["z"], 1);
}
END_TEST

START_TEST(listed_controllers) {
  const struct {
    const char* text;
    const char* host;
    std::uint16_t port;
  } good[] = {{"dc1.ad.test", "dc1.ad.test", 389},
              {"DC1:3389", "dc1", 3389},
              {"10.0.0.1", "10.0.0.1", 389},
              {"[2001:db8::1]", "[2001:db8::1]", 389},
              {"[2001:db8::1]:636", "[2001:db8::1]", 636}};
  for (const auto& [text, host, port] : good) {
    const auto parsed = parse_controller(text, 389);
    ck_assert_msg(parsed && *parsed == (Controller{host, port}), "%s", text);
  }
  for (const char* text : {"", ":", "dc1:", "dc1:0", "dc1:65536", "dc1:x", "dc 1", "dc1/x", "ldap://dc1",
                           "[::1", "[]", "2001:db8::1:x", "dc1\n", "[dc1]"})
    ck_assert_msg(!parse_controller(text, 389), "%s", text);
}
END_TEST

START_TEST(the_controller_of_the_last_run_is_first) {
  Settings settings;
  settings.servers = {"a", "b", "c", "A"};
  const auto first = [](std::uint32_t) { return 0u; };
  const auto list = controllers_of(settings, "c:389", first);
  ck_assert(list.has_value());
  ck_assert_uint_eq(list->size(), 3);
  ck_assert(list->at(0).host == "c" && list->at(1).host == "a" && list->at(2).host == "b");
  settings.transport = Transport::kLdaps;
  ck_assert_uint_eq(controllers_of(settings, "", first)->front().port, 636);
  settings.servers = {"a:b"};
  ck_assert(controllers_of(settings, "", first).error().failure == Failure::kNoController);
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("ad controllers");
  TCase* cases = tcase_create("controllers");
  tcase_add_test(cases, srv_records_are_read);
  tcase_add_test(cases, malformed_messages_are_refused);
  tcase_add_test(cases, lower_priority_comes_first);
  tcase_add_test(cases, weight_is_a_chance);
  tcase_add_test(cases, listed_controllers);
  tcase_add_test(cases, the_controller_of_the_last_run_is_first);
  suite_add_tcase(s, cases);
  return s;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
