// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A validator that does what a script says. The script is Start.config_file; what happened is appended to
// <script>.record. One command a line:
//
//   log LEVEL TEXT | step NUMBER | step-for NUMBER MILLISECONDS | flood
//   ask ACCOUNT MIN MAX DIGITS(0|1) TRIES(number or -) MAX_TRIES [smartphone] [on-reader] [may-be-last]
//                                                                    ends with kCancelled when we say Cancel
//   ask-and-end VERDICT            asks, and says how it ends without waiting for the answer
//   verify PIN TRIES_AFTER                                           ends with kPinIncorrect when it differs
//   cards PIN PIN …                cards in readers "Reader 01 00", "Reader 02 00", …, each with its PIN;
//   which
//                                  of them is asked; their tries are kept in <script>.tries1, .tries2, …
//   choose KIND:READER …           asks which card; the answer, "choice N", stands in the record
//   card PIN                       a card with this PIN; how many tries are left is kept in <script>.tries
//   ticket OCTETS | no-ticket CODE | ticket-required
//                                  a ticket of so many octets; what the outcome tells
//   expires-in DAYS                told with the outcome where it can be shown
//   overlap-days DAYS              the same, of a certificate in place of another
//   forge-nonce | outcome VERDICT ACCOUNT(or -) | say-cancel | ask-again | garbage | die [SIGNAL] | hang |
//   ignore-end
#include "base/channel.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

using namespace jpki;

std::string kind_of(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return "closed";
  if (S_ISSOCK(status.st_mode)) return "socket";
  return S_ISCHR(status.st_mode) ? "device" : "other";
}

int open_descriptors_above_2() {
  int count = 0;
  for (int fd = 3; fd < 1024; ++fd) count += ::fcntl(fd, F_GETFD) != -1;
  return count;
}

int signals_blocked_or_ignored() {
  int count = 0;
  sigset_t blocked;
  ::sigprocmask(SIG_BLOCK, nullptr, &blocked);
  for (int number = 1; number < 32; ++number) {
    struct sigaction action {};
    ::sigaction(number, nullptr, &action);
    count += ::sigismember(&blocked, number) == 1 || action.sa_handler == SIG_IGN;
  }
  return count;
}

std::string surroundings(int argc, char** argv, int open_above_2) {
  std::ostringstream out;
  out << "process args=" << argc << ' ' << argv[0] << " env=" << (environ[0] == nullptr ? "empty" : "leaked")
      << " fds=" << kind_of(0) << ',' << kind_of(1) << ',' << kind_of(2) << ",+" << open_above_2
      << " leader=" << (::getsid(0) == ::getpid()) << " cwd=" << std::filesystem::current_path().string()
      << " signals=" << signals_blocked_or_ignored();
  return out.str();
}

class Fake {
 public:
  Fake() : channel_(UniqueFd(::fcntl(0, F_DUPFD_CLOEXEC, 3))) {}

  int run(const std::string& process) {
    auto message = channel_.receive(Deadline::after(std::chrono::seconds(10)));
    if (!message) return 3;
    const auto* start = std::get_if<Start>(&*message);
    if (start == nullptr) return 4;
    nonce_ = start->nonce;
    script_ = start->config_file;
    purpose_ = static_cast<int>(start->purpose);
    tries_shown_ = start->tries_shown;
    choices_shown_ = start->choices_shown;
    notices_shown_ = start->notices_shown;
    std::ifstream script(script_);
    record_.open(start->config_file + ".record", std::ios::app);
    record_ << process << std::endl;
    record_ << "start service=" << start->service << " user=" << start->user
            << " terminal=" << start->terminal << " wait=" << start->wait_for_card_ms
            << " timeout=" << start->timeout_ms << " debug=" << start->debug
            << " tries_shown=" << start->tries_shown << " choices_shown=" << start->choices_shown
            << " same_card=" << start->same_card << " tickets_kept=" << start->tickets_kept << std::endl
            << "purpose " << static_cast<int>(start->purpose) << std::endl;
    for (std::string line; !ended_ && std::getline(script, line);) perform(line);
    return 0;
  }

 private:
  void send(const Message& message) { (void)channel_.send(message, Deadline::never()); }

  // What Channel would not send at this moment.
  void break_order(const Message& message) {
    std::array<std::uint8_t, 512> frame;
    const auto size = encode(message, frame);
    (void)!::write(channel_.fd(), frame.data(), *size);
  }

  void end(Verdict verdict, std::string account) {
    if (forge_nonce_) nonce_[0] ^= 1;
    Outcome outcome{.verdict = verdict,
                    .nonce = nonce_,
                    .account = std::move(account),
                    .tries_left = tries_left_,
                    .expires_in = {},
                    .overlap_days = {},
                    .certificate_pseudonym = "c0ffee",
                    .token_label = {},
                    .card = {}};
    if (verdict == Verdict::kAccepted) {
      outcome.no_ticket = no_ticket_;
      outcome.ticket_required = ticket_required_;
    }
    if (verdict == Verdict::kAccepted) outcome.token_label = token_label_;
    if (verdict == Verdict::kAccepted && notices_shown_) outcome.expires_in = expires_in_;
    if (verdict == Verdict::kAccepted) outcome.overlap_days = overlap_days_;
    if (verdict == Verdict::kAccepted) outcome.registrable = registrable_;
    if (!outcome.registrable.empty()) outcome.registrable_certificate = {0x30, 0};
    outcome.other_card = verdict == Verdict::kAccepted && other_card_;
    if (!pseudonym_.empty()) outcome.certificate_pseudonym = pseudonym_;
    send(outcome);
    if (!ignore_end_) {
      ended_ = true;
    } else {
      for (;;) ::pause();
    }
  }

