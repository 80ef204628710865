// Containers, the memo, globals and objects.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/text.h"
#include "vm/machine.h"

namespace picklebox::vm {
namespace {

using graph::IsObject;

// What the Python unpickler, but not the C one, unpacks as arguments.
bool IsIterable(NodeKind kind) {
  switch (kind) {
    case NodeKind::kStr:
    case NodeKind::kBytes:
    case NodeKind::kByteArray:
    case NodeKind::kList:
    case NodeKind::kDict:
    case NodeKind::kSet:
    case NodeKind::kFrozenSet:
      return true;
    default:
      return false;
  }
}

// UTF-8 as Python's codec has it: without surrogates.
bool IsStrictUtf8(absl::string_view text) {
  if (base::FindInvalidUtf8(text.data(), text.size()) != base::kValid)
    return false;
  for (size_t i = 0; i + 1 < text.size(); ++i) {
    if (static_cast<uint8_t>(text[i]) == 0xed &&
        static_cast<uint8_t>(text[i + 1]) >= 0xa0) {
      return false;
    }
  }
  return true;
}

bool IsAsciiText(absl::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<uint8_t>(c) < 0x80; });
}

std::string A(NodeKind kind) {
  return absl::StrCat("a value of kind ", NodeKindName(kind));
}

}  // namespace

// ---- marks and plain stack work

bool Machine::TakeMark(absl::Span<NodeId>* items) {
  if (marks_.empty()) return Fail(Code::kMarkMissing, "there is no mark");
  const size_t mark = marks_.back();
  marks_.resize(marks_.size() - 1);
  *items = absl::Span<NodeId>(stack_.data() + mark, stack_.size() - mark);
  return true;
}

bool Machine::TakeMarkOver(absl::Span<NodeId>* items, NodeId* target) {
  if (!TakeMark(items)) return false;
  const size_t below = stack_.size() - items->size();
  if (below <= fence())
    return Fail(Code::kStackUnderflow, "nothing lies below the mark");
  *target = stack_[below - 1];
  return true;
}

bool Machine::Pop() {
  if (stack_.size() > fence()) {
    stack_.resize(stack_.size() - 1);
    return true;
  }
  if (marks_.empty()) return Fail(Code::kStackUnderflow, "the stack is empty");
  marks_.resize(marks_.size() - 1);
  return true;
}

bool Machine::PopMark() {
  absl::Span<NodeId> items;
  if (!TakeMark(&items)) return false;
  Drop(items);
  return true;
}

bool Machine::Dup() { return Need(1) && Push(Top()); }

bool Machine::MakeList() {
  absl::Span<NodeId> items;
  if (!TakeMark(&items)) return false;
  const NodeId list = builder_->List();
  if (!items.empty()) builder_->Append(list, items, op_at_);
  Drop(items);
  return Push(list);
}

bool Machine::MakeTuple() {
  absl::Span<NodeId> items;
  if (!TakeMark(&items)) return false;
  const NodeId tuple = builder_->Tuple(items);
  Drop(items);
  return Push(tuple);
}

bool Machine::MakeDict() {
  absl::Span<NodeId> items;
  if (!TakeMark(&items)) return false;
  if (items.size() % 2 != 0)
    return Fail(Code::kOddItems, "a key without a value");
  const NodeId dict = builder_->Dict();
  if (!items.empty() && !SetItemsOf(dict, items)) return false;
  Drop(items);
  return Push(dict);
}

bool Machine::MakeFrozenSet() {
  absl::Span<NodeId> items;
  if (!TakeMark(&items)) return false;
  size_t good = 0;
  if (!CheckKeys(items, 1, &good)) return false;
  const NodeId set = builder_->FrozenSet(items);
  Drop(items);
  return Push(set);
}

// ---- changes

bool Machine::CheckKeys(absl::Span<const NodeId> items, size_t step,
                        size_t* good) {
  const graph::Ledger& ledger = builder_->ledger();
  for (*good = 0; *good < items.size(); *good += step) {
    const graph::Hash hash = ledger.HashOf(items[*good]);
    if (hash == graph::Hash::kUnhashable) {
      return Fail(
          Code::kUnhashableKey,
          absl::StrCat(A(kind(items[*good])), " cannot be a key or member"));
    }
    if (hash == graph::Hash::kTooHeavy) {
      return Fail(Code::kLimitKey, "hashing a key would visit too many values");
    }
  }
  return true;
}

bool Machine::AppendTo(NodeId target, absl::Span<NodeId> items) {
  const NodeKind to = kind(target);
  const bool native = to == NodeKind::kList || to == NodeKind::kByteArray;
  if (items.empty()) {
    if (!native && !IsObject(to)) {
      Ambiguous(Doubt::kEmptyChange,
                absl::StrCat("nothing is appended to ", A(to)));
    }
    return true;
  }
  if (!native && !IsObject(to)) {
    return Fail(Code::kWrongType,
                absl::StrCat("items are appended to ", A(to)));
  }
  if (to != NodeKind::kList || !builder_->AppendPlain(target, items)) {
    builder_->Append(target, items, op_at_);
  }
  return true;
}

