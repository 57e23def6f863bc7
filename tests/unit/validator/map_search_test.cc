// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The search of the account map beside its whole parse: on random maps, and where blocks of the file meet.
#include "base/ascii_case.h"
#include "base/mapping/mapping_text.h"
#include "tests/unit/support/check_main.h"
#include "tests/unit/support/expect.h"
#include "tests/unit/support/fenced.h"
#include "validator/map/whole_map.h"

#include <algorithm>
#include <random>

#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::test;
using map::Binding;
using map::kLineLimit;
using map::MapFile;

constexpr std::string_view kDigits = "0123456789abcdef";

std::string canonical(const std::string& mapping) {
  auto text = mapping::canonical_mapping(mapping);
  ck_assert_msg(text.has_value(), "%s", mapping.c_str());
  return *text;
}

// What the search must find, by looking at every line.
struct Reference {
  std::vector<Binding> found;
  std::optional<std::size_t> wrong;  // offset of the line that refuses
};

bool may_mean(std::string_view line, const std::vector<std::string>& mappings) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!line.empty() && blank(line.back())) line.remove_suffix(1);
  while (!line.empty() && blank(line.front())) line.remove_prefix(1);
  std::size_t shortest = std::string::npos;
  for (const std::string& mapping : mappings) shortest = std::min(shortest, mapping.size() + 2);
  return line.size() >= shortest && std::ranges::any_of(mappings, [line](const std::string& mapping) {
           std::string digits = mapping.substr(mapping.find_last_not_of(kDigits) + 1);
           if (digits.size() > 8) digits = digits.substr(digits.size() - 8);
           return to_lower(line).ends_with(digits);
         });
}

Reference look_at_every_line(const std::string& text, const std::vector<std::string>& mappings) {
  Reference reference;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    auto binding = map::parse_line(line);
    if (!binding && may_mean(line, mappings)) {
      reference.wrong = begin;
      break;
    }
    if (binding && *binding && std::ranges::find(mappings, (*binding)->mapping) != mappings.end()) {
      (*binding)->offset = begin;
      reference.found.push_back(**binding);
    }
    begin = end + 1;
  }
  return reference;
}

// Maps in which much is nearly the same.
class Maps {
 public:
  explicit Maps(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t limit) { return random_() % limit; }

  template <class Range>
  auto one_of(const Range& range) {
    return range[below(std::size(range))];
  }

  std::string digits(std::size_t count) {
    std::string text;
    while (text.size() < count) text += below(4) == 0 ? kDigits[below(16)] : '0';
    return text;
  }

  // A strong string out of a few, as Windows writes it.
  std::string mapping() {
    static const std::string kNames[] = {"C=JP,O=LGPKI", "C=JP,O=地方", "C=JP,O=a\\,b00,CN=c d"};
    switch (below(5)) {
      case 0:
        return "X509:<SKI>" + digits(40).replace(0, 38, 38, 'c');
      case 1:
        return "X509:<SKI>" + digits(2);
      case 2:
        return "X509:<SHA1-PUKEY>" + std::string(36, '7') + digits(4);
      case 3:
        return "X509:<I>" + one_of(kNames) + "<SR>" + digits(8);
      default:
        return "X509:<I>" + one_of(kNames) + "<SR>" + digits(2);
    }
  }

  std::string with_any_case(std::string text) {
    const std::size_t begin = text.find_last_of('>') + 1;
    for (std::size_t i = begin; i < text.size(); ++i)
      if (below(2) == 0) text[i] = to_upper(text[i]);
    return text;
  }

  std::string line() {
    static const char* const kAccounts[] = {"a", "sato", "佐藤", "suzuki.taro"};
    static const char* const kBlanks[] = {" ", "\t", "    ", " \t "};
    static const char* const kEnds[] = {"", "", "", " ", "\r", "  \r", "\t "};
    std::string text = one_of(kAccounts) + std::string(one_of(kBlanks));
    std::string string = with_any_case(mapping());
    if (const auto at = string.find("地方"); at != std::string::npos && below(2) == 0)
      string.replace(at, std::string("地方").size(), "\\E5\\9C\\B0\\e6\\96\\b9");
    switch (below(16)) {
      case 0:
        return "";
      case 1:
        return "#" + text + string;
      case 2:
        return "  # " + digits(8);
      case 3:
        return text + "x" + string;  // no form, but the end of one
      case 4:
        return text + string.substr(0, string.size() - 1);  // half a byte
      case 5:
        return text + "X509:<RFC822>" + digits(8);
      case 6:
        return text + "X509:<I>C=JP<S>C=JP,CN=" + digits(8);
      case 7:
        return digits(1 + below(10));
      case 8:
        return std::string(below(200), ' ') + text + string + std::string(below(200), ' ');
      case 9:
        return std::string(below(400), 'x') + " " + string;
      case 10:
        return text + "X509:<SKI>" + digits(40).insert(below(40), 1, "\x01\0 \r-"[below(5)]);
      case 11:
        return std::string(below(20), ' ');
      default:
        return text + string + one_of(kEnds);
    }
  }