  void ask(std::istringstream& words) {
    AskPin ask;
    std::string tries;
    int max_tries = 0;
    words >> ask.account >> ask.form.min_length >> ask.form.max_length >> ask.form.digits_only >> tries >>
        max_tries;
    for (std::string more; words >> more;) {
      ask.smartphone = ask.smartphone || more == "smartphone";
      ask.on_reader = ask.on_reader || more == "on-reader";
      ask.may_be_last = ask.may_be_last || more == "may-be-last";
    }
    if (tries != "-") ask.tries_left = static_cast<std::uint8_t>(std::stoi(tries));
    ask.max_tries = static_cast<std::uint8_t>(max_tries);
    tries_left_ = ask.tries_left;
    send(ask);
    const auto answer = channel_.receive(Deadline::never());
    if (!answer) {
      record_ << "end" << std::endl;
      ended_ = true;
    } else if (const auto* reply = std::get_if<PinReply>(&*answer)) {
      pin_ = as_text(reply->pin.bytes());
      confirmed_ = reply->last_try_confirmed;
      record_ << "pin " << pin_ << " confirmed=" << reply->last_try_confirmed << std::endl;
    } else {
      const auto* const cancel = std::get_if<Cancel>(&*answer);
      record_ << "cancel " << (cancel == nullptr ? "-" : code_of(cancel->why)) << std::endl;
      end(Verdict::kCancelled, ask.account);
    }
  }

  void ask_and_end(std::istringstream& words) {
    send(AskPin{"nobody", {}, 3, 3});
    break_order(Outcome{.verdict = *verdict_from(code(words)),
                        .nonce = nonce_,
                        .account = "nobody",
                        .tries_left = {},
                        .expires_in = {},
                        .overlap_days = {},
                        .certificate_pseudonym = "c0ffee",
                        .token_label = {},
                        .card = {}});
    record_ << "spoken" << std::endl;
    record_ << (channel_.receive(Deadline::never()) ? "pin" : "end") << std::endl;
    ended_ = true;
  }

  void verify(std::istringstream& words) {
    std::string pin;
    std::string after;
    words >> pin >> after;
    if (pin == pin_) return;
    tries_left_.reset();
    if (after != "-") tries_left_ = static_cast<std::uint8_t>(std::stoi(after));
    end(Verdict::kPinIncorrect, "");
  }

  static std::uint8_t number(std::istringstream& words) {
    int value = 0;
    words >> value;
    return static_cast<std::uint8_t>(value);
  }

  // The place that was chosen; nothing when the attempt has ended.
  std::optional<std::uint8_t> chosen_of(const AskCard& question) {
    send(question);
    const auto answer = channel_.receive(Deadline::never());
    if (!answer) {
      record_ << "end" << std::endl;
      ended_ = true;
    } else if (const auto* reply = std::get_if<CardReply>(&*answer)) {
      record_ << "choice " << int{reply->card} << std::endl;
      return reply->card;
    } else {
      const auto* const cancel = std::get_if<Cancel>(&*answer);
      record_ << "cancel " << (cancel == nullptr ? "-" : code_of(cancel->why)) << std::endl;
      end(Verdict::kCancelled, "");
    }
    return std::nullopt;
  }

  // KIND:READER: 1:Reader_00_00, with spaces for the underscores; 1:Reader:3 with the days since a login.
  void choose(std::istringstream& words) {
    AskCard question;
    for (std::string word; words >> word;) {
      std::ranges::replace(word, '_', ' ');
      if (const auto at = word.find("\\e"); at != word.npos) word.replace(at, 2, "\x1b");
      OfferedCard card{static_cast<CardKind>(word[0] - '0'), word.substr(2), {}};
      if (const auto at = card.reader.find(':'); at != card.reader.npos) {
        card.days_since_login = static_cast<std::uint8_t>(std::stoi(card.reader.substr(at + 1)));
        card.reader.resize(at);
      }
      question.cards.push_back(std::move(card));
    }
    (void)chosen_of(question);
  }

  void cards(std::istringstream& words) {
    std::vector<std::string> pins;
    for (std::string pin; words >> pin;) pins.push_back(pin);
    if (!choices_shown_) return end(Verdict::kSeveralCards, "");
    AskCard question;
    for (std::size_t i = 1; i <= pins.size(); ++i)
      question.cards.push_back({CardKind::kMyNumber, "Reader 0" + std::to_string(i) + " 00", {}});
    const auto place = chosen_of(question);
    if (place) use(pins[*place], script_ + ".tries" + std::to_string(*place + 1));
  }