bool Machine::SetItemsOf(NodeId target, absl::Span<NodeId> items) {
  const NodeKind to = kind(target);
  if (to == NodeKind::kDict) {
    if (builder_->SetPlainItems(target, items)) return true;
    size_t good = 0;
    const bool all = CheckKeys(items, 2, &good);
    if (good > 0) builder_->SetItems(target, items.subspan(0, good), op_at_);
    return all;
  }
  if (to != NodeKind::kList && to != NodeKind::kByteArray && !IsObject(to)) {
    return Fail(Code::kWrongType, absl::StrCat("an item is set in ", A(to)));
  }
  builder_->SetItems(target, items, op_at_);
  return true;
}

bool Machine::AddItemsTo(NodeId target, absl::Span<NodeId> items) {
  const NodeKind to = kind(target);
  if (items.empty()) {
    if (to != NodeKind::kSet && !IsObject(to)) {
      Ambiguous(Doubt::kEmptyChange,
                absl::StrCat("nothing is added to ", A(to)));
    }
    return true;
  }
  if (to == NodeKind::kSet) {
    size_t good = 0;
    const bool all = CheckKeys(items, 1, &good);
    if (good > 0) builder_->AddItems(target, items.subspan(0, good), op_at_);
    return all;
  }
  if (!IsObject(to))
    return Fail(Code::kWrongType, absl::StrCat("items are added to ", A(to)));
  builder_->AddItems(target, items, op_at_);
  return true;
}

bool Machine::Append() {
  if (!Need(2)) return false;
  const absl::Span<NodeId> item(stack_.data() + stack_.size() - 1, 1);
  if (!AppendTo(stack_[stack_.size() - 2], item)) return false;
  Drop(item);
  return true;
}

bool Machine::Appends() {
  absl::Span<NodeId> items;
  NodeId target = kNoNode;
  if (!TakeMarkOver(&items, &target) || !AppendTo(target, items)) return false;
  Drop(items);
  return true;
}

bool Machine::SetItem() {
  if (!Need(3)) return false;
  const absl::Span<NodeId> pair(stack_.data() + stack_.size() - 2, 2);
  if (!SetItemsOf(stack_[stack_.size() - 3], pair)) return false;
  Drop(pair);
  return true;
}

bool Machine::SetItems() {
  absl::Span<NodeId> items;
  NodeId target = kNoNode;
  if (!TakeMarkOver(&items, &target)) return false;
  if (items.size() % 2 != 0)
    return Fail(Code::kOddItems, "a key without a value");
  if (!items.empty() && !SetItemsOf(target, items)) return false;
  Drop(items);
  return true;
}

bool Machine::AddItems() {
  absl::Span<NodeId> items;
  NodeId target = kNoNode;
  if (!TakeMarkOver(&items, &target) || !AddItemsTo(target, items))
    return false;
  Drop(items);
  return true;
}

// ---- memo

bool Machine::Get(uint64_t index) {
  NodeId node = index < memo_.size() ? memo_[index] : kNoNode;
  if (node == kNoNode && !sparse_memo_.empty()) {
    const auto it = sparse_memo_.find(index);
    if (it != sparse_memo_.end()) node = it->second;
  }
  if (node == kNoNode) {
    return Fail(Code::kMemoMissing,
                absl::StrCat("memo entry ", index, " was never written"));
  }
  return Push(node);
}

// Entries up to what the input could number one by one are in a table, others
// in a map.
bool Machine::Put(uint64_t index) {
  if (!Need(1)) return false;
  if (index >= options_.limits.memo) {
    return Fail(Code::kLimitMemo, absl::StrCat("memo entry ", index));
  }
  NodeId* entry;
  if (index < memo_.capacity()) {
    while (memo_.size() <= index) memo_.push_back(kNoNode);
    entry = &memo_[index];
  } else {
    entry = &sparse_memo_.try_emplace(index, kNoNode).first->second;
  }
  if (*entry == kNoNode) {
    ++memo_count_;
  } else {
    Ambiguous(Doubt::kMemoOverwrite,
              absl::StrCat("memo entry ", index, " is written twice"));
  }
  *entry = Top();
  return true;
}

