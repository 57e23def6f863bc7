// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpkictl validate: options, installation and report. What decides is tested where it lives.
#include "tests/unit/jpkictl/site.h"
#include "tests/unit/validator/crl_fixture.h"
#include "tests/unit/validator/crl_index_fixture.h"
#include "tests/unit/validator/ocsp_fixture.h"
#include "validator/revocation/file_memory.h"

#include <nlohmann/json.hpp>

namespace {

using namespace jpki;
using namespace jpki::test;
using ctl::ExitStatus;

struct Bench : Site {
  Bench() {
    directory.write("card.der", as_text(person().sign(key("root"))));
    directory.write("root.pem", ctl::to_pem(root()));
    directory.write("other.pem", ctl::to_pem(root("impostor")));
  }
  Ran validate(const std::string& file, std::vector<std::string> more = {}) const {
    std::vector<std::string> command{"validate", directory.path(file), "--no-revocation"};
    command.insert(command.end(), more.begin(), more.end());
    return run(std::move(command));
  }
  std::string file(const std::string& name) const { return directory.path(name); }
};

START_TEST(against_the_anchors_of_the_command_line) {
  const Bench bench;
  const Ran good = bench.validate("card.der", {"--anchor", bench.file("root.pem")});
  expect_status(good, ExitStatus::kGood);
  expect_contains(good.out, "JPKI-000 accepted");
  expect_contains(good.out, "anchor      root");
  const Ran bad = bench.validate("card.der", {"--anchor", bench.file("other.pem")});
  expect_status(bad, ExitStatus::kBad);
  expect_contains(bad.out, "JPKI-302 certificate-untrusted: ");
  expect_contains(bad.out, "next step");
  expect_contains(bad.out, "paths tried:");
}
END_TEST

// What anchors.d could not hold is no anchor of the command line either.
START_TEST(anchors_that_are_none) {
  const Bench bench;
  bench.directory.write("two.pem", ctl::to_pem(root()) + ctl::to_pem(root("impostor")));
  const Blob no_signer = authority(authority_name(), authority_name(), "root")
                             .replace(pki::key_usage({pki::KeyUsage::kCrlSign}))
                             .sign(key("root"));
  bench.directory.write("no-signer.der", as_text(no_signer));
  const Blob plain = builder(authority_name(), authority_name(), key("root")).sign(key("root"));
  bench.directory.write("plain.der", as_text(plain));
  for (const auto& [file, why] : {std::pair{"two.pem", "more than one certificate"},
                                  {"no-signer.der", "not a CA certificate"},
                                  {"plain.der", "not a CA certificate"},
                                  {"card.der", "not a CA certificate"}}) {
    const Ran ran = bench.validate("card.der", {"--anchor", bench.file(file)});
    expect_status(ran, ExitStatus::kCouldNotTell);
    expect_contains(ran.err, why);
    expect_contains(ran.err, bench.file(file));
  }
}
END_TEST

START_TEST(against_the_installation) {
  const Bench bench;
  expect_contains(bench.validate("card.der").err, "no anchors");
  bench.add_anchor("g1", root(), "accept_until = 2025-01-01T00:00:00+09:00\n");
  expect_status(bench.validate("card.der"), ExitStatus::kGood);
  const Ran late = bench.validate("card.der", {"--time", "2025-01-01T00:00:00+09:00"});
  expect_status(late, ExitStatus::kBad);
  expect_contains(late.out, "JPKI-307 anchor-retired: ");
  expect_contains(late.out, "g1");
  expect_status(bench.validate("card.der", {"--time", "2024-12-31T23:59:59+09:00"}), ExitStatus::kGood);
}
END_TEST

START_TEST(over_intermediates) {
  const Bench bench;
  const Blob name = pki::distinguished_name({pki::country("JP"), pki::organization("Organization CA")});
  const Blob middle = authority(authority_name(), name, "middle").sign(key("root"));
  bench.directory.write("card.pem", ctl::to_pem(person(name, "middle").sign(key("middle"))));
  bench.directory.write("middle.pem", ctl::to_pem(middle));
  const std::string anchor = bench.file("root.pem");
  expect_status(bench.validate("card.pem", {"--anchor", anchor}), ExitStatus::kBad);
  expect_status(bench.validate("card.pem", {"--anchor", anchor, "--untrusted", bench.file("middle.pem")}),
                ExitStatus::kGood);
  bench.add_anchor("g1", root());
  expect_status(bench.validate("card.pem"), ExitStatus::kBad);
  bench.directory.write("intermediates.d/middle.crt", ctl::to_pem(middle));
  const Ran ran = bench.validate("card.pem", {"--json"});
  expect_status(ran, ExitStatus::kGood);
  ck_assert_uint_eq(nlohmann::json::parse(ran.out)["path"].size(), 3);
}
END_TEST

START_TEST(kinds_as_a_login) {
  const Bench bench;
  bench.add_anchor("g1", root());
  bench.directory.write("other.der",
                        as_text(person().remove(pki::oid::kCertificatePolicies).sign(key("root"))));
  const Ran refused = bench.validate("other.der");
  expect_status(refused, ExitStatus::kBad);
  expect_contains(refused.out, "JPKI-328 ");
  expect_status(bench.validate("other.der", {"--anchor", bench.file("root.pem")}), ExitStatus::kGood);
  expect_status(bench.validate("card.der", {"--kind", "jpki-authentication"}), ExitStatus::kGood);
  expect_contains(bench.validate("card.der", {"--kind", "lgpki-user"}).out, "JPKI-329");
  expect_status(bench.validate("card.der", {"--kind", "nonsense"}), ExitStatus::kCouldNotTell);
}
END_TEST

START_TEST(policies) {
  const Bench bench;
  const std::string anchor = bench.file("root.pem");
  const auto with = [&](std::vector<std::string> options) {
    options.insert(options.end(), {"--anchor", anchor});
    return bench.validate("card.der", std::move(options));
  };
  expect_status(with({"--policy", kAuthPolicy, "--explicit-policy"}), ExitStatus::kGood);
  expect_contains(with({"--policy", "1.2.3", "--explicit-policy"}).out, "JPKI-306");
  expect_status(with({"--policy", "1.2.3", "--policy", kAuthPolicy, "--explicit-policy"}), ExitStatus::kGood);
  expect_status(with({"--policy", "any"}), ExitStatus::kCouldNotTell);
}
END_TEST

START_TEST(weak_signatures) {
  const Bench bench;
  auto builder = person();
  builder.signature.digest = pki::Digest::kSha1;
  bench.directory.write("old.der", as_text(builder.sign(key("root"))));
  const std::string anchor = bench.file("root.pem");
  expect_contains(bench.validate("old.der", {"--anchor", anchor}).out, "JPKI-308");
  expect_status(bench.validate("old.der", {"--anchor", anchor, "--allow-sha1"}), ExitStatus::kGood);
}
END_TEST

START_TEST(files_that_are_none) {
  const Bench bench;
  const std::string anchor = bench.file("root.pem");
  bench.directory.write("junk.der", "junk");
  const Ran junk = bench.validate("junk.der", {"--anchor", anchor, "--json"});
  expect_status(junk, ExitStatus::kBad);
  ck_assert(nlohmann::json::parse(junk.out)["code"] == "JPKI-301");
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"validate", bench.file("missing.der"), "--anchor", anchor},
        {"validate", bench.file("card.der"), "--anchor", bench.file("missing.pem")},
        {"validate", bench.file("card.der"), "--anchor", anchor, "--untrusted", bench.file("junk.der")},
        {"validate", bench.file("card.der"), "--anchor", anchor, "--time", "noon"}}) {
    const Ran ran = bench.run(command);
    expect_status(ran, ExitStatus::kCouldNotTell);
    ck_assert(ran.err.starts_with("jpkictl: ") && ran.out.empty());
  }
}
END_TEST

