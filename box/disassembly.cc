#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "box/pickle_scan.h"
#include "box/vetting.h"
#include "box/walk.h"
#include "graph/builder.h"
#include "report/finding_log.h"
#include "vm/disassembler.h"
#include "vm/machine.h"

namespace picklebox::box {
namespace {

void List(Shared* shared, base::Window& in) {
  const Request& request = shared->request;
  base::Memory& memory = shared->memory;
  ReplyWriter* const reply = &shared->reply;
  const vm::Options options = MachineOptions(request);
  // The graph is needed for the kinds of values only.
  const size_t space = static_cast<size_t>(in.size() * 8 + (1 << 16));
  uint8_t* const scratch = static_cast<uint8_t*>(memory.Reserve(space));
  if (scratch == nullptr) return;
  const absl::Span<uint8_t> graph_space(scratch, space);
  report::FindingLog log(request.limits.findings);
  graph::GraphBuilder builder(memory, graph_space,
                              in.size() * kNodesPerByte + 16,
                              request.limits.key, nullptr);
  const auto line = [reply](absl::string_view text) { reply->Text(text); };
  vm::Disassembler disassembler(line);
  vm::Machine machine(options, memory, &in, &builder, &log, &disassembler);
  for (uint64_t at = 0; at < in.size() && !reply->full();) {
    in.Seek(at);
    builder.Restart(graph_space);
    if (at > 0) reply->Text(absl::StrCat("another pickle, at ", at, "\n"));
    const vm::Outcome outcome = machine.Run();
    disassembler.Finish();
    at = outcome.end;
    if (!outcome.stopped) break;
  }
  for (const Finding& finding : log.findings()) reply->Report(finding);
}

}  // namespace

void Disassemble(Shared* shared, std::shared_ptr<base::Source> file) {
  bool found = false;
  shared->quiet = true;  // of all but the one member
  const std::string& member = shared->request.member;
  WalkTo(shared, std::move(file), member, [&](Opened& opened, Notes*) {
    if (shared->members.Path(opened.item.member) != member) return true;
    found = true;
    ItemWindow window(shared, opened.source.get());
    if (window.ok()) List(shared, *window);
    return false;
  });
  shared->quiet = false;
  if (!found) {
    Notes notes(shared, 0);
    notes.Add(Code::kInputUnreadable, 0, "it has no such member");
  }
}

}  // namespace picklebox::box