  std::string map() {
    std::string text;
    for (std::size_t count = below(40); count > 0; --count) text += line() + '\n';
    if (below(2) == 0) text += line();
    return text;
  }

 private:
  std::mt19937 random_;
};

void expect_equal(const std::string& text, const std::vector<std::string>& mappings) {
  const Reference reference = look_at_every_line(text, mappings);
  std::vector<Binding> found;
  const auto searched = map::LineSearch(mappings).add(text, 1000, found);
  ck_assert_msg(searched.has_value() == !reference.wrong, "%s\nin\n%s", mappings[0].c_str(), text.c_str());
  if (!searched) ck_assert_uint_eq(searched.error().offset, 1000 + *reference.wrong);
  for (Binding& binding : found) binding.offset -= 1000;
  ck_assert_msg(found == reference.found, "%s\nin\n%s", mappings[0].c_str(), text.c_str());
}

START_TEST(finds_what_the_whole_parse_finds) {
  Maps maps(20261122);
  std::size_t bound = 0;
  std::size_t refused = 0;
  for (int round = 0; round < 20000; ++round) {
    const std::string text = maps.map();
    std::vector<std::string> mappings;
    for (std::size_t count = 1 + maps.below(3); count > 0; --count)
      mappings.push_back(canonical(maps.mapping()));
    expect_equal(text, mappings);
    const Reference reference = look_at_every_line(text, mappings);
    bound += reference.found.size();
    refused += reference.wrong ? 1 : 0;
  }
  ck_assert_uint_gt(bound, 1000);  // else the maps are too different to tell anything
  ck_assert_uint_gt(refused, 1000);
}
END_TEST

// A line of no byte more than it needs, and lines of fewer beside it.
START_TEST(the_shortest_lines) {
  const std::string line = "a X509:<SKI>00";
  const std::vector<std::string> others = {
      "", "\n", "#\n", "b X509:<SKI>00\n", "a X509:<SKI>0\n", "bb X509:<SKI>01\n"};
  for (const std::string& before : others)
    for (const char* after : {"", "\n", " ", "\r\n", "\na"}) {
      const std::string text = before + line + after;
      expect_equal(text, {"X509:<SKI>00"});
      std::vector<Binding> found;
      ck_assert(map::LineSearch({"X509:<SKI>00"}).add(text, 0, found).has_value());
      ck_assert(!found.empty() && found.back().offset == before.size());
    }
}
END_TEST

// Of blanks alone, at an address before which nothing can be read.
START_TEST(nothing_before_the_text_is_looked_at) {
  for (const std::size_t size : {14, 40}) {
    Fenced blanks(Blob(size, ' '), Fence::kBefore);
    std::vector<Binding> found;
    const std::string_view text = as_text({blanks.data(), size});
    ck_assert(map::LineSearch({"X509:<SKI>00"}).add(text, 0, found).has_value());
    ck_assert(found.empty());
  }
}
END_TEST

START_TEST(nothing_to_search_for_finds_nothing) {
  std::vector<Binding> found;
  ck_assert(map::LineSearch({}).add("a X509:<SKI>00\n\n\n", 0, found).has_value());
  ck_assert(found.empty());
}
END_TEST

// --- files -----------------------------------------------------------------------------------------------
const std::string kMapping = "X509:<SKI>" + std::string(38, 'c') + "0a";
const std::string kLine = "sato " + kMapping;

Expected<std::vector<Binding>, map::MapError> search(const std::string& text) {
  const TemporaryDirectory directory;
  const auto file = MapFile::open(directory.write("map", text, std::filesystem::perms(0640)), ::getuid());
  ck_assert(file.has_value());
  return file->bindings_of({kMapping});
}

