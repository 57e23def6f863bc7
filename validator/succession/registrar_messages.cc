// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/succession/registrar_messages.h"

#include "validator/x509/certificate.h"

namespace jpki::succession {

void write(WireWriter& out, const Question& question) {
  out.string(x509::name_of(question.kind));
  out.string(question.account);
  out.string(Bytes(question.certificate));
}

void write(WireWriter& out, const Reply& reply) {
  out.flag(reply.registered);
  out.number(reply.overlap_days);
  out.string(reply.cause);
}

std::optional<Question> read_question(Bytes packet) {
  WireReader in(packet);
  Question question;
  const auto kind = x509::kind_from(in.string());
  question.account = in.string();
  question.certificate = to_blob(in.bytes());
  if (!in.complete() || !kind || !x509::is_login_kind(*kind) || question.account.empty()) return std::nullopt;
  question.kind = *kind;
  return question;
}

std::optional<Reply> read_reply(Bytes packet) {
  WireReader in(packet);
  Reply reply;
  reply.registered = in.flag();
  reply.overlap_days = in.number<std::uint8_t>();
  reply.cause = in.string();
  if (!in.complete() || (!reply.registered && (reply.overlap_days != 0 || reply.cause.empty())))
    return std::nullopt;
  return reply;
}

}  // namespace jpki::succession
