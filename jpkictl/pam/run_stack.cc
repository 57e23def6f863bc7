// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/pam/stack.h"

namespace jpki::ctl::pam {
namespace {

using Kind = Action::Kind;
enum class Impression { kNone, kPositive, kNegative };

// What the stack would answer if it ended here.
struct Standing {
  Impression impression = Impression::kNone;
  int code = PAM_PERM_DENIED;
  std::optional<std::size_t> by = {};
};

class Walk {
 public:
  Walk(const Stack& stack, const std::function<int(std::size_t)>& returned)
      : stack_(stack), returned_(returned) {}

  Outcome run() {
    unsigned before = 0;
    for (at_ = 0; at_ < stack_.size(); ++at_) {
      const unsigned level = stack_[at_].level;
      if (outer_.size() <= level) outer_.resize(level + 1);
      if (before < level) outer_[level] = now_;
      before = level;
      if (stack_[at_].kind != Step::Kind::kSubstack) ask();
    }
    outcome_.code = now_.code;
    if (now_.code == PAM_SUCCESS && now_.impression != Impression::kPositive) outcome_.code = PAM_PERM_DENIED;
    outcome_.decided_by = now_.by;
    return std::move(outcome_);
  }

 private:
  void ask() {
    const Step& step = stack_[at_];
    const bool module = step.kind == Step::Kind::kModule;
    const int code = module ? returned_(at_) : PAM_PERM_DENIED;
    const bool known = code >= 0 && static_cast<std::size_t>(code) < step.control.size();
    const Action action = known ? step.control.at(static_cast<std::size_t>(code)) : Action{Kind::kBad};
    if (module) outcome_.visits.push_back({at_, code, action});
    switch (action.kind) {
      case Kind::kIgnore:
        break;
      case Kind::kReset:
        now_ = outer_.at(step.level);
        break;
      case Kind::kOk:
      case Kind::kDone:
        agree(known ? code : PAM_PERM_DENIED);
        if (action.kind == Kind::kDone && now_.impression == Impression::kPositive) leave(step.level);
        break;
      case Kind::kBad:
      case Kind::kDie:
        object(known ? code : PAM_PERM_DENIED);
        if (action.kind == Kind::kDie) leave(step.level);
        break;
      case Kind::kJump:
        jump(step.level, action.jump);
        break;
    }
  }

  // A code that is no success is kept as well: PAM_NEW_AUTHTOK_REQD.
  void agree(int code) {
    if (now_.impression == Impression::kNone ||
        (now_.impression == Impression::kPositive && now_.code == PAM_SUCCESS))
      now_ = {Impression::kPositive, code, at_};
  }

  void object(int code) {
    if (now_.impression == Impression::kNegative) return;
    now_ = {Impression::kNegative, code == PAM_IGNORE ? PAM_PERM_DENIED : code, at_};
  }

  bool another(unsigned level) const { return at_ + 1 < stack_.size() && stack_[at_ + 1].level >= level; }

  // To the last step of this substack, or of the stack.
  void leave(unsigned level) {
    while (another(level)) ++at_;
  }

  // A substack counts as one module.
  void jump(unsigned level, unsigned count) {
    const std::size_t from = at_;
    for (; count > 0 && another(level); --count) {
      ++at_;
      while (another(level + 1)) ++at_;
    }
    if (count == 0) return;
    outcome_.bad_jump = from;
    now_ = {Impression::kNegative, PAM_PERM_DENIED, from};
  }

  const Stack& stack_;
  const std::function<int(std::size_t)>& returned_;
  std::size_t at_ = 0;
  Standing now_;
  std::vector<Standing> outer_{1};  // by level: how it stood when the substack began
  Outcome outcome_;
};

}  // namespace

Outcome run(const Stack& stack, const std::function<int(std::size_t step)>& returned) {
  return Walk(stack, returned).run();
}

}  // namespace jpki::ctl::pam
