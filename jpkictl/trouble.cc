// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/trouble.h"

#include "base/typed_text.h"
#include "jpkictl/text.h"
#include "jpkictl/words.h"

namespace jpki::ctl {

ExitStatus tell(const Trouble& trouble, const Context& context, Json about) {
  (void)context.could_not_tell(trouble.text);
  if (context.json) {
    about["result"] = trouble.status == ExitStatus::kBad ? "refused" : "could-not-tell";
    if (trouble.verdict) about["code"] = code_of(*trouble.verdict);
    if (trouble.tries_left) about["tries_left"] = *trouble.tries_left;
    about["reason"] = trouble.text;
    context.print(print_json(about));
  }
  return trouble.status;
}

Expected<Unit, Trouble> confirm_change(const std::string& question, bool yes, const Context& context) {
  if (yes) return Unit{};
  const auto answer = context.ask(for_terminal(question, Lines::kSeveral));
  if (!answer) return Unexpected{could_not(say(N_("there is no terminal to ask at; add --yes")))};
  if (!is_yes(*answer)) return Unexpected{refused(say(N_("nothing was changed")))};
  return Unit{};
}

}  // namespace jpki::ctl
