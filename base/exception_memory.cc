// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Only in a module that carries its own libstdc++ and can be unloaded (jpki-pkcs11.so): libstdc++ sets memory
// aside for exceptions when the module is loaded, and never gives it back by itself, for it expects to live
// as long as its process. Here it is given back when the host unloads the module. With the host's libstdc++
// this would take the memory of the host's.

// NOLINTBEGIN: libstdc++'s own names
namespace __gnu_cxx {
void __freeres();
}
// NOLINTEND

namespace {

__attribute__((destructor)) void give_back_exception_memory() {
  __gnu_cxx::__freeres();
}

}  // namespace
