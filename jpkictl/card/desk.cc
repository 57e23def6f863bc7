// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/card/desk.h"

#include "base/helper_process.h"
#include "base/node_name.h"
#include "base/verdict_text.h"
#include "jpkictl/card/terminal.h"
#include "jpkictl/text.h"
#include "jpkictl/words.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>
#include <gnutls/crypto.h>

namespace jpki::ctl::card {
namespace {

using registration::CardReading;
using registration::decode;
using registration::encode;
using registration::Finished;
using registration::kMaxPacket;
using registration::Message;
using registration::Note;
using registration::PinQuestion;
using registration::Task;
using registration::WaitingForCard;
using registration::Work;

constexpr char kProgram[] = JPKI_LIBEXECDIR "/jpki-validator";
// Between two messages, the wait for a card not counted: the card, and the sources of revocation.
constexpr std::chrono::seconds kPatience{60};

// One task and its messages.
class Conversation {
 public:
  explicit Conversation(UniqueFd socket) : socket_(std::move(socket)) {}

  bool send(const Message& message) {
    Blob packet = encode(message);
    const ssize_t sent =
        packet.empty() ? -1 : ::send(socket_.get(), packet.data(), packet.size(), MSG_NOSIGNAL);
    const bool whole = sent == static_cast<ssize_t>(packet.size());
    ::explicit_bzero(packet.data(), packet.size());
    return whole;
  }

  enum class End { kNone, kGone, kSilent };
  // Nothing: see end().
  std::optional<Message> receive(std::chrono::seconds patience) {
    Blob packet(kMaxPacket);
    const auto size = receive_packet(socket_, packet, Deadline::after(patience));
    end_ = !size ? End::kSilent : *size == 0 ? End::kGone : End::kNone;
    if (end_ != End::kNone) return std::nullopt;
    auto message = decode(Bytes(packet).first(*size));
    if (!message) end_ = End::kGone;
    return message;
  }
  End end() const { return end_; }

