// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/deadline.h"
#include "base/directory_lock.h"
#include "base/expected.h"
#include "base/helper_process.h"
#include "base/local_socket.h"
#include "base/number.h"
#include "base/printable.h"
#include "base/safe_file.h"
#include "base/secret.h"
#include "base/trimmed.h"
#include "base/typed_text.h"
#include "base/verdict.h"
#include "tests/unit/support/check_main.h"
#include "tests/unit/support/privilege.h"

#include <array>
#include <fstream>
#include <set>

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace {

using namespace jpki;
using Reason = FileError::Reason;

FileTrust own_files(std::size_t max_size = 1 << 20) {
  return {.max_size = max_size, .owner = ::getuid()};
}

void assert_refused(const Expected<Blob, FileError>& result, Reason reason, const char* text) {
  ck_assert(!result.has_value());
  ck_assert_int_eq(static_cast<int>(result.error().reason), static_cast<int>(reason));
  ck_assert_msg(result.error().text.find(text) != std::string::npos, "\"%s\" does not say \"%s\"",
                result.error().text.c_str(), text);
}

START_TEST(reading_the_wrong_side_of_an_expected_aborts) {
  const Expected<int, std::string> error = Unexpected{std::string("why")};
  ck_assert(!error && error.error() == "why");
  (void)*error;
}
END_TEST

START_TEST(a_secret_moves_and_is_empty_after_wiping) {
  auto first = Secret::copy_of(as_bytes("1234"));
  ck_assert(first.has_value());
  Secret second = std::move(*first);
  ck_assert(as_text(second.bytes()) == "1234");
  ck_assert_uint_eq(first->size(), 0);
  auto third = *Secret::copy_of(as_bytes("99"));
  second = std::move(third);
  ck_assert(as_text(second.bytes()) == "99");
  ck_assert_uint_eq(third.size(), 0);
  second.wipe();
  second.wipe();
  ck_assert(second.bytes().empty());
  ck_assert_uint_eq(Secret::copy_of(Blob(Secret::kCapacity))->size(), Secret::kCapacity);
  ck_assert(!Secret::copy_of(Blob(Secret::kCapacity + 1)).has_value());
  ck_assert(Secret::copy_of({}).has_value());
}
END_TEST

START_TEST(a_secret_tells_whether_it_may_reach_swap) {
  ck_assert(Secret::copy_of(as_bytes("1234"))->locked());
#ifndef __SANITIZE_ADDRESS__  // whose mlock(2) does nothing and says that it did
  const rlimit nothing{0, 0};
  ck_assert_int_eq(::setrlimit(RLIMIT_MEMLOCK, &nothing), 0);
  if (::getuid() == 0) ck_assert_int_eq(::setuid(65534), 0);  // root is not bound by it
  auto unlocked = Secret::copy_of(as_bytes("1234"));
  ck_assert(unlocked && !unlocked->locked() && as_text(unlocked->bytes()) == "1234");
  const Secret moved = std::move(*unlocked);
  ck_assert(!moved.locked());
#endif
}
END_TEST

START_TEST(verdicts_have_unique_codes_and_names) {
  std::set<std::string> seen;
  std::uint16_t last = 0;
  for (const Verdict verdict : all_verdicts()) {
    const auto number = static_cast<std::uint16_t>(verdict);
    ck_assert(verdict == Verdict::kAccepted || number > last);
    last = number;
    ck_assert(seen.insert(code_of(verdict)).second);
    ck_assert(seen.insert(std::string(name_of(verdict))).second);
    ck_assert(name_of(verdict) != "unknown");
    ck_assert(verdict_from(number) == verdict);
  }
  ck_assert(code_of(Verdict::kAccepted) == "JPKI-000");
  ck_assert(code_of(Verdict::kPinIncorrect) == "JPKI-201");
  ck_assert(name_of(Verdict::kPinIncorrect) == "pin-incorrect");
  ck_assert(!verdict_from(1).has_value());
  ck_assert(!verdict_from(999).has_value());
}
END_TEST

START_TEST(a_text_of_others_stays_on_its_line) {
  ck_assert(printable("a\nb\r\x1b[0m\x7f") == "a?b??[0m?");
  ck_assert(printable("\xC2\x9B"
                      "31m ok é 漢字") == "?31m ok é 漢字");
  ck_assert(printable("\xC2") == "\xC2");
}
END_TEST

START_TEST(a_text_of_others_does_not_end_its_quotes) {
  ck_assert(in_quotes("TLS: \"a\\\" cause=\n\x1b\x7fx") == "\"TLS: 'a/' cause=???x\"");
}
END_TEST

START_TEST(a_deadline_never_waits_after_it_has_passed) {
  ck_assert_int_eq(Deadline::never().poll_timeout(), -1);
  ck_assert(!Deadline::never().passed());
  ck_assert(Deadline::after(std::chrono::milliseconds(0)).passed());
  ck_assert_int_eq(Deadline::after(std::chrono::milliseconds(-5)).poll_timeout(), 0);
  const Deadline soon = Deadline::after(std::chrono::seconds(10));
  ck_assert_int_gt(soon.poll_timeout(), 9000);
}
END_TEST

START_TEST(a_packet_a_late_helper_and_one_that_is_gone) {
  int ends[2];
  ck_assert_int_eq(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
  const UniqueFd ours(ends[0]);
  UniqueFd helpers(ends[1]);
  std::array<std::uint8_t, 8> packet{};
  ck_assert(!receive_packet(ours, packet, Deadline::after(std::chrono::milliseconds(1))).has_value());
  ck_assert_int_eq(::send(helpers.get(), "yes", 3, 0), 3);
  ck_assert(receive_packet(ours, packet, Deadline::never()) == std::optional<std::size_t>(3));
  ck_assert(as_text(Bytes(packet).first(3)) == "yes");
  helpers.reset();
  ck_assert(receive_packet(ours, packet, Deadline::never()) == std::optional<std::size_t>(0));
}
END_TEST

START_TEST(a_safe_file_is_read_whole) {
  const test::TemporaryDirectory directory;
  const std::string content(200000, 'x');
  const auto read = read_trusted_file(directory.write("f", content), own_files());
  ck_assert(read.has_value());
  ck_assert(as_text(*read) == content);
  ck_assert(read_trusted_file(directory.write("empty", ""), own_files())->empty());
  ck_assert(read_trusted_file(directory.write("exact", "1234"), own_files(4)).has_value());
}
END_TEST

// Its size is told as 0.
START_TEST(a_file_that_is_longer_than_it_says_is_read_whole) {
  const std::string path = "/proc/" + std::to_string(::getpid()) + "/limits";
  std::ifstream file(path);
  const std::string content(std::istreambuf_iterator<char>(file), {});
  ck_assert_uint_gt(content.size(), 100);
  const auto read = read_trusted_file(path, own_files());
  ck_assert(read && as_text(*read) == content);
  ck_assert(read_trusted_file(path, own_files(content.size())).has_value());
  assert_refused(read_trusted_file(path, own_files(content.size() - 1)), Reason::kTooLarge, "");
}
END_TEST

START_TEST(a_file_is_found_from_where_the_program_is) {
  const test::TemporaryDirectory place;
  std::filesystem::create_directory(place.path("in"));
  place.write("in/f", "inner");
  place.write("f", "here");
  ck_assert_int_eq(::chdir(place.path().c_str()), 0);
  ck_assert(as_text(*read_trusted_file("f", own_files())) == "here");
  ck_assert(as_text(*read_trusted_file("in/f", own_files())) == "inner");
}
END_TEST

START_TEST(what_is_opened_is_not_passed_on) {
  const test::TemporaryDirectory place;
  const auto file = open_trusted_file(place.write("f", "x"), own_files());
  ck_assert(file && ::fcntl(file->get(), F_GETFD) == FD_CLOEXEC);
}
END_TEST

// Whoever else is trusted.
START_TEST(what_is_roots_is_trusted) {
  const test::TemporaryDirectory place;
  const FileTrust of_another{.owner = 4242};
  ck_assert(read_trusted_file(place.write("f", "x"), of_another).has_value() == (::getuid() == 0));
}
END_TEST

START_TEST(a_number_is_the_whole_text) {
  ck_assert(whole_number<std::uint8_t>("0") == 0 && whole_number<std::uint8_t>("255") == 255);
  ck_assert(whole_number<int>("-12") == -12 && whole_number<std::uint8_t>("fF", 16) == 255);
  ck_assert(whole_number<int>(std::string_view("1234").substr(1, 2)) == 23);
  for (const char* none : {"", "256", "-1", "+1", " 1", "1 ", "1x", "0x1", "x"})
    ck_assert_msg(!whole_number<std::uint8_t>(none), "%s", none);
}
END_TEST

START_TEST(unsafe_files_are_refused_with_a_remedy) {
  const test::TemporaryDirectory directory;
  using std::filesystem::perms;
  assert_refused(read_trusted_file(directory.path("absent"), own_files()), Reason::kMissing, "No such file");
  assert_refused(read_trusted_file(directory.write("g", "x", perms(0664)), own_files()), Reason::kUnsafe,
                 "chmod go-w");
  assert_refused(read_trusted_file(directory.write("o", "x", perms(0646)), own_files()), Reason::kUnsafe,
                 "chmod go-w");
  assert_refused(read_trusted_file(directory.write("big", "12345"), own_files(4)), Reason::kTooLarge,
                 "4 bytes");
  std::filesystem::create_symlink(directory.write("target", "x"), directory.path("link"));
  assert_refused(read_trusted_file(directory.path("link"), own_files()), Reason::kUnsafe, "symbolic link");
  ck_assert_int_eq(::mkfifo(directory.path("fifo").c_str(), 0600), 0);
  assert_refused(read_trusted_file(directory.path("fifo"), own_files()), Reason::kUnsafe, "regular");
  assert_refused(read_trusted_file(directory.path(), own_files()), Reason::kUnsafe, "");
}
END_TEST

START_TEST(ends_of_no_account_go) {
  static_assert(trimmed(" \t a b \r") == "a b" && trimmed("a") == "a");
  static_assert(trimmed("").empty() && trimmed(" \t\r").empty());
  static_assert(trimmed("\na ") == "\na" && trimmed("xax", "x") == "a" && trimmed(" ax", "x") == " a");
  for (const char* yes : {"yes", " はい\n", "\tYES \r\n"}) ck_assert_msg(is_yes(yes), "%s", yes);
  for (const char* no : {"", " ", "y", "yes!", "no"}) ck_assert_msg(!is_yes(no), "%s", no);
}
END_TEST

START_TEST(remedies_of_secret_files) {
  const test::TemporaryDirectory directory;
  using std::filesystem::perms;
  std::filesystem::permissions(directory.path(), perms(0755));
  const std::string file = directory.write("key", "x", perms(0));
  FileTrust secret = own_files();
  secret.secret = true;
  if (::getuid() == 0) ck_assert_int_eq(::seteuid(4242), 0);
  const auto refused = read_trusted_file(file, secret);
  const auto open_one = read_trusted_file(file, own_files());
  if (::getuid() == 0) ck_assert_int_eq(::seteuid(0), 0);
  const std::string remedy = "chgrp " JPKI_HELPER_USER " " + file + " && chmod 0640 " + file;
  assert_refused(refused, Reason::kNotReadable, remedy.c_str());
  ck_assert(refused.error().text.find("0644") == std::string::npos);
  assert_refused(open_one, Reason::kNotReadable, "mode 0644");
}
END_TEST

START_TEST(a_secret_is_for_its_owner_and_group) {
  const test::TemporaryDirectory directory;
  using std::filesystem::perms;
  FileTrust secret = own_files();
  secret.secret = true;
  for (const unsigned mode : {0600U, 0640U, 0440U})
    ck_assert_msg(read_trusted_file(directory.write("kept", "x", perms(mode)), secret).has_value(), "%o",
                  mode);
  assert_refused(read_trusted_file(directory.write("told", "x", perms(0644)), secret), Reason::kUnsafe,
                 "chmod o-r");
  ck_assert(read_trusted_file(directory.path("told"), own_files()).has_value());
}
END_TEST

START_TEST(a_foreign_owner_is_refused) {
  const test::TemporaryDirectory directory;
  const std::string file = directory.write("f", "x");
  const FileTrust other{.max_size = 100, .owner = ::getuid() + 1};
  const bool given = test::can_give_files_to(4242);
  if (given) ck_assert_int_eq(::chown(file.c_str(), 4242, 4242), 0);
  // Without root's rights the directory is the wrong owner's as well, and told first.
  assert_refused(read_trusted_file(file, other), Reason::kUnsafe,
                 given ? "not owned by root; run: chown root" : "not owned by root; put the file");
}
END_TEST

START_TEST(a_directory_that_others_can_change_is_refused) {
  const test::TemporaryDirectory directory;
  const std::string file = directory.write("f", "x");
  std::filesystem::permissions(directory.path(), std::filesystem::perms(0777));
  assert_refused(read_trusted_file(file, own_files()), Reason::kUnsafe, "chmod go-w");
  ck_assert(!list_trusted_directory(directory.path(), "", own_files()).has_value());
}
END_TEST

START_TEST(a_directory_of_others_is_left_as_it_is) {
  const test::TemporaryDirectory directory;
  const std::string file = directory.write("f", "x");
  const auto refused = [&](const FileTrust& trust) {
    const auto read = read_trusted_file(file, trust);
    assert_refused(read, Reason::kUnsafe, "directory that only root can write to");
    ck_assert(read.error().text.find("run:") == std::string::npos);
  };
  std::filesystem::permissions(directory.path(), std::filesystem::perms(01777));
  refused(own_files());
  std::filesystem::permissions(directory.path(), std::filesystem::perms(01755));  // nobody shares that
  ck_assert(read_trusted_file(file, own_files()).has_value());
  std::filesystem::permissions(directory.path(), std::filesystem::perms(0755));
  const FileTrust other{.max_size = 100, .owner = ::getuid() + 1};
  if (test::can_give_files_to(4242)) ck_assert_int_eq(::chown(directory.path().c_str(), 4242, 4242), 0);
  refused(other);
}
END_TEST

START_TEST(a_listing_is_sorted_and_filtered) {
  const test::TemporaryDirectory directory;
  for (const char* name : {"b.toml", "a.toml", ".hidden.toml", "c.pem"}) directory.write(name, "");
  const auto names = list_trusted_directory(directory.path(), ".toml", own_files());
  ck_assert(names.has_value());
  ck_assert((*names == std::vector<std::string>{"a.toml", "b.toml"}));
  const auto absent = list_trusted_directory(directory.path("absent"), ".toml", own_files());
  ck_assert(!absent.has_value() && absent.error().reason == Reason::kMissing);
}
END_TEST

START_TEST(files_of_an_opened_directory) {
  const test::TemporaryDirectory place;
  place.write("f", "content");
  place.write("open", "x", std::filesystem::perms(0664));
  std::filesystem::create_symlink(place.path("f"), place.path("link"));
  std::filesystem::create_directory(place.path("in"));
  place.write("in/f", "inner");
  const auto directory = TrustedDirectory::open(place.path(), own_files());
  ck_assert(directory.has_value());
  ck_assert(as_text(*directory->read("f")) == "content" && as_text(*directory->read("in/f")) == "inner");
  for (int i = 0; i < 2; ++i) ck_assert_uint_eq(directory->list("")->size(), 4);
  assert_refused(directory->read("open"), Reason::kUnsafe, "open: writable by group");
  assert_refused(directory->read("link"), Reason::kUnsafe, "symbolic link");
  assert_refused(directory->read("absent"), Reason::kMissing, "No such file");
  std::filesystem::permissions(place.path("in"), std::filesystem::perms(0777));
  assert_refused(directory->read("in/f"), Reason::kUnsafe, "chmod go-w");
  ck_assert(!TrustedDirectory::open(place.path("in"), own_files()));
}
END_TEST

START_TEST(a_directory_has_one_lock) {
  using namespace std::chrono_literals;
  const test::TemporaryDirectory directory;
  ck_assert_int_eq(lock_directory(directory.path("absent"), 0ms).error(), ENOENT);
  std::optional<UniqueFd> first = lock_directory(directory.path(), 0ms).value();
  ck_assert_int_eq(lock_directory(directory.path(), 60ms).error(), EWOULDBLOCK);
  first.reset();
  ck_assert(lock_directory(directory.path(), 0ms).has_value());
}
END_TEST

START_TEST(a_service_is_connected_to_if_it_is_the_owners) {
  using namespace std::chrono_literals;
  const test::TemporaryDirectory directory;
  const std::string path = directory.path("socket");
  const auto error = [&](const std::string& where, uid_t owner) {
    const auto connected = connect_to_service(where.c_str(), SOCK_STREAM, owner, 50ms);
    return connected ? 0 : connected.error();
  };
  ck_assert_int_eq(error(path, ::getuid()), ENOENT);
  ck_assert_int_eq(error(directory.path(std::string(200, 'x')), ::getuid()), ENAMETOOLONG);
  const UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ck_assert_int_eq(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ck_assert_int_eq(error(path, ::getuid()), ECONNREFUSED);
  ck_assert_int_eq(::listen(listener.get(), 1), 0);
  ck_assert_int_eq(error(path, ::getuid() + 1), EPERM);
  const auto connected = connect_to_service(path.c_str(), SOCK_STREAM, ::getuid(), 50ms);
  ck_assert(connected && connected->get() > 2 && ::fcntl(connected->get(), F_GETFD) == FD_CLOEXEC);
  ck_assert_int_eq(error(path, ::getuid()), EAGAIN);  // the queue is full
  const auto of_packets = connect_to_service(path.c_str(), SOCK_SEQPACKET, ::getuid(), 50ms);
  ck_assert(!of_packets && of_packets.error() == EPROTOTYPE);
}
END_TEST

Suite* base_suite() {
  Suite* suite = suite_create("base");
  TCase* values = tcase_create("values");
  tcase_add_test_raise_signal(values, reading_the_wrong_side_of_an_expected_aborts, SIGABRT);
  tcase_add_test(values, a_secret_moves_and_is_empty_after_wiping);
  tcase_add_test(values, a_secret_tells_whether_it_may_reach_swap);
  tcase_add_test(values, verdicts_have_unique_codes_and_names);
  tcase_add_test(values, a_text_of_others_stays_on_its_line);
  tcase_add_test(values, a_text_of_others_does_not_end_its_quotes);
  tcase_add_test(values, a_deadline_never_waits_after_it_has_passed);
  tcase_add_test(values, a_packet_a_late_helper_and_one_that_is_gone);
  tcase_add_test(values, a_service_is_connected_to_if_it_is_the_owners);
  suite_add_tcase(suite, values);
  TCase* files = tcase_create("files");
  tcase_add_test(files, a_safe_file_is_read_whole);
  tcase_add_test(files, a_file_that_is_longer_than_it_says_is_read_whole);
  tcase_add_test(files, a_file_is_found_from_where_the_program_is);
  tcase_add_test(files, what_is_opened_is_not_passed_on);
  tcase_add_test(files, what_is_roots_is_trusted);
  tcase_add_test(files, a_number_is_the_whole_text);
  tcase_add_test(files, unsafe_files_are_refused_with_a_remedy);
  tcase_add_test(files, remedies_of_secret_files);
  tcase_add_test(files, ends_of_no_account_go);
  tcase_add_test(files, a_directory_of_others_is_left_as_it_is);
  tcase_add_test(files, a_secret_is_for_its_owner_and_group);
  tcase_add_test(files, a_foreign_owner_is_refused);
  tcase_add_test(files, a_directory_that_others_can_change_is_refused);
  tcase_add_test(files, a_listing_is_sorted_and_filtered);
  tcase_add_test(files, files_of_an_opened_directory);
  tcase_add_test(files, a_directory_has_one_lock);
  suite_add_tcase(suite, files);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(base_suite());
}
