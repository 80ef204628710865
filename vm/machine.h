// The machine: executes one pickle and writes down what it would make.
//
// It has the state of CPython's unpickler (stack, marks, memo, protocol) but no
// objects: a value on the stack is the number of a node. Nothing is imported
// and nothing is called. Where CPython's C unpickler raises, the machine stops
// with a finding; what it made before stays made.
//
//   Machine machine(options, memory, &window, &builder, &log);
//   Outcome outcome = machine.Run();   // one pickle, from where the window is
//   if (outcome.stopped) ...           // the window is behind STOP
//
// Strict (the default): what two unpicklers read differently is executed as the
// newest C unpickler would, and reported as `ambiguous` with one of the details
// of Doubt. Compat: only what is unsafe to follow is reported.
//
// Not thread-safe. Makes no system call. Never recurses.
#ifndef PICKLEBOX_VM_MACHINE_H_
#define PICKLEBOX_VM_MACHINE_H_

#include <array>
#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/memory.h"
#include "base/window.h"
#include "graph/builder.h"
#include "picklebox/finding.h"
#include "picklebox/limits.h"
#include "report/finding_log.h"
#include "vm/codec.h"
#include "vm/loader.h"
#include "vm/number.h"
#include "vm/opcode.h"

namespace picklebox::vm {

struct Options {
  bool compat = false;
  bool fix_imports = true;
  Encoding encoding = Encoding::kAscii;
  OnError on_error = OnError::kStrict;
  uint64_t buffers = 0;  // out-of-band buffers that there are
  bool part = false;     // of a larger graph, in which the root is used
  std::string member;    // for findings
  // Texts and bytes up to this long are copied into the graph; longer ones are
  // extents.
  uint64_t inline_text = graph::kInlineText;
  Limits limits;
};

// Why unpicklers disagree. The detail of an `ambiguous` finding.
enum class Doubt : uint8_t {
  kNumberText,  // number-text: a number that not all read, or not all alike
  kNameEscape,  // name-escape: a backslash in a name, which pickletools decodes
  kFrameCrossed,  // frame-crossed: an operand begins in a frame and ends behind
                  // it
  kFrameSplit,    // frame-split: a frame ends between an opcode and its operand
  kFrameNested,   // frame-nested: a frame begins in another
  kFrameShort,    // frame-short: a frame is longer than what is left
  kStopInFrame,   // stop-in-frame: STOP is not the last opcode of its frame
  kLateProto,     // late-proto: PROTO is not the first opcode
  kMemoOverwrite,  // memo-overwrite: a memo entry is written twice
  kLeftoverStack,  // leftover-stack: values lie below the result
  kPendingMark,    // pending-mark: a mark is still set at STOP
  kEmptyChange,    // empty-change: nothing is added to what takes no items
  kArguments,      // arguments: they are no tuple
  kStateForm,      // state-form: the state is of a form that only some take
};
inline constexpr int kDoubts = static_cast<int>(Doubt::kStateForm) + 1;
absl::string_view DoubtName(Doubt doubt);

struct Outcome {
  bool stopped = false;  // STOP was reached
  NodeId root = kNoNode;
  uint64_t begin = 0;
  uint64_t end =
      0;  // behind STOP; without STOP, where the failing opcode begins
  int protocol = 0;      // the highest PROTO
  uint64_t opcodes = 0;  // executed, the failing one included
};

class Machine;

// Watches a machine, for listings. The hooks may read the machine.
class Tracer {
 public:
  virtual ~Tracer() = default;
  virtual void Before(const Machine& machine, uint64_t offset) = 0;
  virtual void After(const Machine& machine, uint64_t next) = 0;
};

class Machine {
 public:
  // All outlive the machine; `tracer` may be nullptr. The tables come from
  // `memory` and are sized by the limits and the window.
  Machine(const Options& options, base::Memory& memory, base::Window* window,
          graph::GraphBuilder* builder, report::FindingLog* log,
          Tracer* tracer = nullptr);
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  // What the pickle is loaded with; nullptr (the default): by pickle.load. It
  // outlives the machine.
  void set_loader(Loader* loader) { loader_ = loader; }

  // Executes one pickle. The builder must be empty, or options.part be set;
  // memo and stack are.
  Outcome Run();

  // For tracers.
  base::Window& window() const { return *in_; }
  const graph::GraphBuilder& builder() const { return *builder_; }
  absl::Span<const NodeId> stack() const {
    return {stack_.data(), stack_.size()};
  }
  // Sizes of the stack at which marks are set.
  absl::Span<const uint32_t> marks() const {
    return {marks_.data(), marks_.size()};
  }
  uint64_t memo_count() const { return memo_count_; }

