// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/ldap/connection.h"

#include <algorithm>

#include <sasl/sasl.h>
#include <sys/socket.h>

namespace jpki::ad::ldap {
namespace {

constexpr int kMinStrength = 56;      // SASL's measure: anything that encrypts
constexpr int kStrongestLayer = 256;  // AES-256
constexpr int kSliceSeconds = 1;
constexpr ber_len_t kLargestMessage = ber_len_t{64} * 1024 * 1024;
constexpr char kNoWords[] = "(unknown error code)";  // libldap has none for a certificate that GnuTLS refused

timeval to_timeval(std::chrono::seconds span) {
  return {.tv_sec = span.count(), .tv_usec = 0};
}

// A controller that stops inside of a message must not hold read(2): libldap looks at its own time-out only
// between reads. Nor may it announce a message of any size.
int bound_reads(LDAP*, Sockbuf* sockbuf, LDAPURLDesc*, sockaddr*, ldap_conncb* callbacks) {
  int fd = -1;
  const timeval slice{kSliceSeconds, 0};
  if (ber_sockbuf_ctrl(sockbuf, LBER_SB_OPT_GET_FD, &fd) == 1 && fd >= 0) {
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &slice, sizeof(slice));
    ber_len_t largest = kLargestMessage;
    ber_sockbuf_ctrl(sockbuf, LBER_SB_OPT_SET_MAX_INCOMING, &largest);
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &slice, sizeof(slice));
    if (callbacks->lc_arg != nullptr) static_cast<TimeLimit*>(callbacks->lc_arg)->watch(fd);
  }
  return LDAP_SUCCESS;
}

void do_nothing(LDAP*, Sockbuf*, ldap_conncb*) {}

// SASL GSSAPI asks nobody anything: the ticket says all.
int answer_sasl(LDAP*, unsigned, void*, void* interact) {
  for (auto* prompt = static_cast<sasl_interact_t*>(interact); prompt->id != SASL_CB_LIST_END; ++prompt) {
    prompt->result = "";
    prompt->len = 0;
  }
  return LDAP_SUCCESS;
}

std::string url_of(const Controller& controller, const Settings& settings) {
  return (settings.transport == Transport::kLdaps ? "ldaps://" : "ldap://") + controller.text();
}

std::string own_words(LDAP* handle) {
  char* text = nullptr;
  if (handle != nullptr) ldap_get_option(handle, LDAP_OPT_DIAGNOSTIC_MESSAGE, &text);
  std::string copy(text == nullptr ? "" : text);
  ldap_memfree(text);
  std::ranges::replace_if(
      copy, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; }, ' ');
  return copy;
}

struct Reading {
  Failure failure;
  const char* next_step;
};

Reading reading_of(int code, Authentication authentication) {
  switch (code) {
    case LDAP_SERVER_DOWN:
    case LDAP_CONNECT_ERROR:
    case LDAP_UNAVAILABLE:
    case LDAP_BUSY:
      return {Failure::kUnreachable, "is the controller up, and does the network let this machine reach it?"};
    case LDAP_TIMEOUT:
      return {Failure::kUnreachable,
              "the controller is too slow or hangs; raise timeout in ad.toml or ask another"};
    case LDAP_INVALID_CREDENTIALS:
    case LDAP_INAPPROPRIATE_AUTH:
    case LDAP_LOCAL_ERROR:
    case LDAP_AUTH_UNKNOWN:
      return {Failure::kCredentials,
              authentication == Authentication::kTicket
                  ? "get a new ticket: kinit"
                  : "check keytab and principal, or bind_dn and password_file, in ad.toml"};
    case LDAP_STRONG_AUTH_REQUIRED:
      return {Failure::kCredentials, "the controller wants encryption; choose another transport in ad.toml"};
    case LDAP_DECODING_ERROR:
    case LDAP_PROTOCOL_ERROR:
      return {Failure::kAnswer, "is this an Active Directory controller?"};
    default:
      return {Failure::kRefused, "check bases and filters in ad.toml, and what the account may read"};
  }
}

}  // namespace

Unexpected<Error> Connection::refuse(int code, const std::string& what) const {
  const auto [failure, next_step] = reading_of(code, authentication_);
  const std::string words = own_words(handle_.get());
  return Unexpected{Error{failure,
                          name_ + ": " + what + ": " + ldap_err2string(code) +
                              (words.empty() ? "" : " (" + words + ")") + "; " + next_step,
                          code}};
}

