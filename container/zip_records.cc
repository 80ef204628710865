#include "container/zip_records.h"

#include <zlib.h>

#include <algorithm>

#include "base/bytes.h"

namespace picklebox::container {
namespace {

constexpr uint16_t kExtra64 = 0x0001;
constexpr uint16_t kExtraName = 0x7075;

uint16_t U16(const uint8_t* p) { return base::LoadLittle<uint16_t>(p); }
uint32_t U32(const uint8_t* p) { return base::LoadLittle<uint32_t>(p); }
uint64_t U64(const uint8_t* p) { return base::LoadLittle<uint64_t>(p); }

// The data of the extra field `id`; empty if there is none.
absl::Span<const uint8_t> FindExtra(absl::Span<const uint8_t> extra,
                                    uint16_t id) {
  while (extra.size() >= 4) {
    const size_t size = U16(extra.data() + 2);
    if (size > extra.size() - 4) break;
    if (U16(extra.data()) == id) return extra.subspan(4, size);
    extra.remove_prefix(4 + size);
  }
  return {};
}

// Takes a 64-bit field for a 32-bit one that says that it is there.
void Widen(uint64_t* field, absl::Span<const uint8_t>* extra, bool* bad) {
  if (*field != UINT32_MAX) return;
  if (extra->size() < 8) {
    *bad = true;
    return;
  }
  *field = U64(extra->data());
  extra->remove_prefix(8);
}

// Info-ZIP's Unicode path: version, CRC of the plain name, name.
bool HasOtherName(absl::Span<const uint8_t> extra, const std::string& name) {
  const absl::Span<const uint8_t> field = FindExtra(extra, kExtraName);
  if (field.size() < 5 || field[0] != 1) return false;
  const uint32_t crc = static_cast<uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(name.data()),
            static_cast<uInt>(name.size())));
  if (U32(field.data() + 1) != crc) return false;
  return !std::equal(
      field.begin() + 5, field.end(), name.begin(), name.end(),
      [](uint8_t a, char b) { return a == static_cast<uint8_t>(b); });
}

std::string Text(const uint8_t* p, size_t size) {
  return std::string(reinterpret_cast<const char*>(p), size);
}

bool Contradicts(uint64_t narrow, uint64_t wide, uint64_t unknown) {
  return narrow != unknown && narrow != wide;
}

// The zip64 record that the locator in front of `end` leads to.
void ReadEnd64(base::Source& source, ZipEnd* end) {
  if (end->at < kLocatorSize) return;
  const auto locator =
      base::ReadSome(source, end->at - kLocatorSize, kLocatorSize);
  if (!locator || U32(locator->data()) != kLocatorMagic) return;
  const uint64_t locator_at = end->at - kLocatorSize;
  if (locator_at < kEnd64Size) {
    end->contradicts64 = true;
    return;
  }
  const uint64_t at = locator_at - kEnd64Size;
  const auto record = base::ReadSome(source, at, kEnd64Size);
  if (!record || U32(record->data()) != kEnd64Magic) {
    end->contradicts64 = true;
    return;
  }
  const uint8_t* const p = record->data();
  const uint64_t entries = U64(p + 32);
  const uint64_t size = U64(p + 40);
  const uint64_t offset = U64(p + 48);
  end->several_disks = end->several_disks || U32(locator->data() + 4) != 0 ||
                       U32(locator->data() + 16) > 1 || U32(p + 16) != 0 ||
                       U32(p + 20) != 0;
  end->contradicts64 = U64(p + 4) != kEnd64Size - 12 ||
                       U64(p + 24) != entries ||
                       Contradicts(end->entries, entries, UINT16_MAX) ||
                       Contradicts(end->size, size, UINT32_MAX) ||
                       Contradicts(end->said, offset, UINT32_MAX) ||
                       // The locator leads here, if offsets count from where
                       // the directory's own does.
                       U64(locator->data() + 8) + (at - size - offset) != at;
  end->entries = entries;
  end->size = size;
  end->said = offset;
  end->directory = at;
}

}  // namespace

std::optional<ZipEnd> ReadEnd(base::Source& source, uint64_t at) {
  if (at > source.size() || source.size() - at < kEndSize) return std::nullopt;
  const auto record = base::ReadSome(source, at, kEndSize);
  if (!record || U32(record->data()) != kEndMagic) return std::nullopt;
  const uint8_t* const p = record->data();
  ZipEnd end;
  end.at = at;
  end.several_disks = U16(p + 4) != 0 || U16(p + 6) != 0;
  end.entries = U16(p + 10);
  end.size = U32(p + 12);
  end.said = U32(p + 16);
  end.end = at + kEndSize + U16(p + 20);
  end.contradicts64 = U16(p + 8) != end.entries;
  end.directory = at;  // for now: where it ends
  ReadEnd64(source, &end);
  if (end.size > end.directory) return std::nullopt;
  end.directory -= end.size;
  return end;
}

std::optional<ZipEntry> TakeEntry(absl::Span<const uint8_t>* bytes) {
  if (bytes->size() < kEntrySize || U32(bytes->data()) != kEntryMagic)
    return std::nullopt;
  const uint8_t* const p = bytes->data();
  const size_t name = U16(p + 28);
  const size_t extra = U16(p + 30);
  const size_t comment = U16(p + 32);
  if (name + extra + comment > bytes->size() - kEntrySize) return std::nullopt;
  ZipEntry entry;
  entry.system = p[5];
  entry.flags = U16(p + 8);
  entry.method = U16(p + 10);
  entry.crc = U32(p + 16);
  entry.packed = U32(p + 20);
  entry.size = U32(p + 24);
  entry.disk = U16(p + 34);
  entry.attributes = U32(p + 38);
  entry.local = U32(p + 42);
  entry.name = Text(p + kEntrySize, name);
  const absl::Span<const uint8_t> extras =
      bytes->subspan(kEntrySize + name, extra);
  absl::Span<const uint8_t> wide = FindExtra(extras, kExtra64);
  Widen(&entry.size, &wide, &entry.bad64);
  Widen(&entry.packed, &wide, &entry.bad64);
  Widen(&entry.local, &wide, &entry.bad64);
  entry.other_name = HasOtherName(extras, entry.name);
  bytes->remove_prefix(kEntrySize + name + extra + comment);
  return entry;
}

std::optional<ZipLocal> ReadLocal(base::Source& source, uint64_t at) {
  const auto fixed = base::ReadSome(source, at, kLocalSize);
  if (!fixed || fixed->size() < kLocalSize ||
      U32(fixed->data()) != kLocalMagic) {
    return std::nullopt;
  }
  const uint8_t* const p = fixed->data();
  const size_t name = U16(p + 26);
  const size_t extra = U16(p + 28);
  const auto rest = base::ReadSome(source, at + kLocalSize, name + extra);
  if (!rest || rest->size() < name + extra) return std::nullopt;
  ZipLocal local;
  local.flags = U16(p + 6);
  local.method = U16(p + 8);
  local.crc = U32(p + 14);
  local.packed = U32(p + 18);
  local.size = U32(p + 22);
  local.name = Text(rest->data(), name);
  local.data = at + kLocalSize + name + extra;
  const absl::Span<const uint8_t> extras =
      absl::MakeConstSpan(*rest).subspan(name);
  absl::Span<const uint8_t> wide = FindExtra(extras, kExtra64);
  Widen(&local.size, &wide, &local.bad64);
  Widen(&local.packed, &wide, &local.bad64);
  local.other_name = HasOtherName(extras, local.name);
  return local;
}

}  // namespace picklebox::container