  void card(std::istringstream& words) {
    std::string pin;
    words >> pin;
    use(pin, script_ + ".tries");
  }

  // What card::PinGuard makes of a card, without its memory of wrong PINs.
  void use(const std::string& pin, const std::string& counter) {
    int tries = 3;
    std::ifstream(counter) >> tries;
    if (tries == 0) return end(Verdict::kPinLocked, "");
    std::istringstream question("nobody 4 4 1 " + std::to_string(tries) + " 3");
    ask(question);
    if (ended_) return;
    if (tries == 1 && !(tries_shown_ && confirmed_)) return end(Verdict::kLastTryNotConfirmed, "nobody");
    record_ << "verify " << tries << std::endl;
    const bool right = pin_ == pin;
    tries = right ? 3 : tries - 1;
    std::ofstream(counter) << tries;
    tries_left_ = static_cast<std::uint8_t>(tries);
    end(right ? Verdict::kAccepted : Verdict::kPinIncorrect, "nobody");
  }

  void outcome(std::istringstream& words) {
    std::uint16_t verdict = 0;
    std::string account;
    words >> verdict >> account;
    end(*verdict_from(verdict), account == "-" ? "" : account);
  }

  void step(std::istringstream& words) {
    int number = 0;
    int milliseconds = 0;
    words >> number >> milliseconds;
    send(StepReport{static_cast<Step>(number)});
    if (milliseconds > 0) ::poll(nullptr, 0, milliseconds);
  }

  void log(std::istringstream& words) {
    int level = 0;
    std::string text;
    words >> level >> std::ws;
    std::getline(words, text);
    if (const auto at = text.find("\\e"); at != text.npos) text.replace(at, 2, "\x1b");
    send(LogLine{static_cast<LogLevel>(level), text});
  }

  static std::uint16_t code(std::istringstream& words) {
    std::uint16_t value = 0;
    words >> value;
    return value;
  }

  void ticket(std::istringstream& words) {
    std::size_t left = 0;
    for (words >> left; left > 0;) {
      const std::size_t size = std::min(left, kMaxTicketPart);
      send(TicketPart{Blob(size, 'T')});
      left -= size;
    }
  }

  void die(std::istringstream& words) {
    int signal = 0;
    if (!(words >> signal)) signal = SIGKILL;
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    (void)::raise(signal);
  }

  void perform(const std::string& line) {
    std::istringstream words(line);
    std::string command;
    words >> command;
    if (skip_ && command != "purpose") return;
    if (command == "log") return log(words);
    if (command == "step" || command == "step-for") return step(words);
    if (command == "ask") return ask(words);
    if (command == "ask-and-end") return ask_and_end(words);
    if (command == "verify") return verify(words);
    if (command == "card") return card(words);
    if (command == "cards") return cards(words);
    if (command == "choose") return choose(words);
    if (command == "outcome") return outcome(words);
    if (command == "forge-nonce") forge_nonce_ = true;
    if (command == "expires-in") expires_in_ = number(words);
    if (command == "overlap-days") overlap_days_ = number(words);
    if (command == "registrable") words >> registrable_;
    if (command == "other-card") other_card_ = true;
    if (command == "pseudonym") words >> pseudonym_;
    // The rest is for one purpose alone.
    if (command == "purpose") skip_ = number(words) != purpose_;
    if (command == "ignore-end") ignore_end_ = true;
    if (command == "ticket") return ticket(words);
    if (command == "ticket-required") ticket_required_ = true;
    if (command == "no-ticket") no_ticket_ = verdict_from(code(words));
    if (command == "token-label") std::getline(words >> std::ws, token_label_);
    if (command == "die") die(words);
    if (command == "garbage") (void)!::write(channel_.fd(), "\x00\x00\x00\x02\xff\xff", 6);
    if (command == "flood") {
      for (;;) send(LogLine{LogLevel::kDebug, "mad"});
    }
    if (command == "say-cancel") break_order(Cancel{});
    if (command == "ask-again") break_order(AskPin{"nobody", {}, 3, 3});
    if (command == "hang") {
      for (;;) ::pause();
    }
  }

  Channel channel_;
  LoginNonce nonce_{};
  std::ofstream record_;
  std::string script_;
  bool tries_shown_ = true;
  bool choices_shown_ = false;
  bool notices_shown_ = false;
  std::optional<std::uint8_t> expires_in_;
  std::optional<std::uint8_t> overlap_days_;
  std::string registrable_;
  bool other_card_ = false;
  std::string pseudonym_;
  int purpose_ = 0;
  bool skip_ = false;
  std::string token_label_;
  std::string pin_;
  bool confirmed_ = false;
  std::optional<std::uint8_t> tries_left_;
  bool forge_nonce_ = false;
  bool ignore_end_ = false;
  std::optional<Verdict> no_ticket_;
  bool ticket_required_ = false;
  bool ended_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  const std::string process = surroundings(argc, argv, open_descriptors_above_2());
  return Fake().run(process);
}