 private:
  template <bool kTrace>
  void Loop();
  void Stretch();

  // Before each opcode near the end of the window or of a frame.
  bool Refresh();
  void CheckFrameAround(uint64_t at, uint64_t fixed_end);
  void SetLimit();

  // One opcode that the hot loop leaves to others; false to stop.
  bool Rare(Opcode op);
  bool Proto();
  bool Frame();
  bool Stop();
  bool TextNumber(Opcode op);
  bool FloatLine();
  bool StringLine();
  bool UnicodeLine();
  bool GetLine();
  bool PutLine();
  bool LongBytes(Opcode op);
  bool LongUtf8(uint64_t n);
  bool Utf8(uint64_t n);
  bool Bytes(uint64_t n, bool bytearray);
  bool Python2(uint64_t n);
  bool PushPython2(absl::string_view bytes, uint64_t offset, bool verbatim);
  bool Global();
  bool Inst();
  bool StackGlobal();
  bool PushGlobal(absl::string_view module, absl::string_view qualname);
  bool Extension(int64_t code);
  bool PersidLine();
  bool BinPersid();
  bool PushPersistent(NodeId id);
  bool NextBuffer();
  bool Readonly();
  bool Reduce();
  bool NewObj(bool ex);
  bool Obj();
  bool Build();
  bool Load(NodeId state);
  bool Append();
  bool Appends();
  bool SetItem();
  bool SetItems();
  bool AddItems();
  bool MakeList();
  bool MakeDict();
  bool MakeTuple();
  bool MakeFrozenSet();
  bool Pop();
  bool PopMark();
  bool Dup();
  bool Get(uint64_t index);
  bool Put(uint64_t index);

  // Items above the topmost mark; takes the mark away but leaves the items.
  bool TakeMark(absl::Span<NodeId>* items);
  // The same, and there must be a value below the mark: the target.
  bool TakeMarkOver(absl::Span<NodeId>* items, NodeId* target);
  void Drop(absl::Span<NodeId> items) {
    stack_.resize(stack_.size() - items.size());
  }
  bool AppendTo(NodeId target, absl::Span<NodeId> items);
  bool SetItemsOf(NodeId target, absl::Span<NodeId> items);
  bool AddItemsTo(NodeId target, absl::Span<NodeId> items);
  // The number of leading items (each `step`th of them a key) that can be keys;
  // if not all, a finding was made.
  bool CheckKeys(absl::Span<const NodeId> items, size_t step, size_t* good);

  bool Line(absl::string_view* line);
  bool NameLine(absl::string_view* line);
  bool Operand(uint64_t n);
  void CheckPayload(uint64_t n);

  bool Need(size_t values);
  bool Push(NodeId node);
  NodeId Top() const { return stack_[stack_.size() - 1]; }
  NodeId TakeTop() {
    const NodeId node = Top();
    stack_.resize(stack_.size() - 1);
    return node;
  }
  size_t fence() const {
    return marks_.empty() ? 0 : marks_[marks_.size() - 1];
  }
  NodeKind kind(NodeId node) const { return builder_->ledger().kind(node); }

  bool Fail(Code code, std::string message, absl::string_view detail = "");
  bool FailTruncated(absl::string_view what);
  void Ambiguous(Doubt doubt, absl::string_view message);

  const Options& options_;
  base::Window* const in_;
  graph::GraphBuilder* const builder_;
  report::FindingLog* const log_;
  Tracer* const tracer_;
  Loader* loader_ = nullptr;

  base::Column<NodeId> stack_;
  base::Column<uint32_t> marks_;
  base::Column<NodeId> memo_;  // dense; kNoNode is a gap
  absl::flat_hash_map<uint64_t, NodeId> sparse_memo_;
  uint64_t memo_count_ = 0;  // filled entries

  uint64_t op_at_ = 0;  // offset of the current opcode
  uint64_t begin_ = 0;
  uint64_t opcodes_ = 0;
  uint64_t next_buffer_ = 0;
  int proto_ = 0;
  int highest_proto_ = 0;
  NodeId root_ = kNoNode;
  bool stopped_ = false;
  bool frame_short_ = false;
  uint64_t frame_short_at_ = 0;

  static constexpr uint64_t kNoFrame = ~uint64_t{0};
  uint64_t frame_end_ = kNoFrame;
  const uint8_t* limit_ = nullptr;  // from here on Refresh() must look
  const uint8_t* frame_stop_ =
      nullptr;  // payloads that end behind it need a look
  std::array<bool, kDoubts> doubted_{};
};

}  // namespace picklebox::vm

#endif  // PICKLEBOX_VM_MACHINE_H_
