// The records of a zip archive, decoded and no more. APPNOTE.TXT of PKWARE has
// the names.
#ifndef PICKLEBOX_CONTAINER_ZIP_RECORDS_H_
#define PICKLEBOX_CONTAINER_ZIP_RECORDS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "base/source.h"

namespace picklebox::container {

inline constexpr size_t kEndSize = 22;
inline constexpr size_t kEnd64Size = 56;
inline constexpr size_t kLocatorSize = 20;
inline constexpr size_t kLocalSize = 30;
inline constexpr size_t kEntrySize = 46;

inline constexpr uint32_t kEndMagic = 0x06054b50;
inline constexpr uint32_t kEnd64Magic = 0x06064b50;
inline constexpr uint32_t kLocatorMagic = 0x07064b50;
inline constexpr uint32_t kLocalMagic = 0x04034b50;
inline constexpr uint32_t kEntryMagic = 0x02014b50;
inline constexpr uint32_t kDescriptorMagic = 0x08074b50;

// The end of central directory record, with what a zip64 one adds.
struct ZipEnd {
  uint64_t at = 0;         // where the record stands
  uint64_t directory = 0;  // where the directory stands, by its size
  uint64_t said = 0;       // ... by its offset; differs by a prefix
  uint64_t size = 0;       // of the directory
  uint64_t entries = 0;
  uint64_t end = 0;  // behind the comment
  bool several_disks = false;
  bool contradicts64 = false;  // the zip64 record says something else
};

// The record at `at`, if its magic number is there and the directory that it
// tells of fits in front of it.
std::optional<ZipEnd> ReadEnd(base::Source& source, uint64_t at);

// What central entry and local header have in common.
struct ZipHeader {
  uint16_t flags = 0;
  uint16_t method = 0;
  uint32_t crc = 0;
  uint64_t packed = 0;
  uint64_t size = 0;
  std::string name;
  // A zip64 field that is promised is not there.
  bool bad64 = false;
  // The extra field gives another name, for readers that go by it.
  bool other_name = false;
};

struct ZipEntry : ZipHeader {
  uint64_t local = 0;  // offset of the local header
  uint32_t attributes = 0;
  uint8_t system = 0;
  uint16_t disk = 0;
};

// The entry at the start of `bytes`, which is shortened by it; nullopt if it is
// cut off or none.
std::optional<ZipEntry> TakeEntry(absl::Span<const uint8_t>* bytes);

struct ZipLocal : ZipHeader {
  uint64_t data = 0;  // where the data begin
};
std::optional<ZipLocal> ReadLocal(base::Source& source, uint64_t at);

}  // namespace picklebox::container

#endif  // PICKLEBOX_CONTAINER_ZIP_RECORDS_H_
