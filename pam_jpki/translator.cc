// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/translator.h"

#include "pam_jpki/fork_guard.h"

#include <libintl.h>

namespace jpki::pam {
namespace {

constexpr char kDomain[] = "jpki";
constexpr char kJapaneseLocale[] = "ja_JP.UTF-8";

// This thread's locale, for as long as the object lives.
class ThreadLocale {
 public:
  explicit ThreadLocale(locale_t locale) noexcept : host_(::uselocale(locale)) {}
  ThreadLocale(const ThreadLocale&) = delete;
  ThreadLocale& operator=(const ThreadLocale&) = delete;
  ~ThreadLocale() { ::uselocale(host_); }

 private:
  locale_t host_;
};

}  // namespace

Translator::Translator(Language language, const char* locale_dir) : language_(language) {
  if (language == Language::kEnglish) return;
  const ForkGuard guard;
  if (language == Language::kJapanese)
    japanese_.reset(::newlocale(LC_MESSAGES_MASK, kJapaneseLocale, nullptr));
  ::bindtextdomain(kDomain, locale_dir);
  ::bind_textdomain_codeset(kDomain, "UTF-8");
}

std::string Translator::operator()(const char* msgid) const {
  if (language_ == Language::kEnglish || japanese_missing()) return msgid;
  const ForkGuard guard;
  const ThreadLocale locale(japanese_.get());  // (locale_t)0 changes nothing
  return ::dgettext(kDomain, msgid);
}

void Translator::FreeLocale::operator()(locale_t locale) const noexcept {
  const ForkGuard guard;
  ::freelocale(locale);
}

}  // namespace jpki::pam
