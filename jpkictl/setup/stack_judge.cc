// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/setup/stack_judge.h"

#include <algorithm>
#include <map>
#include <utility>

namespace jpki::ctl::setup {
namespace {

using pam::Facility;
using pam::Outcome;
using pam::Stack;
using pam::Step;
using pam::Visit;

constexpr std::size_t kMostWays = 20'000;

constexpr Person kStranger{};
constexpr Person kRefused{.refused = true};
constexpr Person kPasswordOnly{.password = true};
constexpr Person kRefusedWithPassword{.refused = true, .password = true};
constexpr Person kStaff{.card = true, .password = true, .factor = true, .unknown = true};
constexpr Person kRoot{.root = true, .password = true};

bool let_in(const Outcome& way) {
  return way.code == PAM_SUCCESS || way.code == PAM_NEW_AUTHTOK_REQD;
}

// Of a module that looked at somebody.
bool is_refusal(int code) {
  return code != PAM_SUCCESS && code != PAM_IGNORE && code != PAM_MODULE_UNKNOWN;
}

class Judge {
 public:
  Judge(const pam::Service& service, const IsInstalled& installed)
      : service_(service), installed_(installed) {}

  std::vector<Judgement> all() {
    structure();
    if (!service_.usable) {
      say({Ruling::kNobody, {}, service_.name});
    } else if (!service_.of(Facility::kAuth).empty()) {
      who_gets_in();
      who_is_kept_out();
      what_burns_a_try();
      accounts();
    }
    if (!complete_) say({Ruling::kTooManyWays, {}, service_.name});
    std::vector<Judgement> sorted;
    for (auto& [key, one] : found_) sorted.push_back(std::move(one));
    return sorted;
  }

 private:
  using Take = std::function<void(const Outcome&)>;

  void walk(Facility facility, const Person& person, const Take& take) {
    if (!each_way(service_.of(facility), facility, person, installed_, take)) complete_ = false;
  }

  // The first reason counts.
  void say(const Judgement& one) { found_.try_emplace({one.place, one.ruling}, one); }
  void say(Ruling ruling, const Step& step, std::optional<pam::Place> because = {}) {
    say({ruling, step.place, step.module, std::move(because)});
  }

  // What is wrong with single lines, whoever comes.
  void structure() {
    for (const pam::Trouble& trouble : service_.troubles) {
      const bool file = trouble.kind == pam::Trouble::Kind::kMissingFile;
      say({file ? Ruling::kNoFile : Ruling::kUnreadable, trouble.place, trouble.word});
    }
    for (const Facility facility : {Facility::kAuth, Facility::kAccount})
      for (const Step& step : service_.of(facility))
        if (step.kind == Step::Kind::kModule && !installed_(step.module)) {
          // A line that passes over a missing module, as those of the profiles do, means it.
          const auto kind = step.control.at(PAM_MODULE_UNKNOWN).kind;
          if (kind == pam::Action::Kind::kBad || kind == pam::Action::Kind::kDie)
            say(Ruling::kNoModule, step);
        }
  }

  // The last module on the way that asked for something and refused, while the way went on.
  std::optional<pam::Place> passed_over(const Outcome& way) const {
    const Stack& stack = service_.of(Facility::kAuth);
    std::optional<pam::Place> last;
    for (const Visit& visit : way.visits) {
      const Role role = role_of(stack[visit.step]);
      if (visit.code != PAM_SUCCESS && role != Role::kHelper) last = stack[visit.step].place;
    }
    return last;
  }

  bool passed(const Outcome& way, Role role, int code) const {
    const Stack& stack = service_.of(Facility::kAuth);
    return std::ranges::any_of(way.visits, [&](const Visit& visit) {
      return role_of(stack[visit.step]) == role && visit.code == code;
    });
  }

  void who_gets_in() {
    const Stack& stack = service_.of(Facility::kAuth);
    bool open = false;
    for (const Person& person : {kStranger, kRefused})
      walk(Facility::kAuth, person, [&](const Outcome& way) {
        if (!let_in(way)) return;
        open = true;
        const bool presence = passed(way, Role::kPresence, PAM_SUCCESS);
        say(presence ? Ruling::kPresenceAlone : Ruling::kOpen, stack[*way.decided_by], passed_over(way));
      });
    if (open) return;  // a password is not needed then
    if (!names_card(service_)) return;
    walk(Facility::kAuth, kPasswordOnly, [&](const Outcome& way) {
      if (!let_in(way)) return;
      for (const Visit& visit : way.visits)
        if (role_of(stack[visit.step]) == Role::kPassword && visit.code == PAM_SUCCESS)
          say(Ruling::kPassword, stack[visit.step]);
    });
    walk(Facility::kAuth, kRefusedWithPassword, [&](const Outcome& way) { refusal_passed(way); });
    Person stranger = kStranger;
    stranger.unknown = true;
    walk(Facility::kAuth, stranger, [&](const Outcome& way) {
      if (!let_in(way)) return;
      for (const Visit& visit : way.visits)
        if (role_of(stack[visit.step]) == Role::kUnknown) say(Ruling::kUnknownModule, stack[visit.step]);
    });
  }

