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

// An index of two short CRLs that somebody changes, with all checksums right again.
class Forged {
 public:
  explicit Forged(std::string content)
      : content_(std::move(content)),
        records_(at(load_le<std::uint64_t>(at(layout::header::kSectionsAt)))),
        heads_{at(load_le<std::uint64_t>(record(0) + 4)), at(load_le<std::uint64_t>(record(1) + 4))} {}
  Forged(const Forged&) = delete;
  Forged& operator=(const Forged&) = delete;

  std::uint8_t* at(std::size_t offset) { return reinterpret_cast<std::uint8_t*>(content_.data()) + offset; }
  // Of the table of sections: number (4 octets), place (8), size (4) and checksum (8) of the head.
  std::uint8_t* record(std::size_t number) { return records_ + number * layout::kSections.record_size; }
  std::uint8_t* head(std::size_t number) { return heads_.at(number); }
  // Of an entry of section 0, which has one block of them.
  void set_reason(std::size_t entry, std::uint8_t reason) {
    std::uint8_t* const root = head(0) + layout::section::kEntriesAt;
    const std::size_t size = load_le<std::uint32_t>(head(0) + layout::section::kEntrySizeAt);
    std::uint8_t* const entries = at(load_le<std::uint64_t>(root));
    entries[(entry + 1) * size - 1] = reason;
    store_le(root + 16, checksum(Bytes(entries, load_le<std::uint64_t>(root + 8) * size)));
  }
  void write(const TemporaryDirectory& directory) {
    for (std::size_t n = 0; n < heads_.size(); ++n)
      store_le(record(n) + 16, checksum(Bytes(heads_[n], load_le<std::uint32_t>(record(n) + 12))));
    store_le(at(layout::header::kSectionsAt) + 16,
             checksum(Bytes(records_, heads_.size() * layout::kSections.record_size)));
    store_le(at(layout::header::kChecksumAt), checksum(Bytes(at(0), layout::header::kChecksumAt)));
    directory.write("crl.idx", content_, std::filesystem::perms(0640));
  }

