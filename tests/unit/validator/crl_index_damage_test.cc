// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Index files that are not what the writer made, and writing that fails: no crash, no "not listed" that
// should have been "listed", and the old file stays.
#include "tests/unit/validator/crl_fixture.h"
#include "tests/unit/validator/crl_index_fixture.h"
#include "validator/crl/checksum.h"
#include "validator/crl/crl_index_layout.h"

#include <csignal>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

namespace {

// What the writer had the kernel do, in order, and what fails.
std::string done;
bool failing_disk = false;

}  // namespace

// In place of the library's.
extern "C" int fsync(int fd) {
  struct stat info {};
  (void)::fstat(fd, &info);
  done += S_ISDIR(info.st_mode) ? "fsync-directory " : "fsync-file ";
  if (failing_disk) errno = EIO;
  return failing_disk ? -1 : static_cast<int>(::syscall(SYS_fsync, fd));
}

extern "C" int rename(const char* from, const char* to) noexcept {
  struct stat info {};
  (void)::stat(from, &info);
  done += info.st_mode == (S_IFREG | 0640) ? "rename " : "rename-of-another-mode ";
  return ::renameat(AT_FDCWD, from, AT_FDCWD, to);
}

namespace jpki::test {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

pki::CrlBuilder long_crl(std::size_t count) {
  auto builder = city_crl("Chiyoda CRLDP");
  builder.entries.clear();
  for (std::size_t n = 0; n < count; ++n)
    builder.revoke(Blob{0x01, static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)}, kNow - kDay,
                   std::uint8_t{1});
  return builder;
}

enum class Answer { kRevoked, kNotListed, kNoAnswer };

// What a login would learn about the revoked person of long_crl().
Answer ask(const std::string& path, const x509::Certificate& subject, const x509::Certificate& issuer) {
  const auto index = CrlIndex::open(path, own_files());
  if (!index) return Answer::kNoAnswer;
  const auto found = index->candidates(subject, issuer);
  if (!found) return Answer::kNoAnswer;
  for (const auto& crl : *found) {
    if (!crl.verify(issuer.subject_public_key_info(), {})) continue;
    const auto reason = crl.find(subject.serial(), subject.issuer());
    if (!reason) return Answer::kNoAnswer;
    return *reason ? Answer::kRevoked : Answer::kNotListed;
  }
  return Answer::kNoAnswer;  // not covered
}

struct Revoked {
  TemporaryDirectory directory;
  std::string path = directory.path("crl.idx");
  x509::Certificate subject = make_subject();
  x509::Certificate issuer = decoded(root());
  std::string good;

  explicit Revoked(std::size_t count) {
    (void)compile(path, {long_crl(count).sign(key("root")), city_crl("Minato CRLDP").sign(key("root"))});
    good = read_file(path);
  }
  static x509::Certificate make_subject() {
    auto builder = person();
    builder.serial = {0x01, 0x00, 0x05};
    return decoded(builder.sign(key("root")));
  }
  Answer ask_about(const std::string& content) const {
    directory.write("crl.idx", content, std::filesystem::perms(0640));
    return ask(path, subject, issuer);
  }
};

START_TEST(the_undamaged_file_says_revoked) {
  const Revoked revoked(100);
  ck_assert(revoked.ask_about(revoked.good) == Answer::kRevoked);
}
END_TEST

START_TEST(a_flipped_bit_never_makes_it_good) {
  const Revoked revoked(100);
  int noticed = 0;
  for (std::size_t at = 0; at < revoked.good.size(); ++at) {
    for (const char flip : {char(0x01), char(0x80), char(0xff)}) {
      std::string damaged = revoked.good;
      damaged[at] = static_cast<char>(damaged[at] ^ flip);
      const Answer answer = revoked.ask_about(damaged);
      ck_assert_msg(answer != Answer::kNotListed, "byte %zu", at);
      noticed += answer == Answer::kNoAnswer ? 1 : 0;
    }
  }
  ck_assert_int_gt(noticed, 0);
}
END_TEST

START_TEST(a_truncated_or_longer_file_is_refused) {
  const Revoked revoked(10);
  for (std::size_t size = 0; size < revoked.good.size(); ++size)
    ck_assert(revoked.ask_about(revoked.good.substr(0, size)) == Answer::kNoAnswer);
  ck_assert(revoked.ask_about(revoked.good + "x") == Answer::kNoAnswer);
}
END_TEST

// With right checksums on the header, so that the tables' roots are reached.
START_TEST(hostile_roots_stay_inside_the_file) {
  const Revoked revoked(100);
  const std::uint64_t values[] = {0,          1,          0x7f,       revoked.good.size(), ~0ull,
                                  ~0ull / 24, 1ull << 63, 1ull << 32, 0xffffffff};
  for (const std::size_t root : {layout::header::kSectionsAt, layout::header::kDirectoryAt})
    for (std::size_t field = 0; field < layout::kRootSize; field += 8)
      for (const std::uint64_t value : values) {
        std::string hostile = revoked.good;
        auto* const bytes = reinterpret_cast<std::uint8_t*>(hostile.data());
        store_le(bytes + root + field, value);
        store_le(bytes + layout::header::kChecksumAt,
                 checksum(as_bytes(hostile).first(layout::header::kChecksumAt)));
        ck_assert(revoked.ask_about(hostile) == Answer::kNoAnswer ||
                  value == load_le<std::uint64_t>(reinterpret_cast<const std::uint8_t*>(revoked.good.data()) +
                                                  root + field));
      }
}
END_TEST