void expect_unusable(const Expected<std::vector<Binding>, map::MapError>& result, const std::string& cause) {
  ck_assert(!result.has_value());
  expect_verdict(result.error().verdict, Verdict::kMapUnusable, result.error().cause);
  expect_contains(result.error().cause, cause);
}

START_TEST(lines_across_blocks) {
  for (std::size_t block = 1; block <= 2; ++block)
    for (std::size_t before = block * kLineLimit - kLine.size() - 2; before <= block * kLineLimit + 2;
         ++before)
      for (const char* after : {"", "\n", "\n# end\n"}) {
        // Lines of 63 bytes, the last one cut so that `before` bytes stand before the binding.
        std::string text;
        while (text.size() + 64 < before) text += "#" + std::string(62, '-') + '\n';
        text += std::string(before - 1 - text.size(), ' ') + '\n';
        const auto found = search(text + kLine + after);
        ck_assert(found.has_value());
        const Binding expected{before, "sato", kMapping};
        ck_assert_msg(found->size() == 1 && found->front() == expected, "%zu", before);
        const auto twice = search(kLine + '\n' + text + kLine + after);
        ck_assert(twice && twice->size() == 2);
        const std::string number = std::to_string(std::ranges::count(text, '\n') + 1);
        expect_unusable(search(text + "sato " + kMapping.substr(1) + after),
                        "map:" + number + ": not a strong");
      }
}
END_TEST

START_TEST(lines_that_are_too_long) {
  for (const std::size_t before : {std::size_t{0}, std::size_t{1}, std::size_t{100}, kLineLimit})
    for (const char* after : {"", "\n", "\n# end\n"}) {
      std::string text;
      for (std::size_t i = 0; i < before; ++i) text += '\n';
      const std::string fits = text + std::string(kLineLimit - 1 - kLine.size(), ' ') + kLine + after;
      const auto found = search(fits);
      ck_assert_msg(found && found->size() == 1, "%zu", before);
      ck_assert(map::parse_map(fits).complaints.empty());
      const std::string number = ":" + std::to_string(before + 1) + ": a line of 65536 bytes";
      for (const char* start : {"#", " "}) {
        const std::string longer =
            text + start + std::string(kLineLimit - 1 - kLine.size(), ' ') + kLine + after;
        expect_unusable(search(longer), "map" + number);
        expect_unusable(search(longer + '\n' + kLine), "map" + number);
        ck_assert_uint_eq(map::parse_map(longer).complaints.size(), 1);
        expect_contains(map::parse_map(longer).complaints[0], number);
      }
    }
}
END_TEST

// At most 16 MiB, also when it grows once it is open.
START_TEST(files_that_are_too_large) {
  const TemporaryDirectory directory;
  std::string text(map::kMapLimit - kLine.size(), '\n');
  const std::string path = directory.write("map", text + kLine, std::filesystem::perms(0640));
  const auto file = MapFile::open(path, ::getuid());
  ck_assert(file.has_value());
  const auto found = file->bindings_of({kMapping});
  ck_assert(found && found->size() == 1);
  ck_assert_uint_eq(map::load_map(path, ::getuid())->bindings.size(), 1);
  (void)directory.write("map", text + kLine + '\n', std::filesystem::perms(0640));
  expect_unusable(file->bindings_of({kMapping}), "map: larger than 16777216 bytes");
  const auto opened = MapFile::open(path, ::getuid());
  ck_assert(!opened);
  expect_contains(opened.error().cause, "larger than 16777216 bytes");
  ck_assert(!map::load_map(path, ::getuid()).has_value());
  (void)directory.write("map", "", std::filesystem::perms(0640));
  ck_assert(file->bindings_of({kMapping})->empty());
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("map_search");
  TCase* tc = tcase_create("map_search");
  tcase_set_timeout(tc, 120);
  for (const auto* test : {finds_what_the_whole_parse_finds, the_shortest_lines,
                           nothing_before_the_text_is_looked_at, nothing_to_search_for_finds_nothing,
                           lines_across_blocks, lines_that_are_too_long, files_that_are_too_large})
    tcase_add_test(tc, test);
  suite_add_tcase(s, tc);
  return s;
}

}  // namespace

int main() {
  return run_suite(suite());
}