 private:
  std::string content_;
  std::uint8_t* records_;
  std::array<std::uint8_t*, 2> heads_;
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

START_TEST(a_root_outside_the_file_is_refused_at_once) {
  const Revoked revoked(100);
  for (const std::size_t root : {layout::header::kSectionsAt, layout::header::kDirectoryAt}) {
    Forged forged(revoked.good);
    store_le(forged.at(root), ~0ull);
    forged.write(revoked.directory);
    const auto index = CrlIndex::open(revoked.path, own_files());
    ck_assert(!index.has_value());
    expect_contains(index.error().text, "outside the file");
  }
}
END_TEST

// With right checksums all the way, so that the head is believed as far as it makes sense.
START_TEST(a_head_that_makes_no_sense_is_malformed) {
  namespace at = layout::section;
  const Revoked revoked(10);
  const auto expect_malformed = [&](auto&& change) {
    Forged forged(revoked.good);
    change(forged.head(0));
    forged.write(revoked.directory);
    const auto index = CrlIndex::open(revoked.path, own_files());
    ck_assert(index.has_value());
    const auto section = index->section(0);
    ck_assert(!section.has_value());
    expect_contains(section.error(), "a section is malformed");
    ck_assert(index->section(1).has_value());
    ck_assert(ask(revoked.path, revoked.subject, revoked.issuer) == Answer::kNoAnswer);
  };
  for (const std::size_t field : {at::kEntriesAt, at::kEntriesAt + 8, at::kIssuersAt, at::kIssuersAt + 8})
    expect_malformed([&](std::uint8_t* head) { store_le(head + field, ~0ull); });
  for (const std::uint32_t size : {0u, 11u, 13u, 28u})
    expect_malformed([&](std::uint8_t* head) { store_le(head + at::kEntrySizeAt, size); });
  for (const std::size_t field : {at::kCrlSizeAt, at::kNameSizeAt})
    expect_malformed([&](std::uint8_t* head) { ++head[field]; });
  // The bounds hold, and what is between them is no CRL.
  expect_malformed([&](std::uint8_t* head) {
    --head[at::kCrlSizeAt];
    ++head[at::kNameSizeAt];
  });
  expect_malformed([&](std::uint8_t* head) { head[at::kFixedSize] ^= 1; });
}
END_TEST

START_TEST(a_section_that_is_not_there_is_an_error) {
  const Revoked revoked(10);
  const auto index = CrlIndex::open(revoked.path, own_files());
  ck_assert(index->section(1).has_value());
  const auto missing = index->section(2);
  ck_assert(!missing.has_value());
  expect_contains(missing.error(), "a section is missing");
  Forged forged(revoked.good);
  store_le(forged.record(0) + 4, std::uint64_t{revoked.good.size()});
  forged.write(revoked.directory);
  const auto outside = CrlIndex::open(revoked.path, own_files())->section(0);
  ck_assert(!outside.has_value());
  expect_contains(outside.error(), "a section is outside the file");
}
END_TEST

START_TEST(a_reason_that_does_not_exist_is_an_error) {
  const Revoked revoked(10);
  for (const std::uint8_t reason : std::initializer_list<std::uint8_t>{0, 6, 8, 9, 10, 7, 11, 255}) {
    Forged forged(revoked.good);
    forged.set_reason(5, reason);
    forged.write(revoked.directory);
    const auto index = CrlIndex::open(revoked.path, own_files());
    const auto section = index->section(0);
    const auto found = section->find(revoked.subject.serial(), revoked.subject.issuer());
    if (reason == 7 || reason > 10) {
      ck_assert_msg(!found.has_value(), "%d", reason);
      expect_contains(found.error(), "no reason that exists");
    } else {
      ck_assert_msg(found.has_value() && *found == static_cast<Reason>(reason), "%d", reason);
    }
  }
}
END_TEST

START_TEST(what_is_no_index_is_refused_with_a_remedy) {
  const TemporaryDirectory directory;
  directory.write("crl.idx", std::string(4096, 'x'), std::filesystem::perms(0640));
  const auto index = CrlIndex::open(directory.path("crl.idx"), own_files());
  ck_assert(!index.has_value());
  ck_assert(index.error().reason == FileError::Reason::kNotReadable);
  expect_contains(index.error().text, "no CRL index; rebuild it: jpki-crl-refresh --rebuild");
  directory.write("crl.idx", "", std::filesystem::perms(0640));
  expect_contains(CrlIndex::open(directory.path("crl.idx"), own_files()).error().text, "no CRL index");
}
END_TEST

START_TEST(what_is_missing_or_too_large_says_what_to_do) {
  const TemporaryDirectory directory;
  const std::string path = directory.path("crl.idx");
  const auto missing = CrlIndex::open(path, own_files());
  ck_assert(!missing.has_value() && missing.error().text.ends_with("; run: jpki-crl-refresh"));
  const Revoked revoked(10);
  const std::uint64_t size = revoked.good.size();
  for (const auto access : {IndexFile::Access::kRead, IndexFile::Access::kMap}) {
    ck_assert(CrlIndex::open(revoked.path, own_files(), access, size).has_value());
    const auto large = CrlIndex::open(revoked.path, own_files(), access, size - 1);
    ck_assert(!large.has_value() && large.error().reason == FileError::Reason::kTooLarge);
    ck_assert(large.error().text.ends_with("; rebuild it: jpki-crl-refresh --rebuild"));
  }
}
END_TEST

START_TEST(a_file_that_others_can_read_is_unsafe) {
  const Revoked revoked(10);
  std::filesystem::permissions(revoked.path, std::filesystem::perms(0644));
  const auto index = CrlIndex::open(revoked.path, own_files());
  ck_assert(!index.has_value() && index.error().reason == FileError::Reason::kUnsafe);
  ck_assert(index.error().text.find("jpki-crl-refresh") == std::string::npos);
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
  tcase_add_test(tests, a_root_outside_the_file_is_refused_at_once);
  tcase_add_test(tests, a_head_that_makes_no_sense_is_malformed);
  tcase_add_test(tests, a_section_that_is_not_there_is_an_error);
  tcase_add_test(tests, a_reason_that_does_not_exist_is_an_error);
  tcase_add_test(tests, what_is_no_index_is_refused_with_a_remedy);
  tcase_add_test(tests, what_is_missing_or_too_large_says_what_to_do);
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