START_TEST(what_is_no_index_is_refused_with_a_remedy) {
  const TemporaryDirectory directory;
  directory.write("crl.idx", std::string(4096, 'x'), std::filesystem::perms(0640));
  const auto index = CrlIndex::open(directory.path("crl.idx"), own_files());
  ck_assert(!index.has_value());
  ck_assert(index.error().reason == FileError::Reason::kNotReadable);
  expect_contains(index.error().text, "jpki-crl-refresh --rebuild");
}
END_TEST

START_TEST(a_file_that_others_can_read_is_unsafe) {
  const Revoked revoked(10);
  std::filesystem::permissions(revoked.path, std::filesystem::perms(0644));
  const auto index = CrlIndex::open(revoked.path, own_files());
  ck_assert(!index.has_value() && index.error().reason == FileError::Reason::kUnsafe);
}
END_TEST

START_TEST(a_damaged_section_is_not_copied) {
  const Revoked revoked(1000);
  std::string damaged = revoked.good;
  damaged[layout::header::kSize + 4000] = static_cast<char>(damaged[layout::header::kSize + 4000] ^ 1);
  revoked.directory.write("crl.idx", damaged, std::filesystem::perms(0640));
  const auto index = CrlIndex::open(revoked.path, own_files());
  auto writer = CrlIndexWriter::create(revoked.directory.path("new.idx"));
  ck_assert(!writer->copy(*index->section(0), {}).has_value());
  ck_assert(writer->copy(*index->section(1), {}).has_value());
}
END_TEST

START_TEST(a_full_disk_leaves_the_old_file) {
  const Revoked revoked(10);
  const Blob big = long_crl(20000).sign(key("root"));
  ::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit limit { 4096, RLIM_INFINITY };
  ck_assert_int_eq(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  {
    auto writer = CrlIndexWriter::create(revoked.path);
    const auto added = writer->add(*decode_crl(big), key_digest("root"), {});
    ck_assert(!added.has_value() && !added.error().crl_unusable);
    expect_contains(added.error().text, "make room on the disk");
  }
  ck_assert(read_file(revoked.path) == revoked.good);
  ck_assert(!std::filesystem::exists(revoked.directory.path(".crl.idx.new")));
}
END_TEST

START_TEST(a_writer_that_does_not_commit_leaves_the_old_file) {
  const Revoked revoked(10);
  { auto writer = CrlIndexWriter::create(revoked.path); }
  ck_assert(read_file(revoked.path) == revoked.good);
  ck_assert(!std::filesystem::exists(revoked.directory.path(".crl.idx.new")));
}
END_TEST

// After a power failure there is the old file or the new one, whole.
START_TEST(the_new_file_is_on_the_disk_before_its_name) {
  const Revoked revoked(10);
  done.clear();
  { ck_assert(CrlIndexWriter::create(revoked.path)->commit().has_value()); }
  expect_text(done, "fsync-file rename fsync-directory ");
  const std::string empty = read_file(revoked.path);
  ck_assert(empty != revoked.good);
  failing_disk = true;
  const auto committed = CrlIndexWriter::create(revoked.path)->commit();
  ck_assert(!committed.has_value());
  expect_contains(committed.error(), "cannot be synced to disk");
  ck_assert(read_file(revoked.path) == empty);
  ck_assert(!std::filesystem::exists(revoked.directory.path(".crl.idx.new")));
}
END_TEST

START_TEST(the_new_file_has_its_mode_and_group) {
  const Revoked revoked(10);
  struct stat info {};
  ck_assert_int_eq(::stat(revoked.path.c_str(), &info), 0);
  ck_assert_uint_eq(info.st_mode & 07777u, 0640);
  ck_assert_uint_eq(info.st_gid, ::getegid());
}
END_TEST

START_TEST(a_missing_directory_says_what_to_do) {
  const auto writer = CrlIndexWriter::create("/nonexistent/crl.idx");
  ck_assert(!writer.has_value());
  expect_contains(writer.error(), "install -d");
}
END_TEST

}  // namespace
}  // namespace jpki::test

int main() {
  using namespace jpki::test;
  for (const char* name : {"root", "person"}) (void)key(name);
  Suite* suite = suite_create("crl_index_damage");
  TCase* tests = tcase_create("damage");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, the_undamaged_file_says_revoked);
  tcase_add_test(tests, a_flipped_bit_never_makes_it_good);
  tcase_add_test(tests, a_truncated_or_longer_file_is_refused);
  tcase_add_test(tests, hostile_roots_stay_inside_the_file);
  tcase_add_test(tests, what_is_no_index_is_refused_with_a_remedy);
  tcase_add_test(tests, a_file_that_others_can_read_is_unsafe);
  tcase_add_test(tests, a_damaged_section_is_not_copied);
  tcase_add_test(tests, a_full_disk_leaves_the_old_file);
  tcase_add_test(tests, a_writer_that_does_not_commit_leaves_the_old_file);
  tcase_add_test(tests, the_new_file_is_on_the_disk_before_its_name);
  tcase_add_test(tests, the_new_file_has_its_mode_and_group);
  tcase_add_test(tests, a_missing_directory_says_what_to_do);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