Expected<Unit, Error> Connection::set_options(const Settings& settings, const Credentials& credentials,
                                              TimeLimit& limit) {
  LDAP* const ld = handle_.get();
  *callbacks_ = {&bound_reads, &do_nothing, &limit};
  const int version = LDAP_VERSION3;
  const timeval connect = to_timeval(settings.connect_timeout);
  const timeval answer = to_timeval(settings.timeout);
  bool good = ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version) == LDAP_OPT_SUCCESS;
  good = good && ldap_set_option(ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF) == LDAP_OPT_SUCCESS;
  good = good && ldap_set_option(ld, LDAP_OPT_RESTART, LDAP_OPT_ON) == LDAP_OPT_SUCCESS;
  good = good && ldap_set_option(ld, LDAP_OPT_NETWORK_TIMEOUT, &connect) == LDAP_OPT_SUCCESS;
  good = good && ldap_set_option(ld, LDAP_OPT_TIMEOUT, &answer) == LDAP_OPT_SUCCESS;
  good = good && ldap_set_option(ld, LDAP_OPT_CONNECT_CB, callbacks_.get()) == LDAP_OPT_SUCCESS;
  good = good && ldap_set_option(ld, LDAP_OPT_X_SASL_NOCANON, LDAP_OPT_ON) == LDAP_OPT_SUCCESS;
  const ber_len_t least = settings.transport == Transport::kSealed ? kMinStrength : 0;
  const ber_len_t most = settings.transport == Transport::kSealed ? kStrongestLayer : 0;
  good = good && ldap_set_option(ld, LDAP_OPT_X_SASL_SSF_MIN, &least) == LDAP_OPT_SUCCESS;
  good = good && ldap_set_option(ld, LDAP_OPT_X_SASL_SSF_MAX, &most) == LDAP_OPT_SUCCESS;
  if (settings.transport != Transport::kSealed) {
    const std::string path = credentials.authorities();
    const int demand = LDAP_OPT_X_TLS_DEMAND;
    const int oldest = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2;
    const int binding = LDAP_OPT_X_SASL_CBINDING_TLS_ENDPOINT;  // RFC 5929 4; controllers may insist on it
    const int client = 0;
    good = good && ldap_set_option(ld, LDAP_OPT_X_TLS_CACERTFILE, path.c_str()) == LDAP_OPT_SUCCESS;
    good = good && ldap_set_option(ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand) == LDAP_OPT_SUCCESS;
    good = good && ldap_set_option(ld, LDAP_OPT_X_TLS_PROTOCOL_MIN, &oldest) == LDAP_OPT_SUCCESS;
    good = good && ldap_set_option(ld, LDAP_OPT_X_SASL_CBINDING, &binding) == LDAP_OPT_SUCCESS;
    if (good && ldap_set_option(ld, LDAP_OPT_X_TLS_NEWCTX, &client) != LDAP_OPT_SUCCESS)
      return Unexpected{Error{Failure::kTls, settings.ca_file + ": no CA certificates in PEM"}};
  }
  if (!good) return Unexpected{Error{Failure::kAnswer, "libldap rejects its options"}};
  return Unit{};
}

// libldap connects, and speaks TLS on port 636, at the first request; this asks for it.
Expected<Unit, Error> Connection::start_tls(const Settings& settings) {
  if (settings.transport == Transport::kSealed) return Unit{};
  const int code = settings.transport == Transport::kStartTls
                       ? ldap_start_tls_s(handle_.get(), nullptr, nullptr)
                       : ldap_connect(handle_.get());
  if (code == LDAP_SUCCESS && ldap_tls_inplace(handle_.get()) == 1) return Unit{};
  std::string words = own_words(handle_.get());
  if (words == kNoWords) words = "the controller's certificate is not trusted";
  if (words.empty() || code == LDAP_TIMEOUT) return refuse(code, "TLS");
  return Unexpected{
      Error{Failure::kTls, name_ + ": TLS: " + words +
                               "; the controller's certificate must name it and be issued by a CA in " +
                               settings.ca_file}};
}

Expected<Unit, Error> Connection::bind(const Controller& controller, const Settings& settings,
                                       const Secret* password) {
  int code = LDAP_SUCCESS;
  switch (settings.authentication) {
    case Authentication::kKeytab:
    case Authentication::kTicket:
      if (auto proven = prove_controller(controller, settings); !proven) return proven;
      code = ldap_sasl_interactive_bind_s(handle_.get(), nullptr, "GSSAPI", nullptr, nullptr, LDAP_SASL_QUIET,
                                          &answer_sasl, nullptr);
      break;
    case Authentication::kPassword: {
      if (password == nullptr || settings.transport == Transport::kSealed)
        return Unexpected{
            Error{Failure::kCredentials, "a password is sent only over TLS; set transport in ad.toml"}};
      // libldap takes them as char*, and changes nothing.
      berval value{password->size(),
                   const_cast<char*>(reinterpret_cast<const char*>(password->bytes().data()))};
      code = ldap_sasl_bind_s(handle_.get(), settings.bind_dn.c_str(), LDAP_SASL_SIMPLE, &value, nullptr,
                              nullptr, nullptr);
      break;
    }
  }
  if (code != LDAP_SUCCESS) return refuse(code, "bind");
  return Unit{};
}

Expected<Unit, Error> Connection::secure_and_bind(const Controller& controller, const Settings& settings,
                                                  const Secret* password) {
  if (auto secured = start_tls(settings); !secured) return secured;
  return bind(controller, settings, password);
}

Expected<Connection, Error> Connection::open(const Controller& controller, const Settings& settings,
                                             const Credentials& credentials) {
  LDAP* raw = nullptr;
  const std::string url = url_of(controller, settings);
  if (const int code = ldap_initialize(&raw, url.c_str()); code != LDAP_SUCCESS)
    return Unexpected{Error{Failure::kNoController, url + ": " + ldap_err2string(code)}};
  Connection connection(raw, controller, settings);
  TimeLimit limit(settings.connect_timeout + settings.timeout);
  if (auto set = connection.set_options(settings, credentials, limit); !set) return Unexpected{set.error()};
  auto done = connection.secure_and_bind(controller, settings, credentials.password());
  connection.callbacks_->lc_arg = nullptr;
  if (limit.passed())
    return Unexpected{
        Error{Failure::kUnreachable,
              connection.name() + ": no connection was made in time; the controller is too slow or hangs"}};
  if (!done) return Unexpected{done.error()};
  return connection;
}

}  // namespace jpki::ad::ldap
