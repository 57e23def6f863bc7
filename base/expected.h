// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Expected<T, E>: a value or the reason why there is none. GCC 12 has no std::expected under -std=c++20.
// Reading the side that is not there is a bug of the caller and aborts; nothing here throws.
#pragma once

#include <cstdlib>
#include <utility>
#include <variant>

namespace jpki {

// The value of an operation that either works or says why not.
struct Unit {};

// Wraps an error so that Expected<T, E> can tell it from a value of the same type.
template <class E>
struct Unexpected {
  E error;
};
template <class E>
Unexpected(E) -> Unexpected<E>;

template <class T, class E>
class [[nodiscard]] Expected {
 public:
  Expected(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit by design
  template <class G>
  Expected(Unexpected<G> error) : state_(std::in_place_index<1>, std::move(error.error)) {}  // NOLINT

  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  T& value() & { return *checked<0>(); }
  const T& value() const& { return *const_cast<Expected*>(this)->template checked<0>(); }
  T&& value() && { return std::move(*checked<0>()); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return checked<0>(); }
  const T* operator->() const { return const_cast<Expected*>(this)->template checked<0>(); }

  E& error() & { return *checked<1>(); }
  const E& error() const& { return *const_cast<Expected*>(this)->template checked<1>(); }
  E&& error() && { return std::move(*checked<1>()); }

 private:
  template <std::size_t I>
  auto* checked() {
    auto* side = std::get_if<I>(&state_);
    if (side == nullptr) std::abort();
    return side;
  }

  std::variant<T, E> state_;
};

}  // namespace jpki