bool Machine::GetLine() {
  absl::string_view line;
  if (!Line(&line)) return false;
  if (line.empty()) return FailTruncated("a memo index");
  const IntegerText index = ParseMemoIndex(line);
  if (!index.agreed)
    Ambiguous(Doubt::kNumberText, "not all readers read this index alike");
  if (index.fault != NumberFault::kNone)
    return Fail(Code::kBadNumber, "a memo index is no number");
  if (!index.fits || index.value < 0) {
    return Fail(Code::kMemoMissing,
                "a memo index that can never have been written");
  }
  return Get(static_cast<uint64_t>(index.value));
}

bool Machine::PutLine() {
  absl::string_view line;
  if (!Line(&line)) return false;
  if (line.empty()) return FailTruncated("a memo index");
  const IntegerText index = ParseMemoIndex(line);
  if (!index.agreed)
    Ambiguous(Doubt::kNumberText, "not all readers read this index alike");
  if (index.fault != NumberFault::kNone)
    return Fail(Code::kBadNumber, "a memo index is no number");
  if (!index.fits) return Fail(Code::kLimitMemo, "a memo index beyond 64 bits");
  if (index.value < 0)
    return Fail(Code::kMemoNegative, "a memo index is negative");
  return Put(static_cast<uint64_t>(index.value));
}

// ---- globals

bool Machine::PushGlobal(absl::string_view module, absl::string_view qualname) {
  graph::GlobalName name;
  name.module = module;
  name.qualname = qualname;
  name.python2_names = options_.fix_imports && proto_ < 3;
  name.dotted = proto_ >= 4;
  if (loader_ != nullptr) loader_->OnGlobal(module, qualname);
  return Push(builder_->Global(name, op_at_));
}

bool Machine::Global() {
  // The first line may move when the second one is read.
  absl::string_view line;
  if (!NameLine(&line)) return false;
  const std::string module(line);
  absl::string_view qualname;
  if (!NameLine(&qualname)) return false;
  if (!IsStrictUtf8(module) || !IsStrictUtf8(qualname)) {
    return Fail(Code::kBadUtf8, "a name is no UTF-8");
  }
  return PushGlobal(module, qualname);
}

bool Machine::Inst() {
  absl::Span<NodeId> items;
  if (!TakeMark(&items)) return false;
  absl::string_view line;
  if (!NameLine(&line)) return false;
  const std::string module(line);
  absl::string_view qualname;
  if (!NameLine(&qualname)) return false;
  if (!IsAsciiText(module) || !IsAsciiText(qualname)) {
    return Fail(Code::kBadUtf8, "a name of INST is not ASCII");
  }
  if (!PushGlobal(module, qualname)) return false;
  const NodeId cls = TakeTop();
  const NodeId args = builder_->Tuple(items);
  Drop(items);
  return Push(builder_->New(NewForm::kInst, cls, args, kNoNode, op_at_));
}

bool Machine::StackGlobal() {
  if (!Need(2)) return false;
  std::string names[2];
  for (int i = 0; i < 2; ++i) {
    const NodeId operand = stack_[stack_.size() - 2 + i];
    if (kind(operand) != NodeKind::kStr) {
      return Fail(Code::kWrongType,
                  absl::StrCat("a global is named by ", A(kind(operand))));
    }
    const Node text = builder_->source().node(operand);
    const uint64_t size = text.extent ? text.extent->length : text.text.size();
    if (size > options_.limits.name) {
      return Fail(Code::kLimitName, absl::StrCat("a name of ", size, " bytes"));
    }
    if (text.extent) {
      names[i].resize(size);
      if (!in_->ReadAt(text.extent->offset,
                       reinterpret_cast<uint8_t*>(names[i].data()), size)) {
        return Fail(Code::kInputChanged, "the file cannot be read again");
      }
      if (base::FindInvalidUtf8(names[i].data(), size) != base::kValid) {
        return Fail(Code::kInputChanged,
                    "a name reads differently the second time");
      }
    } else {
      names[i] = std::string(text.text);
    }
  }
  stack_.resize(stack_.size() - 2);
  return PushGlobal(names[0], names[1]);
}

bool Machine::Extension(int64_t code) {
  if (code <= 0)
    return Fail(Code::kBadNumber, absl::StrCat("extension code ", code));
  return Push(builder_->Extension(static_cast<uint32_t>(code), op_at_));
}

bool Machine::PersidLine() {
  absl::string_view line;
  if (!Line(&line)) return false;
  if (!IsAsciiText(line))
    return Fail(Code::kBadUtf8, "a persistent id is not ASCII");
  if (line.find('\\') != absl::string_view::npos) {
    Ambiguous(Doubt::kNameEscape,
              "a backslash in a persistent id: pickletools decodes it");
  }
  const NodeId id = builder_->Str(line);
  return PushPersistent(id);
}

bool Machine::BinPersid() {
  if (!Need(1)) return false;
  return PushPersistent(TakeTop());
}

