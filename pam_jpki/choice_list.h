// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A list to choose from, as GNOME's login screen shows one: GDM's extension of the PAM conversation named
// org.gnome.DisplayManager.UserVerifier.ChoiceList (gdm-pam-extensions). A PAM_BINARY_PROMPT points to the
// request in the memory that the host and this module share, and the answer is a structure of the host's.
//
// The number of an extension is its place in the list that GDM puts into the environment of its worker, and
// nothing else tells it: the one variable that this module reads, never in a set-user-ID program. It changes
// how a choice is shown, and nothing about who gets in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <security/pam_modules.h>

namespace jpki::pam {

// The number of the extension among the names, with a space between, that GDM advertises.
std::optional<std::uint8_t> number_of_choice_list(std::string_view advertised) noexcept;

// Whether the host advertises it.
bool shows_choice_list() noexcept;

// Has the person choose: the place, from 0, of one of at most kMostOfferedCards `items`. Nothing where the
// host shows no list, and where the answer is none of them: then it can be asked in another way.
std::optional<std::uint8_t> choose_from_list(pam_handle_t* handle, const std::string& title,
                                             const std::vector<std::string>& items);

}  // namespace jpki::pam
