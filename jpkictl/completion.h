// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a shell offers for the word at the cursor: `jpkictl __complete WORD…`, which the scripts in
// conf/completion run when somebody presses Tab. Commands, options and their words are those of the parser
// itself. It reads nothing that its caller could not read, and no card, map or snapshot.
#pragma once

#include "jpkictl/context.h"

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace jpki::ctl {

inline constexpr char kCompleteVerb[] = "__complete";

struct Offer {
  std::string word;
  std::string what = {};  // one line about it
};
// In the place of words: the shell's own completion.
inline constexpr char kOfferFiles[] = ":files";
inline constexpr char kOfferDirectories[] = ":directories";

// `words` are those behind the program's name, the last one up to the cursor; `app` has all sub-commands. Of
// --option=WORD only WORD is offered, which is where shells begin to replace.
std::vector<Offer> offers(const CLI::App& app, const std::vector<std::string>& words);

// One line for each offer, "WORD" or "WORD<TAB>WHAT".
ExitStatus complete(const CLI::App& app, const std::vector<std::string>& words, const Context& context);

}  // namespace jpki::ctl
