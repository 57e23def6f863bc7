// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/doctor/words.h"

#include "base/verdict_text.h"

#include <libintl.h>

namespace jpki::ctl::doctor {
namespace {

constexpr char kDomain[] = "jpki";

std::string filled(std::string text, const Sentence& sentence) {
  for (const auto& [placeholder, value] : sentence.values)
    text = fill_in(std::move(text), placeholder, std::string_view(value));
  return text;
}

}  // namespace

std::string english(const Sentence& sentence) {
  return filled(sentence.text, sentence);
}

Words::Words(const char* locale_directory) {
  ::bindtextdomain(kDomain, locale_directory);
  ::bind_textdomain_codeset(kDomain, "UTF-8");
}

std::string Words::operator()(const char* text) const {
  return *text == '\0' ? std::string() : std::string(::dgettext(kDomain, text));
}

std::string Words::operator()(const Sentence& sentence) const {
  return filled((*this)(sentence.text), sentence);
}

}  // namespace jpki::ctl::doctor