// Subject, serial and expiry identify a person.
START_TEST(names_only_when_asked_for) {
  const Bench bench;
  const std::string anchor = bench.file("root.pem");
  for (const char* format : {"--json", "--inhibit-any"}) {
    const Ran hidden = bench.validate("card.der", {"--anchor", anchor, format});
    for (const char* secret : {"AB12CD34EF56GH", "13101003A", "Chiyoda", "8f0102", "2025-06-01"})
      expect_absent(hidden.out, secret);
    expect_contains(bench.validate("card.der", {"--anchor", anchor, format, "--show-names"}).out,
                    "AB12CD34EF56GH13101003A");
  }
}
END_TEST

START_TEST(json_of_a_good_and_a_bad_one) {
  const Bench bench;
  const auto good =
      nlohmann::json::parse(bench.validate("card.der", {"--anchor", bench.file("root.pem"), "--json"}).out);
  ck_assert(good["code"] == "JPKI-000" && good["name"] == "accepted" && good["anchor"] == "root");
  ck_assert(good["kind"] == "jpki-authentication" && good["path"].size() == 2 && good["tried"].empty());
  ck_assert(good["path"][1]["role"] == "anchor" && good["path"][1]["depth"] == 1);
  const auto bad =
      nlohmann::json::parse(bench.validate("card.der", {"--anchor", bench.file("other.pem"), "--json"}).out);
  ck_assert(bad["code"] == "JPKI-302" && bad["anchor"].is_null() && bad["clause"].is_string());
}
END_TEST

