// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/words.h"

#include "base/verdict_text.h"

#include <libintl.h>

namespace jpki::ctl {
namespace {

constexpr char kDomain[] = "jpki";

}  // namespace

CallersLanguage::CallersLanguage(const char* locale_dir)
    : locale_(::newlocale(LC_CTYPE_MASK | LC_MESSAGES_MASK, "", nullptr)),
      previous_(::uselocale(locale_)) {  // (locale_t)0 changes nothing
  ::bindtextdomain(kDomain, locale_dir);
  ::bind_textdomain_codeset(kDomain, "UTF-8");
}

CallersLanguage::~CallersLanguage() {
  ::uselocale(previous_);
  if (locale_ != nullptr) ::freelocale(locale_);
}

std::string say(const char* msgid) {
  return *msgid == '\0' ? std::string() : ::dgettext(kDomain, msgid);
}

std::string say(const char* msgid, std::initializer_list<Filled> filled) {
  std::string text = say(msgid);
  for (const auto& [placeholder, value] : filled) text = fill_in(std::move(text), placeholder, value);
  return text;
}

}  // namespace jpki::ctl
