// SPDX-License-Identifier: LGPL-2.1-or-later
//
// {fmt}, compiled here once and linked in. Its shared library would be one more to load at each login; its
// headers alone (FMT_HEADER_ONLY) have every file that formats something compile all of it, which took a
// third of the time that this tree takes.
//
// The templates are those that the headers of fmt 9 and 10 declare and leave to the library. For a later
// version configure takes the headers alone.
#ifndef FMT_HEADER_ONLY

#include <fmt/format-inl.h>

FMT_BEGIN_NAMESPACE
namespace detail {

template FMT_API dragonbox::decimal_fp<float> dragonbox::to_decimal(float) noexcept;
template FMT_API dragonbox::decimal_fp<double> dragonbox::to_decimal(double) noexcept;
template FMT_API std::locale locale_ref::get<std::locale>() const;
template FMT_API thousands_sep_result<char> thousands_sep_impl(locale_ref);
template FMT_API char decimal_point_impl(locale_ref);
template FMT_API void buffer<char>::append(const char*, const char*);
template FMT_API void vformat_to(buffer<char>&, string_view, basic_format_args<buffer_context<char>>,
                                 locale_ref);

}  // namespace detail
FMT_END_NAMESPACE

#endif