START_TEST(without_evidence_it_could_not_be_told) {
  const Bench bench;
  const Ran ran = bench.run({"validate", bench.file("card.der"), "--anchor", bench.file("root.pem")});
  expect_status(ran, ExitStatus::kCouldNotTell);
  expect_contains(ran.out, "JPKI-402 revocation-unknown: ");
}
END_TEST

// root(of the command line) and a CRL and an OCSP response of the test's.
struct EvidenceBench : Bench {
  Ran with(std::vector<std::string> more) const {
    std::vector<std::string> command{"validate", file("card.der"), "--anchor", file("root.pem"), "--json"};
    command.insert(command.end(), more.begin(), more.end());
    return run(std::move(command));
  }
  std::string crl(const std::string& name, pki::CrlBuilder builder,
                  const std::string& signer = "root") const {
    return directory.write(name, as_text(builder.sign(key(signer))));
  }
  std::string ocsp(const std::string& name, const tocsp::SingleResponse& about) const {
    return directory.write(name, as_text(response(about).sign(key("root"))));
  }
};

void expect_code(const Ran& ran, ExitStatus status, const std::string& code) {
  expect_status(ran, status);
  expect_text(nlohmann::json::parse(ran.out)["code"].get<std::string>(), code);
}

START_TEST(crls_of_the_command_line) {
  const EvidenceBench bench;
  const std::string good = bench.crl("good.crl", full_crl());
  const Ran accepted = bench.with({"--crl", good});
  expect_code(accepted, ExitStatus::kGood, "JPKI-000");
  const auto evidence = nlohmann::json::parse(accepted.out)["evidence"];
  ck_assert(evidence.size() == 1 && evidence[0]["source"] == "crl" && evidence[0]["depth"] == 0);
  ck_assert(evidence[0]["age_seconds"] == 6 * 3600);

  auto builder = full_crl();
  builder.revoke(kPersonSerial, kNow - kDay);
  const std::string revoking = bench.crl("revoking.crl", builder);
  expect_code(bench.with({"--crl", revoking}), ExitStatus::kBad, "JPKI-401");
  expect_code(bench.with({"--crl", good, "--crl", revoking}), ExitStatus::kBad, "JPKI-401");
  expect_code(bench.with({"--crl", bench.crl("other.crl", full_crl(), "impostor")}),
              ExitStatus::kCouldNotTell, "JPKI-404");
  expect_code(bench.with({"--crl", bench.crl("city.crl", city_crl("Osaka CRLDP"))}),
              ExitStatus::kCouldNotTell, "JPKI-402");
  expect_code(bench.with({"--crl", good, "--time", "2024-06-02T00:00:00Z"}), ExitStatus::kCouldNotTell,
              "JPKI-403");
  const Ran junk = bench.with({"--crl", bench.directory.write("junk.crl", "junk")});
  expect_code(junk, ExitStatus::kCouldNotTell, "JPKI-404");
  expect_contains(junk.out, "junk.crl");
  expect_code(bench.with({"--crl", bench.file("junk.crl"), "--crl", good}), ExitStatus::kGood, "JPKI-000");
}
END_TEST

