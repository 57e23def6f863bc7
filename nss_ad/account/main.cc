// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpki-account: answers pam_jpki.so, over the socket on descriptor 0, whether an account of the directory may
// log in. It reads files alone, as the helper user; jpki-account-live, which it starts before it drops
// privileges, asks the directory. Wiring only.
#include "base/node_name.h"
#include "base/program/one_packet.h"
#include "base/sandbox/confinement.h"
#include "base/sandbox/inheritance.h"
#include "base/sandbox/privileges.h"
#include "nss_ad/account/inquiry.h"
#include "nss_ad/account/live_process.h"
#include "nss_ad/config/ad_config.h"
#include "nss_ad/snapshot/reader.h"

namespace {

using namespace jpki;

// As every process of this machine learns it through libnss_ad.
bool is_of_directory(const std::string& account, const std::string& snapshots) {
  const auto users = ad::snapshot::OpenedUsers::open(snapshots + "/" + ad::snapshot::kUsersFile);
  ad::snapshot::UserFields user{};
  return users &&
         users->view().user_by_name(account.data(), account.size(), user) == ad::snapshot::Look::kFound;
}

AccountAnswer answer_to(const AccountQuestion& question) {
  const auto config = ad::config::load_ad_config(ad::config::kDefaultConfigFile);
  ad::account::Site site{JPKI_STATEDIR "/ad", node_name(), 0, {}};
  std::optional<ad::account::LiveProcess> live;
  if (!question.local && config && config->account.live_timeout.count() > 0 &&
      is_of_directory(question.account, site.snapshots)) {
    live.emplace();
    site.ask_live = [&](const ad::Sid& sid) { return live->ask(sid, config->account.live_timeout); };
  }
  if (auto dropped = sandbox::drop_privileges(JPKI_HELPER_USER); !dropped)
    return {Verdict::kPrivilegesNotDropped, dropped.error(), {}};
  const sandbox::Confinement files_alone{.helpers = true, .readable = {site.snapshots}};
  if (auto confined = sandbox::confine(files_alone); !confined)
    return {Verdict::kPrivilegesNotDropped, confined.error(), {}};
  return ad::account::inquire(question, config, site, SystemClock().now());
}

}  // namespace

int main() {
  sandbox::shed_inheritance("/dev/null");
  try {
    return answer_one_packet<kMaxAccountPacket>(&read_account_question, &answer_to);
  } catch (...) {
    return 1;  // out of memory: the PAM module sees the connection close and refuses
  }
}