 private:
  UniqueFd socket_;
  End end_ = End::kNone;
};

// What is wrong with this machine or with the moment is no fault of the card.
ExitStatus status_for(Verdict verdict) {
  const bool of_the_pin =
      verdict == Verdict::kPinIncorrect || verdict == Verdict::kPinLocked || verdict == Verdict::kCancelled;
  const bool of_the_card = verdict == Verdict::kSeveralCards || verdict == Verdict::kNoLoginCertificate ||
                           verdict == Verdict::kSignaturePinLocked;
  return of_the_pin || of_the_card ? ExitStatus::kBad : status_of(verdict);
}

// Of what is said at a login alone, for whom it does not end in logging in again. Empty: the login's own
// text.
std::string text_of_pin(const Finished& end) {
  const std::string code = " [" + code_of(end.verdict) + "]";
  if (end.verdict == Verdict::kCancelled)
    return say(N_("no PIN was entered, so nothing was registered; no try was used up")) + code;
  if (end.verdict == Verdict::kPinIncorrect && end.tries_left)
    return say(N_("the PIN is not correct, so nothing was registered; tries left: {tries}"),
               {{"{tries}", std::to_string(*end.tries_left)}}) +
           code;
  return {};
}

Trouble trouble_of(const Finished& end) {
  if (std::string text = text_of_pin(end); !text.empty())
    return {status_for(end.verdict), std::move(text), end.verdict, end.tries_left};
  Trouble trouble{status_for(end.verdict), text_with_code(end.verdict, end.tries_left), end.verdict,
                  end.tries_left};
  if (!end.cause.empty()) trouble.text += " (" + end.cause + ")";
  return trouble;
}

Trouble of_verdict(Verdict verdict) {
  return {status_for(verdict), text_with_code(verdict), verdict};
}

}  // namespace

std::string text_with_code(Verdict verdict, std::optional<unsigned> tries_left) {
  const auto tries = tries_left ? std::optional(static_cast<std::uint8_t>(*tries_left)) : std::nullopt;
  return say(text_of(verdict, tries), {{"{tries}", std::to_string(tries_left.value_or(0))}}) + " [" +
         code_of(verdict) + "]";
}

Expected<Desk::Answer, Trouble> Desk::perform(Task task) const {
  task.config_file = context_.config_file;
  task.reader = options_.reader;
  task.wait_ms = static_cast<std::uint32_t>(std::chrono::milliseconds(options_.wait).count());
  auto process = HelperProcess::start(kProgram, {{registration::kVerb}, SOCK_SEQPACKET});
  if (!process) return Unexpected{could_not(fmt::format("{}: {}", kProgram, std::strerror(process.error())))};
  Conversation talk(process->take_socket());
  Answer answer;
  std::chrono::seconds patience = kPatience;
  bool going_on = talk.send(task);
  while (going_on) {
    auto message = talk.receive(std::exchange(patience, kPatience));
    if (!message) break;
    if (std::holds_alternative<WaitingForCard>(*message)) {
      tell_terminal(say(N_("Please put your card on the reader.")));
      patience = kPatience + options_.wait;
    } else if (const auto* note = std::get_if<Note>(&*message)) {
      fmt::print(context_.err, "jpkictl: {}\n", for_terminal(note->text, Lines::kOne));
    } else if (auto* card = std::get_if<CardReading>(&*message)) {
      answer.cards.push_back(std::move(*card));
    } else if (const auto* question = std::get_if<PinQuestion>(&*message)) {
      going_on = talk.send(ask_for_pin(*question));
    } else if (auto* end = std::get_if<Finished>(&*message)) {
      answer.end = std::move(*end);
      return answer;
    } else {
      break;
    }
  }
  return Unexpected{
      of_verdict(talk.end() == Conversation::End::kSilent ? Verdict::kCardSilent : Verdict::kHelperFailed)};
}

Expected<std::vector<CardReading>, Trouble> Desk::read() const {
  auto answer = perform(Task{});
  if (!answer) return Unexpected{answer.error()};
  if (answer->end.verdict != Verdict::kAccepted) return Unexpected{trouble_of(answer->end)};
  if (answer->cards.empty()) return Unexpected{of_verdict(Verdict::kHelperFailed)};
  return std::move(answer->cards);
}

Expected<CardReading, Trouble> Desk::read_one() const {
  auto cards = read();
  if (!cards) return Unexpected{cards.error()};
  // While generations run in parallel one card may hold two of them: the newest is meant.
  const auto newest = std::ranges::max_element(*cards, {}, &CardReading::not_before);
  const auto elsewhere = [&](const CardReading& card) { return card.reader != newest->reader; };
  if (std::ranges::none_of(*cards, elsewhere)) return std::move(*newest);
  std::string readers;
  for (const CardReading& card : *cards) readers += (readers.empty() ? "" : ", ") + card.reader;
  return Unexpected{Trouble{ExitStatus::kBad,
                            say(N_("more than one card could be meant, in the readers {readers}; leave one "
                                   "there, or name its reader "
                                   "with --reader"),
                                {{"{readers}", readers}}),
                            Verdict::kSeveralCards}};
}

Expected<CardReading, Trouble> Desk::check(const Blob& certificate) const {
  Task task;
  task.work = Work::kCheck;
  task.certificate = certificate;
  auto answer = perform(std::move(task));
  if (!answer) return Unexpected{answer.error()};
  if (answer->end.verdict != Verdict::kAccepted) return Unexpected{trouble_of(answer->end)};
  if (answer->cards.size() != 1) return Unexpected{of_verdict(Verdict::kHelperFailed)};
  return std::move(answer->cards.front());
}

Expected<Unit, Trouble> Desk::prove(const CardReading& card, const std::string& account) const {
  if (!has_terminal())
    return Unexpected{
        could_not(say(N_("there is no terminal at which the holder could type the PIN; to register "
                         "the card without one, add --no-pin")))};
  Task task;
  task.work = Work::kProve;
  if (gnutls_rnd(GNUTLS_RND_NONCE, task.nonce.data(), task.nonce.size()) != 0)
    return Unexpected{of_verdict(Verdict::kInternal)};
  task.account = account;
  task.host = node_name();
  task.certificate = card.certificate;
  const auto answer = perform(std::move(task));
  if (!answer) return Unexpected{answer.error()};
  if (answer->end.verdict != Verdict::kAccepted) return Unexpected{trouble_of(answer->end)};
  return Unit{};
}

}  // namespace jpki::ctl::card