START_TEST(ocsp_responses_of_the_command_line) {
  const EvidenceBench bench;
  const std::string good = bench.ocsp("good.ors", single());
  const Ran accepted = bench.with({"--ocsp", good});
  expect_code(accepted, ExitStatus::kGood, "JPKI-000");
  ck_assert(nlohmann::json::parse(accepted.out)["evidence"][0]["source"] == "ocsp");
  const std::string revoked = bench.ocsp("revoked.ors", single(tocsp::revoked(kNow - kDay)));
  expect_code(bench.with({"--ocsp", revoked}), ExitStatus::kBad, "JPKI-401");
  expect_code(bench.with({"--ocsp", good, "--ocsp", revoked}), ExitStatus::kBad, "JPKI-401");
  // Yesterday's CRL does not revive it.
  const std::string crl = bench.crl("good.crl", full_crl());
  expect_code(bench.with({"--ocsp", revoked, "--crl", crl}), ExitStatus::kBad, "JPKI-401");
  expect_code(bench.with({"--ocsp", revoked, "--crl", crl, "--crl-all"}), ExitStatus::kGood, "JPKI-000");
  expect_code(bench.with({"--ocsp", good, "--crl-all"}), ExitStatus::kCouldNotTell, "JPKI-402");
  expect_code(bench.with({"--ocsp", good, "--time", "2024-06-02T00:00:00Z"}), ExitStatus::kCouldNotTell,
              "JPKI-403");
  const std::string junk = bench.directory.write("junk.ors", "junk");
  expect_code(bench.with({"--ocsp", junk}), ExitStatus::kCouldNotTell, "JPKI-404");
}
END_TEST

// A CA above the card needs a CRL; what OCSP says about the card is not about it.
START_TEST(authorities_need_evidence_too) {
  const EvidenceBench bench;
  const Blob name = pki::distinguished_name({pki::country("JP"), pki::organization("Organization CA")});
  bench.directory.write("middle.der", as_text(authority(authority_name(), name, "middle").sign(key("root"))));
  bench.directory.write("card.der", as_text(person(name, "middle").sign(key("middle"))));
  const std::string middle = bench.file("middle.der");
  const std::string lower = bench.crl("lower.crl", full_crl(name), "middle");
  const Ran missing = bench.with({"--untrusted", middle, "--crl", lower});
  expect_code(missing, ExitStatus::kCouldNotTell, "JPKI-402");
  expect_contains(missing.out, "depth 1");
  const std::string upper = bench.crl("upper.crl", full_crl());
  expect_code(bench.with({"--untrusted", middle, "--crl", lower, "--crl", upper}), ExitStatus::kGood,
              "JPKI-000");
  auto revoking = full_crl();
  revoking.revoke(Blob{0x01}, kNow - kDay);
  expect_code(bench.with({"--untrusted", middle, "--crl", lower, "--crl", bench.crl("upper.crl", revoking)}),
              ExitStatus::kBad, "JPKI-406");
}
END_TEST

