// SPDX-License-Identifier: LGPL-2.1-or-later
#include "greeter/secret_buffer.h"

#include <algorithm>
#include <cstring>

#include <sys/mman.h>

namespace jpki::greeter {
namespace {

constexpr std::size_t kPage = 4096;
static_assert(kMaxTyped < kPage);

struct Buffer {
  GtkEntryBuffer parent;
  char* page;
  std::size_t bytes;
  guint characters;
};

struct BufferClass {
  GtkEntryBufferClass parent_class;
};

GObjectClass* parent_of_class = nullptr;

Buffer& self(void* buffer) {
  return *static_cast<Buffer*>(buffer);
}

std::size_t offset(const Buffer& buffer, guint position) {
  return static_cast<std::size_t>(::g_utf8_offset_to_pointer(buffer.page, static_cast<glong>(position)) -
                                  buffer.page);
}

const gchar* get_text(GtkEntryBuffer* buffer, gsize* bytes) {
  if (bytes != nullptr) *bytes = self(buffer).bytes;
  return self(buffer).page;
}

guint get_length(GtkEntryBuffer* buffer) {
  return self(buffer).characters;
}

guint insert_text(GtkEntryBuffer* base, guint position, const gchar* chars, guint count) {
  Buffer& buffer = self(base);
  auto size = static_cast<std::size_t>(::g_utf8_offset_to_pointer(chars, static_cast<glong>(count)) - chars);
  while (count > 0 && buffer.bytes + size > kMaxTyped)
    size = static_cast<std::size_t>(::g_utf8_offset_to_pointer(chars, static_cast<glong>(--count)) - chars);
  if (count == 0) return 0;
  const std::size_t at = offset(buffer, position);
  std::memmove(buffer.page + at + size, buffer.page + at, buffer.bytes - at + 1);
  std::memcpy(buffer.page + at, chars, size);
  buffer.bytes += size;
  buffer.characters += count;
  ::gtk_entry_buffer_emit_inserted_text(base, position, chars, count);
  return count;
}

guint delete_text(GtkEntryBuffer* base, guint position, guint count) {
  Buffer& buffer = self(base);
  if (position >= buffer.characters) return 0;
  count = std::min(count, buffer.characters - position);
  if (count == 0) return 0;
  const std::size_t begin = offset(buffer, position);
  const std::size_t end = offset(buffer, position + count);
  std::memmove(buffer.page + begin, buffer.page + end, buffer.bytes - end + 1);
  const std::size_t left = buffer.bytes - (end - begin);
  ::explicit_bzero(buffer.page + left, buffer.bytes - left);
  buffer.bytes = left;
  buffer.characters -= count;
  ::gtk_entry_buffer_emit_deleted_text(base, position, count);
  return count;
}

void finalize(GObject* object) {
  Buffer& buffer = self(object);
  if (buffer.page != nullptr) {
    ::explicit_bzero(buffer.page, kPage);
    ::munmap(buffer.page, kPage);
  }
  parent_of_class->finalize(object);
}

void initialise_class(gpointer data, gpointer) {
  parent_of_class = static_cast<GObjectClass*>(::g_type_class_peek_parent(data));
  static_cast<GObjectClass*>(data)->finalize = finalize;
  auto* const type = static_cast<GtkEntryBufferClass*>(data);
  type->get_text = get_text;
  type->get_length = get_length;
  type->insert_text = insert_text;
  type->delete_text = delete_text;
}

GType buffer_type() {
  static const GType type =
      ::g_type_register_static_simple(GTK_TYPE_ENTRY_BUFFER, "JpkiSecretBuffer", sizeof(BufferClass),
                                      initialise_class, sizeof(Buffer), nullptr, GTypeFlags(0));
  return type;
}

}  // namespace

GtkEntryBuffer* new_secret_buffer() {
  void* const page = ::mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return nullptr;
  (void)::mlock(page, kPage);
  (void)::madvise(page, kPage, MADV_DONTDUMP);
  (void)::madvise(page, kPage, MADV_WIPEONFORK);
  auto* const buffer = static_cast<GtkEntryBuffer*>(::g_object_new(buffer_type(), nullptr));
  self(buffer).page = static_cast<char*>(page);
  return buffer;
}

const char* text_in(GtkEntryBuffer* buffer) {
  return self(buffer).page;
}

}  // namespace jpki::greeter
