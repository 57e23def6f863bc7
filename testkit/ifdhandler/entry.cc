// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The functions of an IFD handler 3.0 (ifdhandler.h of pcsc-lite) around one Reader. pcscd loads the library
// once for each reader of its configuration; DEVICENAME is the file of the settings.
#include "testkit/ifdhandler/reader.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include <reader.h>

// pcsc-lite's header is for C; what it declares is all that this library shows.
#pragma GCC visibility push(default)
extern "C" {
#include <ifdhandler.h>
}
#pragma GCC visibility pop

namespace {

using jpki::Blob;
using jpki::Bytes;
using jpki::ifdhandler::Reader;

// One library may serve several readers: the upper half of Lun is the number.
constexpr std::size_t kMostReaders = 16;
std::unique_ptr<Reader> g_readers[kMostReaders];
Blob g_atrs[kMostReaders];

std::size_t index_of(DWORD lun) {
  return (lun >> 16) % kMostReaders;
}

Reader* reader_of(DWORD lun) {
  return g_readers[index_of(lun)].get();
}

RESPONSECODE put_value(const void* value, std::size_t size, PDWORD length, PUCHAR into) {
  if (*length < size) return IFD_ERROR_INSUFFICIENT_BUFFER;
  std::memcpy(into, value, size);
  *length = size;
  return IFD_SUCCESS;
}

RESPONSECODE put_byte(UCHAR value, PDWORD length, PUCHAR into) {
  return put_value(&value, sizeof value, length, into);
}

RESPONSECODE wait_for_card(DWORD lun, int timeout) {
  if (Reader* const reader = reader_of(lun)) reader->wait_for_card(std::chrono::milliseconds(timeout));
  return IFD_SUCCESS;
}

RESPONSECODE stop_waiting(DWORD lun) {
  if (Reader* const reader = reader_of(lun)) reader->stop_waiting();
  return IFD_SUCCESS;
}

}  // namespace

extern "C" {

RESPONSECODE IFDHCreateChannelByName(DWORD lun, LPSTR name) {
  auto reader = std::make_unique<Reader>();
  if (!reader->open(name)) return IFD_COMMUNICATION_ERROR;
  g_readers[index_of(lun)] = std::move(reader);
  return IFD_SUCCESS;
}

RESPONSECODE IFDHCreateChannel(DWORD, DWORD) {
  return IFD_NOT_SUPPORTED;
}

RESPONSECODE IFDHCloseChannel(DWORD lun) {
  g_readers[index_of(lun)].reset();
  return IFD_SUCCESS;
}

RESPONSECODE IFDHGetCapabilities(DWORD lun, DWORD tag, PDWORD length, PUCHAR value) {
  const Reader* const reader = reader_of(lun);
  const Blob& atr = g_atrs[index_of(lun)];
  const bool at_once = reader != nullptr && reader->notices_at_once();
  switch (tag) {
    case TAG_IFD_ATR:
    case SCARD_ATTR_ATR_STRING:
      return put_value(atr.data(), atr.size(), length, value);
    case TAG_IFD_SIMULTANEOUS_ACCESS:
      return put_byte(kMostReaders, length, value);
    case TAG_IFD_THREAD_SAFE:
    case TAG_IFD_SLOTS_NUMBER:
      return put_byte(1, length, value);
    case TAG_IFD_SLOT_THREAD_SAFE:
    case TAG_IFD_POLLING_THREAD_KILLABLE:
      return put_byte(0, length, value);
    case TAG_IFD_POLLING_THREAD_WITH_TIMEOUT: {
      RESPONSECODE (*const function)(DWORD, int) = wait_for_card;
      return at_once ? put_value(&function, sizeof function, length, value) : IFD_ERROR_TAG;
    }
    case TAG_IFD_STOP_POLLING_THREAD: {
      RESPONSECODE (*const function)(DWORD) = stop_waiting;
      return at_once ? put_value(&function, sizeof function, length, value) : IFD_ERROR_TAG;
    }
    default:
      return IFD_ERROR_TAG;
  }
}

RESPONSECODE IFDHSetCapabilities(DWORD, DWORD, DWORD, PUCHAR) {
  return IFD_NOT_SUPPORTED;
}

RESPONSECODE IFDHSetProtocolParameters(DWORD, DWORD, UCHAR, UCHAR, UCHAR, UCHAR) {
  return IFD_SUCCESS;
}

RESPONSECODE IFDHPowerICC(DWORD lun, DWORD action, PUCHAR atr, PDWORD length) {
  Reader* const reader = reader_of(lun);
  *length = 0;
  if (reader == nullptr) return IFD_NO_SUCH_DEVICE;
  Blob& kept = g_atrs[index_of(lun)];
  kept.clear();
  if (action == IFD_POWER_DOWN) {
    reader->power_off();
    return IFD_SUCCESS;
  }
  const auto told = action == IFD_RESET ? reader->reset() : reader->power_on();
  if (!told || told->size() > MAX_ATR_SIZE) return IFD_ERROR_POWER_ACTION;
  kept = *told;
  *length = MAX_ATR_SIZE;
  return put_value(kept.data(), kept.size(), length, atr);
}

RESPONSECODE IFDHTransmitToICC(DWORD lun, SCARD_IO_HEADER sent, PUCHAR command, DWORD size, PUCHAR answer,
                               PDWORD length, PSCARD_IO_HEADER received) {
  Reader* const reader = reader_of(lun);
  const DWORD room = std::exchange(*length, 0);
  if (reader == nullptr) return IFD_NO_SUCH_DEVICE;
  const auto told = reader->transmit(Bytes(command, size));
  if (!told || told->size() > room) return IFD_COMMUNICATION_ERROR;
  std::ranges::copy(*told, answer);
  *length = told->size();
  *received = sent;
  return IFD_SUCCESS;
}

RESPONSECODE IFDHControl(DWORD lun, DWORD code, PUCHAR input, DWORD size, PUCHAR output, DWORD room,
                         LPDWORD length) {
  Reader* const reader = reader_of(lun);
  *length = 0;
  if (reader == nullptr) return IFD_NO_SUCH_DEVICE;
  const auto told = reader->control(static_cast<std::uint32_t>(code), Bytes(input, size));
  if (!told)
    return reader->knows(static_cast<std::uint32_t>(code)) ? IFD_COMMUNICATION_ERROR
                                                           : IFD_ERROR_NOT_SUPPORTED;
  if (told->size() > room) return IFD_ERROR_INSUFFICIENT_BUFFER;
  std::ranges::copy(*told, output);
  *length = told->size();
  return IFD_SUCCESS;
}

RESPONSECODE IFDHICCPresence(DWORD lun) {
  Reader* const reader = reader_of(lun);
  if (reader == nullptr || reader->unplugged()) return IFD_NO_SUCH_DEVICE;
  return reader->card_present() ? IFD_SUCCESS : IFD_ICC_NOT_PRESENT;
}

}  // extern "C"