// R7: what a login has once found revoked is revoked, whatever today's CRLs say; and judging remembers
// nothing.
START_TEST(the_memory_of_logins) {
  const EvidenceBench bench;
  bench.add_anchor("g1", root());
  compile(bench.file("crl.idx"), {full_crl().sign(key("root"))});
  const std::vector<std::string> command{"validate", bench.file("card.der"), "--json"};
  expect_code(bench.run(command), ExitStatus::kGood, "JPKI-000");
  ck_assert(std::filesystem::is_empty(bench.file("evidence")));

  const revocation::EvidenceDirectory evidence(bench.file("evidence"), kSiteKey);
  revocation::FileMemory memory(evidence);
  const auto card = decoded(person().sign(key("root")));
  const auto issuer = decoded(root());
  ck_assert(memory.remember(card, issuer, {.on_hold = false, .this_update = kNow - kDay}).has_value());
  const Ran ran = bench.run(command);
  expect_code(ran, ExitStatus::kBad, "JPKI-401");
  expect_contains(ran.out, "remembered");
  // Nor does a CRL of the command line revive it, or an index that is missing or damaged.
  const std::string good = bench.crl("good.crl", full_crl());
  expect_code(bench.run({"validate", bench.file("card.der"), "--json", "--crl", good}), ExitStatus::kBad,
              "JPKI-401");
  bench.directory.write("crl.idx", "junk", std::filesystem::perms(0600));
  expect_code(bench.run(command), ExitStatus::kBad, "JPKI-401");
  std::filesystem::remove(bench.file("crl.idx"));
  expect_code(bench.run(command), ExitStatus::kBad, "JPKI-401");
  expect_code(bench.validate("card.der", {"--json"}), ExitStatus::kGood, "JPKI-000");
  std::filesystem::permissions(bench.file("evidence"), std::filesystem::perms(0777));
  expect_code(bench.run(command), ExitStatus::kCouldNotTell, "JPKI-405");
}
END_TEST

// As at a login: a statement that is newer takes a hold back, an older one and none do not.
START_TEST(a_hold_that_logins_remember) {
  const EvidenceBench bench;
  bench.add_anchor("g1", root());
  compile(bench.file("crl.idx"), {full_crl().sign(key("root"))});
  const std::vector<std::string> command{"validate", bench.file("card.der"), "--json"};
  const revocation::EvidenceDirectory evidence(bench.file("evidence"), kSiteKey);
  revocation::FileMemory memory(evidence);
  const auto card = decoded(person().sign(key("root")));
  const auto issuer = decoded(root());
  const Time stated = full_crl().this_update;
  const auto hold = [&](Time since) {
    ck_assert(memory.remember(card, issuer, {.on_hold = true, .this_update = since}).has_value());
  };
  hold(stated - std::chrono::seconds(1));
  expect_code(bench.run(command), ExitStatus::kGood, "JPKI-000");
  hold(stated);
  expect_code(bench.run(command), ExitStatus::kBad, "JPKI-401");
  const auto newer = [&](Time this_update) {
    auto about = single();
    about.this_update = this_update;
    return bench.ocsp("good.ors", about);
  };
  const std::string old = bench.crl("old.crl", full_crl());
  const Time held = kNow - std::chrono::minutes(2);
  hold(held);
  for (const auto& [at, status] :
       {std::pair(held, ExitStatus::kBad), {held + std::chrono::seconds(1), ExitStatus::kGood}})
    expect_status(bench.run({"validate", bench.file("card.der"), "--crl", old, "--ocsp", newer(at)}), status);
  std::filesystem::remove(bench.file("crl.idx"));
  expect_code(bench.run(command), ExitStatus::kBad, "JPKI-401");
}
END_TEST

// As at a login: a responder's newer statement lifts a CRL's hold, but no CRL lifts a responder's; what is
// revoked for good has no newer one.
START_TEST(on_hold_by_one_source_and_good_by_another) {
  constexpr std::uint8_t kCertificateHold = 6;
  const EvidenceBench bench;
  const Time stated = kNow - std::chrono::minutes(2);
  const auto list = [&] {
    auto builder = full_crl();
    builder.this_update = stated;
    return builder;
  };
  const auto by_ocsp = [&](Time this_update, const Blob& status) {
    auto about = single(status);
    about.this_update = this_update;
    return bench.ocsp("answer.ors", about);
  };
  const auto crl = [&](std::optional<std::uint8_t> reason) {
    auto builder = list();
    builder.revoke(kPersonSerial, kNow - kDay, reason);
    return bench.crl("revoking.crl", builder);
  };
  const auto judged = [&](const std::string& crl_file, const std::string& response, ExitStatus status) {
    expect_status(bench.with({"--crl", crl_file, "--ocsp", response}), status);
  };
  const Time newer = stated + std::chrono::seconds(1);
  judged(crl(kCertificateHold), by_ocsp(newer, tocsp::good()), ExitStatus::kGood);
  judged(crl(kCertificateHold), by_ocsp(stated, tocsp::good()), ExitStatus::kBad);
  judged(crl(std::nullopt), by_ocsp(newer, tocsp::good()), ExitStatus::kBad);
  const std::string good = bench.crl("good.crl", list());
  judged(good, by_ocsp(newer, tocsp::revoked(kNow - kDay, kCertificateHold)), ExitStatus::kBad);
  judged(good, by_ocsp(stated - std::chrono::seconds(1), tocsp::revoked(kNow - kDay, kCertificateHold)),
         ExitStatus::kBad);
}
END_TEST