bool Machine::PushPersistent(NodeId id) {
  NodeId value = kNoNode;
  if (loader_ != nullptr && !builder_->full())
    value = loader_->PersistentLoad(id, op_at_);
  return Push(value != kNoNode ? value : builder_->Persistent(id, op_at_));
}

bool Machine::NextBuffer() {
  if (next_buffer_ >= options_.buffers) {
    return Fail(Code::kBufferMissing,
                absl::StrCat("out-of-band buffer ", next_buffer_, " of ",
                             options_.buffers));
  }
  return Push(builder_->Buffer(next_buffer_++, op_at_));
}

bool Machine::Readonly() {
  if (!Need(1)) return false;
  const NodeKind top = kind(Top());
  if (top == NodeKind::kBytes || top == NodeKind::kReadonly) return true;
  if (top != NodeKind::kByteArray && !IsObject(top)) {
    return Fail(Code::kWrongType, absl::StrCat(A(top), " is no buffer"));
  }
  return Push(builder_->Readonly(TakeTop()));
}

// ---- objects

bool Machine::Reduce() {
  if (!Need(2)) return false;
  const NodeId args = Top();
  const NodeId callable = stack_[stack_.size() - 2];
  const NodeKind of = kind(args);
  if (of != NodeKind::kTuple && !IsObject(of)) {
    if (IsIterable(of))
      Ambiguous(Doubt::kArguments, "the arguments of a call are no tuple");
    return Fail(Code::kWrongType,
                absl::StrCat("the arguments of a call are ", A(of)));
  }
  if (!IsObject(kind(callable))) {
    return Fail(Code::kWrongType,
                absl::StrCat(A(kind(callable)), " is called"));
  }
  stack_.resize(stack_.size() - 2);
  return Push(builder_->Call(callable, args, op_at_));
}

bool Machine::NewObj(bool ex) {
  const size_t taken = ex ? 3 : 2;
  if (!Need(taken)) return false;
  const NodeId* const values = stack_.data() + stack_.size() - taken;
  const NodeId cls = values[0];
  const NodeId args = values[1];
  const NodeId kwargs = ex ? values[2] : kNoNode;
  const NodeKind of = kind(args);
  if (!IsObject(kind(cls))) {
    return Fail(Code::kWrongType, absl::StrCat(A(kind(cls)), " is no class"));
  }
  if (of != NodeKind::kTuple && !IsObject(of)) {
    if (IsIterable(of))
      Ambiguous(Doubt::kArguments, "the arguments of a class are no tuple");
    return Fail(Code::kWrongType,
                absl::StrCat("the arguments of a class are ", A(of)));
  }
  if (ex && kind(kwargs) != NodeKind::kDict && !IsObject(kind(kwargs))) {
    return Fail(Code::kWrongType,
                absl::StrCat("the keyword arguments are ", A(kind(kwargs))));
  }
  stack_.resize(stack_.size() - taken);
  const NewForm form = ex ? NewForm::kNewObjEx : NewForm::kNewObj;
  return Push(builder_->New(form, cls, args, kwargs, op_at_));
}

bool Machine::Obj() {
  absl::Span<NodeId> items;
  if (!TakeMark(&items)) return false;
  if (items.empty()) return Fail(Code::kStackUnderflow, "OBJ without a class");
  const NodeId cls = items[0];
  if (!IsObject(kind(cls))) {
    return Fail(Code::kWrongType, absl::StrCat(A(kind(cls)), " is no class"));
  }
  const NodeId args = builder_->Tuple(items.subspan(1));
  Drop(items);
  return Push(builder_->New(NewForm::kObj, cls, args, kNoNode, op_at_));
}

bool Machine::Build() {
  if (!Need(2)) return false;
  const NodeId state = TakeTop();
  const NodeId target = Top();
  builder_->Build(target, state, op_at_);
  const NodeKind to = kind(target);
  const NodeKind of = kind(state);
  if (loader_ != nullptr && IsObject(to) && !builder_->full())
    return Load(state);
  if (IsObject(to) || of == NodeKind::kNone) return true;
  // A value of a built-in type has no attributes to set. The Python unpickler
  // does not notice when there is nothing to set.
  Ambiguous(Doubt::kStateForm, absl::StrCat("state is set on ", A(to)));
  return Fail(Code::kWrongType, absl::StrCat("state is set on ", A(to)));
}

// The loader may take the place of the target and move the window on.
bool Machine::Load(NodeId state) {
  const uint64_t at = in_->offset();
  Loader::Built built;
  built.state = state;
  built.at = op_at_;
  built.in_frame = frame_end_ != kNoFrame && at < frame_end_;
  if (!loader_->AfterBuild(built, &stack_.back())) return false;
  if (in_->offset() == at) return true;
  frame_end_ = kNoFrame;
  limit_ = in_->p;
  return true;
}

}  // namespace picklebox::vm
