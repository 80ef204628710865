// The form that policy/threats.toml takes in the program: rows that refer to
// one block of text, so that nothing is relocated or built when it starts.
#ifndef PICKLEBOX_REPORT_THREAT_TABLES_H_
#define PICKLEBOX_REPORT_THREAT_TABLES_H_

#include <cstdint>

namespace picklebox::report {

// The number of a class in DangerClasses(), or:
inline constexpr uint8_t kHarmless = 0xff;  // what a family would get wrong

struct ThreatRow {
  uint32_t offset;  // of its text
  uint16_t size;
  uint8_t danger;
  uint8_t uses;  // for any of these it is dangerous
};

// `from` and all below it is `to`.
struct ThreatAlias {
  ThreatRow from;
  ThreatRow to;
};

}  // namespace picklebox::report

#endif  // PICKLEBOX_REPORT_THREAT_TABLES_H_
