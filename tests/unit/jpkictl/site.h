// SPDX-License-Identifier: LGPL-2.1-or-later
//
// An installation in a temporary directory, and jpkictl run on it as the administrator would.
#pragma once

#include "jpkictl/anchor_files.h"
#include "jpkictl/program.h"
#include "tests/unit/validator/pki_fixture.h"
#include "validator/trust/fingerprint.h"

#include <cstdio>
#include <cstdlib>

#include <unistd.h>

namespace jpki::test {

// A stream that keeps what is written to it.
class TextStream {
 public:
  TextStream() : file_(::open_memstream(&text_, &size_)) {}
  TextStream(const TextStream&) = delete;
  TextStream& operator=(const TextStream&) = delete;
  ~TextStream() {
    std::fclose(file_);
    std::free(text_);
  }
  std::FILE* file() const { return file_; }
  std::string text() const {
    std::fflush(file_);
    return {text_, size_};
  }

 private:
  char* text_ = nullptr;
  std::size_t size_ = 0;
  std::FILE* file_;
};

struct Ran {
  ctl::ExitStatus status;
  std::string out;
  std::string err;
  std::string question;  // the last one that was asked
};

inline const Blob kSiteKey = to_blob(as_bytes("sixteen bytes of a test site"));

struct Site {
  Site() {
    for (const char* name : {"anchors.d", "intermediates.d", "evidence"})
      std::filesystem::create_directory(directory.path(name));
    std::filesystem::permissions(directory.path("evidence"), std::filesystem::perms(0700));
    directory.write("pseudonym.key", as_text(kSiteKey), std::filesystem::perms(0600));
    const auto setting = [&](const char* key, const char* file) {
      return std::string(key) + " = \"" + directory.path(file) + "\"\n";
    };
    directory.write("jpki.toml", "[trust]\n" + setting("anchors", "anchors.d") +
                                     setting("intermediates", "intermediates.d") + "[revocation]\n" +
                                     setting("index", "crl.idx") + setting("evidence", "evidence") +
                                     "[log]\n" + setting("pseudonym_key", "pseudonym.key"));
  }

  Ran run(std::vector<std::string> arguments) const {
    const TextStream out;
    const TextStream err;
    Ran ran{};
    arguments.insert(arguments.end(), {"--config", directory.path("jpki.toml")});
    const ctl::Context context{.out = out.file(),
                               .err = err.file(),
                               .now = now,
                               .ask =
                                   [&](const std::string& question) {
                                     ran.question = question;
                                     return answer;
                                   },
                               .become_helper = become_helper,
                               .trust = {.owner = ::getuid()}};
    ran.status = ctl::run(std::move(arguments), context);
    ran.out = out.text();
    ran.err = err.text();
    return ran;
  }

  // The certificate and the rules of an anchor, not by jpkictl.
  void add_anchor(const std::string& name, const Blob& certificate, const std::string& more = "") const {
    directory.write("anchors.d/" + name + ".pem", ctl::to_pem(certificate));
    directory.write("anchors.d/" + name + ".toml", "certificate = \"" + name + ".pem\"\nsha256 = \"" +
                                                       trust::spelled(*trust::fingerprint_of(certificate)) +
                                                       "\"\nkinds = [\"jpki-authentication\"]\n" + more);
  }

  TemporaryDirectory directory;
  std::optional<std::string> answer;  // of the person at the terminal; nothing: there is no terminal
  std::function<Expected<Unit, std::string>()> become_helper;
  Time now = kNow;
};

inline void expect_status(const Ran& ran, ctl::ExitStatus expected) {
  ck_assert_msg(ran.status == expected, "exit status %d instead of %d\n%s%s", static_cast<int>(ran.status),
                static_cast<int>(expected), ran.out.c_str(), ran.err.c_str());
}

inline void expect_absent(const std::string& text, const std::string& part) {
  ck_assert_msg(text.find(part) == std::string::npos, "\"%s\" in \"%s\"", part.c_str(), text.c_str());
}

}  // namespace jpki::test
