#include "code/listing.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "code/instructions.h"
#include "code/tables.h"
#include "code/text.h"

namespace picklebox::code {

const char* ForEachLine(const Store& store, const CodeObject& code, int minor,
                        const std::function<bool(const Line&)>& take) {
  const Variables variables(store, code, minor);
  const auto starts = LineStarts(store, code, minor);
  std::set<int64_t> targets;
  Instructions jumps(store, code, minor);
  for (Instruction in; jumps.Next(&in);) {
    if (in.target) targets.insert(*in.target);
  }
  if (minor >= 11) {
    for (const Handler& handler : Handlers(store, code)) {
      if (minor >= 13 || handler.end > handler.start)
        targets.insert(static_cast<int64_t>(handler.target));
    }
  }
  Instructions walk(store, code, minor);
  for (Instruction in; walk.Next(&in);) {
    Line line;
    line.offset = in.offset;
    line.name = in.opcode->name;
    line.has_argument = in.has_argument;
    line.argument = in.argument;
    line.text = ArgumentText(store, code, variables, in, minor);
    const auto start = starts.find(in.offset);
    line.starts_line = start != starts.end();
    if (line.starts_line) line.line = start->second;
    line.is_target = targets.count(static_cast<int64_t>(in.offset)) > 0;
    if (!take(line)) return nullptr;
  }
  return walk.fault();
}

void List(const Store& store, const CodeObject& code, int minor,
          const std::function<bool(absl::string_view)>& write) {
  int64_t most = 0;
  for (const auto& [offset, line] : LineStarts(store, code, minor))
    most = std::max(most, line.value_or(0));
  const int width =
      most >= 1000 ? static_cast<int>(absl::StrCat(most).size()) : 3;
  bool goes_on = true;
  const auto put = [&](const Line& line) {
    std::string number;
    if (line.starts_line) number = line.line ? absl::StrCat(*line.line) : "--";
    std::string text = absl::StrFormat(
        "%s%*s    %s %4d ", line.starts_line && line.offset > 0 ? "\n" : "",
        width, number, line.is_target ? ">>" : "  ", line.offset);
    if (line.has_argument) {
      absl::StrAppendFormat(&text, "%-20s %5d", line.name, line.argument);
      if (!line.text.empty()) absl::StrAppend(&text, " (", line.text, ")");
    } else {
      absl::StrAppend(&text, line.name);
    }
    text += "\n";
    goes_on = write(text);
    return goes_on;
  };
  const char* const fault = ForEachLine(store, code, minor, put);
  if (fault != nullptr)
    goes_on = write(absl::StrCat("  it cannot be read on: ", fault, "\n"));
  if (minor < 11 || !goes_on) return;
  const std::vector<Handler> handlers = Handlers(store, code);
  if (!handlers.empty()) write("ExceptionTable:\n");
  for (const Handler& handler : handlers) {
    // dis tells the last offset that is covered.
    if (!write(absl::StrFormat("  %d to %d -> %d [%d]%s\n", handler.start,
                               handler.end >= 2 ? handler.end - 2 : 0,
                               handler.target, handler.depth,
                               handler.lasti ? " lasti" : ""))) {
      return;
    }
  }
}

}  // namespace picklebox::code
