// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/ticket/program/last_request.h"

#include "base/program/krb5_handles.h"
#include "base/unique_fd.h"
#include "tests/unit/support/check_main.h"

#include <cerrno>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace {

using namespace jpki;
using namespace jpki::ticket;

// A KDC on the loopback that reads a request for each of these replies, over TCP (RFC 4120 7.2.2), and is
// gone.
class Kdc {
 public:
  explicit Kdc(std::vector<std::string> replies) : replies_(std::move(replies)) {
    sockaddr_in address{
        .sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    auto* const name = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    listener_ = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ck_assert_int_eq(::bind(listener_.get(), name, size), 0);
    ck_assert_int_eq(::listen(listener_.get(), 5), 0);
    ck_assert_int_eq(::getsockname(listener_.get(), name, &size), 0);
    port = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~Kdc() {
    if (thread_.joinable()) thread_.join();
  }
  Kdc(const Kdc&) = delete;
  Kdc& operator=(const Kdc&) = delete;

  // When all replies have been given.
  std::vector<std::string> requests() {
    thread_.join();
    return requests_;
  }

  unsigned port = 0;

 private:
  void serve() {
    for (const std::string& reply : replies_) {
      const UniqueFd peer(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      std::uint32_t size = 0;
      if (::recv(peer.get(), &size, sizeof size, MSG_WAITALL) != sizeof size) return;
      std::string request(ntohl(size), '\0');
      if (::recv(peer.get(), request.data(), request.size(), MSG_WAITALL) < 0) return;
      requests_.push_back(std::move(request));
      size = htonl(static_cast<std::uint32_t>(reply.size()));
      if (::send(peer.get(), &size, sizeof size, MSG_NOSIGNAL) < 0) return;
      if (::send(peer.get(), reply.data(), reply.size(), MSG_NOSIGNAL) < 0) return;
    }
    listener_.reset();
  }

  std::vector<std::string> replies_, requests_;
  UniqueFd listener_;
  std::thread thread_;
};

// Somebody of a realm whose KDC is at `port`.
class Client {
 public:
  explicit Client(unsigned port) {
    const std::string settings = directory_.write(
        "krb5.conf",
        "[libdefaults]\n dns_lookup_kdc = false\n udp_preference_limit = 1\n[realms]\n CITY.TEST = {\n"
        "  kdc = 127.0.0.1:" +
            std::to_string(port) + "\n }\n");
    ::setenv("KRB5_CONFIG", settings.c_str(), 1);
    krb5_context raw = nullptr;
    ck_assert_int_eq(krb5_init_context(&raw), 0);
    context_ = krb5::Context(raw);
    krb5_principal name = nullptr;
    ck_assert_int_eq(krb5_parse_name(raw, "taro@CITY.TEST", &name), 0);
    name_ = krb5::Principal(name, {raw});
  }

  krb5_context context() const { return context_.get(); }
  krb5_principal name() const { return name_.get(); }

  // What becomes of an exchange.
  krb5_error_code ask() const {
    krb5_init_creds_context raw = nullptr;
    ck_assert_int_eq(krb5_init_creds_init(context(), name(), nullptr, nullptr, 0, nullptr, &raw), 0);
    const krb5::Exchange exchange(raw, {context()});
    return krb5_init_creds_get(context(), raw);
  }

 private:
  test::TemporaryDirectory directory_;
  krb5::Context context_;
  krb5::Principal name_;
};

Blob octets(std::string_view text) {
  return to_blob(as_bytes(text));
}

START_TEST(what_went_last_goes_out_once_more) {
  Kdc kdc({"first", "second", "third", "fourth"});
  const Client client(kdc.port);
  LastRequest last(client.context());
  ck_assert_int_eq(client.ask(), KRB5KRB_AP_ERR_MSG_TYPE);
  ck_assert_int_eq(client.ask(), KRB5KRB_AP_ERR_MSG_TYPE);
  for (const char* reply : {"third", "fourth"}) {
    const auto got = last.send_again(client.name());
    ck_assert_msg(got.has_value() && *got == octets(reply), "%s", reply);
  }
  const auto requests = kdc.requests();
  ck_assert_uint_eq(requests.size(), 4);
  ck_assert(!requests[1].empty() && requests[1] != requests[0]);
  ck_assert(requests[2] == requests[1] && requests[3] == requests[1]);
}
END_TEST

START_TEST(nothing_was_sent) {
  const Client client(1);
  LastRequest last(client.context());
  const auto got = last.send_again(client.name());
  ck_assert(!got.has_value() && got.error() == EINVAL);
}
END_TEST

START_TEST(nobody_answers_any_more) {
  Kdc kdc({"first"});
  const Client client(kdc.port);
  LastRequest last(client.context());
  ck_assert_int_eq(client.ask(), KRB5KRB_AP_ERR_MSG_TYPE);
  ck_assert_uint_eq(kdc.requests().size(), 1);
  const auto got = last.send_again(client.name());
  ck_assert(!got.has_value() && got.error() == KRB5_KDC_UNREACH);
}
END_TEST

START_TEST(other_requests_are_as_they_were) {
  Kdc kdc({"first", "second", "third", "fourth"});
  const Client client(kdc.port);
  {
    LastRequest last(client.context());
    ck_assert_int_eq(client.ask(), KRB5KRB_AP_ERR_MSG_TYPE);
    ck_assert(last.send_again(client.name()).has_value());
    ck_assert_int_eq(client.ask(), KRB5KRB_AP_ERR_MSG_TYPE);
  }
  ck_assert_int_eq(client.ask(), KRB5KRB_AP_ERR_MSG_TYPE);
  const auto requests = kdc.requests();
  ck_assert_uint_eq(requests.size(), 4);
  ck_assert(requests[2] != requests[1] && requests[3] != requests[2]);
}
END_TEST

Suite* suite() {
  Suite* const all = suite_create("last_request");
  TCase* const requests = tcase_create("requests");
  tcase_add_test(requests, what_went_last_goes_out_once_more);
  tcase_add_test(requests, nothing_was_sent);
  tcase_add_test(requests, nobody_answers_any_more);
  tcase_add_test(requests, other_requests_are_as_they_were);
  suite_add_tcase(all, requests);
  return all;
}

}  // namespace

int main() {
  return test::run_suite(suite());
}