// Root reads the files of the command line; what they hold is decoded by the helper's user.
START_TEST(nothing_is_decoded_as_root) {
  EvidenceBench bench;
  bench.directory.write("junk.der", "junk");
  const std::string junk = bench.file("junk.der");
  const std::string anchor = bench.file("root.pem");
  const std::vector<std::string> commands[] = {
      {"validate", junk, "--anchor", anchor},
      {"validate", bench.file("card.der"), "--anchor", junk},
      {"validate", bench.file("card.der"), "--anchor", anchor, "--untrusted", junk},
      {"validate", bench.file("card.der"), "--anchor", anchor, "--crl", junk, "--ocsp", junk},
  };
  bench.become_helper = [] { return Unexpected{std::string("stays root")}; };
  for (const auto& command : commands) {
    const Ran ran = bench.run(command);
    expect_status(ran, ExitStatus::kCouldNotTell);
    expect_text(ran.err, "jpkictl: nothing was judged: root leaves that to another user, and stays root\n");
  }
  // The helper's user may not be able to open them.
  const std::string crl = bench.crl("good.crl", full_crl());
  bench.become_helper = [&]() -> Expected<Unit, std::string> {
    for (const std::string& file : {crl, anchor, bench.file("card.der")}) std::filesystem::remove(file);
    return Unit{};
  };
  expect_status(bench.with({"--crl", crl}), ExitStatus::kGood);
}
END_TEST

START_TEST(the_index_of_the_installation) {
  const EvidenceBench bench;
  bench.add_anchor("g1", root());
  const Ran missing = bench.run({"validate", bench.file("card.der"), "--json"});
  expect_code(missing, ExitStatus::kCouldNotTell, "JPKI-402");
  expect_contains(missing.out, "jpki-crl-refresh");
  // The installation's hard limit of 48 hours counts for its CRLs, whatever nextUpdate says.
  auto builder = full_crl();
  builder.this_update = kNow - 3 * kDay;
  const std::string old = bench.crl("old.crl", builder);
  expect_code(bench.run({"validate", bench.file("card.der"), "--json", "--crl", old}),
              ExitStatus::kCouldNotTell, "JPKI-403");
  expect_code(bench.with({"--crl", old}), ExitStatus::kGood, "JPKI-000");
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("jpkictl-validate");
  TCase* tc = tcase_create("validate");
  tcase_set_timeout(tc, 60);
  for (const auto* test :
       {against_the_anchors_of_the_command_line, anchors_that_are_none, against_the_installation,
        over_intermediates, kinds_as_a_login, policies, weak_signatures, files_that_are_none,
        names_only_when_asked_for, json_of_a_good_and_a_bad_one, without_evidence_it_could_not_be_told,
        crls_of_the_command_line, ocsp_responses_of_the_command_line, authorities_need_evidence_too,
        the_memory_of_logins, a_hold_that_logins_remember, on_hold_by_one_source_and_good_by_another,
        nothing_is_decoded_as_root, the_index_of_the_installation})
    tcase_add_test(tc, test);
  suite_add_tcase(s, tc);
  return s;
}

}  // namespace

int main() {
  for (const char* name : {"root", "person", "impostor", "middle"}) key(name);
  return run_suite(suite());
}
