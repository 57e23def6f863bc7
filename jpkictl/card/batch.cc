// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/card/batch.h"

#include "jpkictl/card/commands.h"
#include "jpkictl/card/csv.h"
#include "jpkictl/card/journal.h"
#include "jpkictl/input_file.h"
#include "jpkictl/text.h"
#include "jpkictl/words.h"

namespace jpki::ctl::card {
namespace {

class Batch {
 public:
  Batch(std::string csv, const EnrollmentRules& rules, Site& site, const Desk& desk, const Context& context)
      : csv_(std::move(csv)), rules_(rules), site_(site), desk_(desk), context_(context) {}

  ExitStatus run();

 private:
  enum class Turn { kDone, kSkipped, kStopped };
  Expected<Unit, Trouble> prepare();
  Expected<Turn, Trouble> serve(const std::string& account, std::size_t place);
  Expected<Unit, Trouble> finish(const std::string& account, const Enrollment& done);
  ExitStatus conclude();
  std::string beside(std::string_view suffix) const { return csv_ + std::string(suffix); }

  std::string csv_;
  const EnrollmentRules& rules_;
  Site& site_;
  const Desk& desk_;
  const Context& context_;
  std::vector<std::string> left_;
  std::size_t all_ = 0;
  Json done_ = Json::array();
};

// Everything that can be wrong with the file is said before the first person sits down.
Expected<Unit, Trouble> Batch::prepare() {
  const auto content = read_input(csv_);
  if (!content) return Unexpected{could_not(content.error())};
  const auto accounts = accounts_of_csv(as_text(*content));
  if (!accounts) return Unexpected{could_not(csv_ + accounts.error())};
  const auto state = read_journal(beside(kStateSuffix));
  if (!state) return Unexpected{could_not(state.error())};
  const auto done = parse_state(*state);
  all_ = accounts->size();
  for (const std::string& account : *accounts) {
    if (!rules_.any_account)
      if (auto known = site_.registry->knows(account); !known) return known;
    if (!done.contains(account)) left_.push_back(account);
  }
  return Unit{};
}

Expected<Unit, Trouble> Batch::finish(const std::string& account, const Enrollment& done) {
  done_.push_back(json_of(account, done, *site_.registry));
  if (!context_.json) context_.print(text_of(account, done, *site_.registry));
  std::fflush(context_.out);
  if (auto kept = append_line(beside(kStateSuffix), account); !kept)
    return Unexpected{could_not(kept.error())};
  return Unit{};
}

Expected<Batch::Turn, Trouble> Batch::serve(const std::string& account, std::size_t place) {
  const std::string question =
      say(N_("({place} of {all}) {account}: put the card on the reader and press Enter; s skips "
             "this person, q stops: "),
          {{"{place}", std::to_string(place)}, {"{all}", std::to_string(all_)}, {"{account}", account}});
  const auto before_writing = [this](const Held& binding) -> Expected<Unit, Trouble> {
    if (auto kept = append_line(beside(kUndoSuffix), undo_line(binding)); !kept)
      return Unexpected{could_not(kept.error())};
    return Unit{};
  };
  for (;;) {
    const auto answer = context_.ask(for_terminal(question, Lines::kOne));
    if (!answer)
      return Unexpected{
          could_not(say(N_("there is no terminal at which to ask for the next card; nothing more was "
                           "registered")))};
    if (*answer == "q") return Turn::kStopped;
    if (*answer == "s") return Turn::kSkipped;
    const auto done = enroll_card(account, rules_, site_, desk_, before_writing);
    if (!done) {
      (void)context_.could_not_tell(done.error().text);
      continue;
    }
    if (auto finished = finish(account, *done); !finished) return Unexpected{finished.error()};
    return Turn::kDone;
  }
}

ExitStatus Batch::conclude() {
  if (context_.json)
    context_.print(
        print_json({{"csv", csv_}, {"registered", done_}, {"left", left_}, {"undo", beside(kUndoSuffix)}}));
  else if (left_.empty())
    context_.print(
        say(N_("All {all} people of {file} are registered. To take it back: jpkictl card undo {undo}"),
            {{"{all}", std::to_string(all_)}, {"{file}", csv_}, {"{undo}", beside(kUndoSuffix)}}) +
        "\n");
  else
    context_.print(say(N_("{left} of {all} people are left. To go on, run the same command again."),
                       {{"{left}", std::to_string(left_.size())}, {"{all}", std::to_string(all_)}}) +
                   "\n");
  return left_.empty() ? ExitStatus::kGood : ExitStatus::kBad;
}

ExitStatus Batch::run() {
  const Json about{{"csv", csv_}};
  if (auto ready = prepare(); !ready) return tell(ready.error(), context_, about);
  if (rules_.dry_run) {
    std::string text;
    for (const std::string& account : left_)
      text += say(N_("{account}: a card would be asked for"), {{"{account}", account}}) + "\n";
    context_.print(context_.json ? print_json({{"csv", csv_}, {"left", left_}}) : text);
    return ExitStatus::kGood;
  }
  std::vector<std::string> skipped;
  std::size_t place = all_ - left_.size();
  while (!left_.empty()) {
    const auto turn = serve(left_.front(), ++place);
    if (!turn) return tell(turn.error(), context_, about);
    if (*turn == Turn::kStopped) break;
    if (*turn == Turn::kSkipped) skipped.push_back(left_.front());
    left_.erase(left_.begin());
  }
  left_.insert(left_.begin(), skipped.begin(), skipped.end());
  return conclude();
}

}  // namespace

ExitStatus enroll_all(const std::string& csv, const EnrollmentRules& rules, Site& site, const Desk& desk,
                      const Context& context) {
  return Batch(csv, rules, site, desk, context).run();
}

}  // namespace jpki::ctl::card