  void refusal_passed(const Outcome& way) {
    const Stack& stack = service_.of(Facility::kAuth);
    if (!let_in(way) || !passed(way, Role::kPassword, PAM_SUCCESS)) return;
    for (const Visit& visit : way.visits)
      if (role_of(stack[visit.step]) == Role::kCard && is_refusal(visit.code))
        say(Ruling::kRefusalPassed, stack[visit.step]);
  }

  void who_is_kept_out() {
    if (nobody_in(Facility::kAuth, kStaff, Ruling::kNobody)) return;
    if (!names_card(service_)) return;
    bool root = false;
    walk(Facility::kAuth, kRoot, [&](const Outcome& way) { root = root || let_in(way); });
    if (!root) say({Ruling::kRootKeptOut, {}, service_.name});
  }

  // Says so, with the line that decides, when no way leads in.
  bool nobody_in(Facility facility, const Person& person, Ruling ruling) {
    bool in = false;
    std::optional<Outcome> out;
    walk(facility, person, [&](const Outcome& way) {
      in = in || let_in(way);
      if (!out) out = way;
    });
    if (in || !out) return false;
    const Stack& stack = service_.of(facility);
    if (out->bad_jump) say(Ruling::kBadJump, stack[*out->bad_jump]);
    if (out->decided_by)
      say(ruling, stack[*out->decided_by]);
    else
      say({ruling, {}, service_.name});
    return true;
  }

  void what_burns_a_try() {
    const Stack& stack = service_.of(Facility::kAuth);
    for (const Person& person : {kRefused, kRefusedWithPassword, kPasswordOnly, kStaff})
      walk(Facility::kAuth, person, [&](const Outcome& way) {
        bool wrong = false;
        bool typed = false;
        for (const Visit& visit : way.visits) {
          const Step& step = stack[visit.step];
          const Role role = role_of(step);
          if (role == Role::kPassword) typed = true;
          if (role != Role::kCard) continue;
          if (wrong) say(Ruling::kSecondTry, step);
          wrong = wrong || visit.code == PAM_AUTH_ERR;
          if (typed && has_option(step, "use_first_pass"))
            say(Ruling::kPasswordAsPin, step);
          else if (typed && has_option(step, "try_first_pass"))
            say(Ruling::kPasswordMayBePin, step);
        }
      });
  }

  void accounts() {
    const Stack& stack = service_.of(Facility::kAccount);
    if (stack.empty()) return;
    if (nobody_in(Facility::kAccount, kStaff, Ruling::kNobody)) return;
    Person refused = kStaff;
    refused.account_refused = true;
    // Wherever the line is: it may not even be asked.
    walk(Facility::kAccount, refused, [&](const Outcome& way) {
      if (!let_in(way)) return;
      for (const Step& step : stack)
        if (module_name(step) == "pam_jpki.so" && installed_(step.module))
          say(Ruling::kAccountNotJudged, step);
    });
  }

  const pam::Service& service_;
  const IsInstalled& installed_;
  std::map<std::pair<pam::Place, Ruling>, Judgement> found_;
  bool complete_ = true;
};

}  // namespace

bool names_card(const pam::Service& service) {
  return std::ranges::any_of(service.of(Facility::kAuth),
                             [](const Step& step) { return module_name(step) == "pam_jpki.so"; });
}

bool each_way(const pam::Stack& stack, pam::Facility facility, const Person& person,
              const IsInstalled& installed, const std::function<void(const pam::Outcome&)>& take) {
  // The choice at each module that was asked, in their order; counted up like the digits of a number.
  std::vector<std::size_t> choices;
  std::vector<std::size_t> counts;
  for (std::size_t ways = 0; ways < kMostWays; ++ways) {
    std::size_t asked = 0;
    const Outcome way = pam::run(stack, [&](std::size_t at) {
      const auto codes = installed(stack[at].module) ? codes_of(stack[at], facility, person)
                                                     : std::vector<int>{PAM_MODULE_UNKNOWN};
      if (asked == choices.size()) {
        choices.push_back(0);
        counts.push_back(codes.size());
      }
      return codes.at(choices[asked++]);
    });
    take(way);
    while (!choices.empty() && ++choices.back() == counts.back()) {
      choices.pop_back();
      counts.pop_back();
    }
    if (choices.empty()) return true;
  }
  return false;
}

std::vector<Judgement> judge(const pam::Service& service, const IsInstalled& installed) {
  return Judge(service, installed).all();
}

}  // namespace jpki::ctl::setup
