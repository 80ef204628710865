#include "graph/builder.h"

#include "graph/pen.h"

namespace picklebox::graph {

void GraphBuilder::Restart(absl::Span<uint8_t> out) {
  ledger_.Clear();
  begin_ = p_ = out.data();
  end_ = out.data() + out.size();
  at_ = 0;
  full_ = false;
  extents_.clear();
  source_ = NodeSource(&ledger_, out);
  if (visitor_ != nullptr) visitor_->OnStart(source_);
}

NodeId GraphBuilder::Int(absl::Span<const uint8_t> bytes) {
  size_t size = bytes.size();
  while (size > 1) {  // drop what only repeats the sign
    const uint8_t sign = (bytes[size - 2] & 0x80) != 0 ? 0xff : 0x00;
    if (bytes[size - 1] != sign) break;
    --size;
  }
  if (size <= sizeof(int64_t)) {
    const bool negative = size > 0 && (bytes[size - 1] & 0x80) != 0;
    uint64_t value = negative ? ~uint64_t{0} : 0;
    for (size_t i = size; i-- > 0;) value = value << 8 | bytes[i];
    return Int(static_cast<int64_t>(value));
  }
  const absl::string_view minimal(reinterpret_cast<const char*>(bytes.data()),
                                  size);
  return Blob(kTagBigInt, NodeKind::kInt, minimal);
}

NodeId GraphBuilder::Blob(Tag tag, NodeKind kind, absl::string_view bytes) {
  if (!Begin(bytes.size())) return 0;
  *p_++ = tag;
  p_ = base::PutVarint(p_, bytes.size());
  PutBytes(bytes);
  ledger_.Add(kind);
  return Done();
}

NodeId GraphBuilder::ExtentOf(Tag tag, NodeKind kind, Extent extent) {
  if (!Begin()) return 0;
  if (extents_.size() < kMostExtents) extents_.push_back({kind, extent});
  *p_++ = tag;
  p_ = base::PutVarint(p_, extent.offset);
  p_ = base::PutVarint(p_, extent.length);
  if (kind == NodeKind::kStr) {
    ledger_.AddStr(false);
  } else {
    ledger_.Add(kind);
  }
  return Done();
}

NodeId GraphBuilder::StrExtent(Extent extent) {
  return ExtentOf(kTagStrExtent, NodeKind::kStr, extent);
}

NodeId GraphBuilder::Array(absl::string_view dtype,
                           absl::Span<const uint64_t> shape, bool fortran,
                           Extent extent) {
  if (!Begin(dtype.size() + shape.size() * base::kMaxVarint)) return 0;
  *p_++ = kTagArray;
  p_ = base::PutVarint(p_, dtype.size());
  PutBytes(dtype);
  *p_++ = fortran ? kOrderFortran : kOrderC;
  p_ = base::PutVarint(p_, shape.size());
  for (const uint64_t dim : shape) p_ = base::PutVarint(p_, dim);
  p_ = base::PutVarint(p_, extent.stream);
  p_ = base::PutVarint(p_, extent.offset);
  p_ = base::PutVarint(p_, extent.length);
  ledger_.Add(NodeKind::kArray);
  return Done();
}

NodeId GraphBuilder::FrozenSet(absl::Span<const NodeId> items) {
  if (!Begin(items.size() * kMaxReference)) return 0;
  *p_++ = kTagFrozenSet;
  p_ = base::PutVarint(p_, items.size());
  PutList(items);
  Ledger::Gather gather;
  for (const NodeId item : items)
    ledger_.UseKey(kNoNode, item, ledger_.HashOf(item));
  ledger_.GatherItems(items, &gather);
  ledger_.AddFrozenSet(gather);
  return Done();
}

void GraphBuilder::PutLength(absl::Span<const NodeId> nodes) {
  const NodeId next = ledger_.size();
  uint64_t length = 0;
  for (const NodeId node : nodes) length += ReferenceSize(next, node);
  p_ = base::PutVarint(p_, length);
}

void GraphBuilder::PutAt(uint64_t at) {
  *p_++ = kTagAt;
  p_ = base::PutVarint(p_, base::ZigZag(static_cast<int64_t>(at - at_)));
  at_ = at;
}

NodeId GraphBuilder::Global(const GlobalName& name, uint64_t at) {
  if (!Begin(name.module.size() + name.qualname.size())) return 0;
  PutAt(at);
  *p_++ = kTagGlobal;
  *p_++ = (name.python2_names ? kGlobalPython2 : 0) |
          (name.dotted ? kGlobalDotted : 0);
  p_ = base::PutVarint(p_, name.module.size());
  PutBytes(name.module);
  p_ = base::PutVarint(p_, name.qualname.size());
  PutBytes(name.qualname);
  ledger_.AddGlobal(name, at);
  return Done();
}

NodeId GraphBuilder::Call(NodeId callable, NodeId args, uint64_t at) {
  if (!Begin()) return 0;
  PutAt(at);
  *p_++ = kTagCall;
  PutRef(callable);
  PutRef(args);
  ledger_.AddCall(callable, args, at);
  return Done();
}

NodeId GraphBuilder::New(NewForm form, NodeId cls, NodeId args, NodeId kwargs,
                         uint64_t at) {
  static constexpr Tag kTags[] = {kTagNewObj, kTagNewObjEx, kTagObj, kTagInst};
  if (!Begin()) return 0;
  PutAt(at);
  *p_++ = kTags[static_cast<int>(form)];
  PutRef(cls);
  PutRef(args);
  if (form == NewForm::kNewObjEx) PutRef(kwargs);
  ledger_.AddNew(form, cls, args, kwargs, at);
  return Done();
}

NodeId GraphBuilder::Persistent(NodeId id, uint64_t at) {
  if (!Begin()) return 0;
  PutAt(at);
  *p_++ = kTagPersistent;
  PutRef(id);
  ledger_.AddPersistent(id, at);
  return Done();
}

NodeId GraphBuilder::Extension(uint32_t code, uint64_t at) {
  if (!Begin()) return 0;
  PutAt(at);
  *p_++ = kTagExtension;
  p_ = base::PutVarint(p_, code);
  ledger_.AddExtension(code, at);
  return Done();
}

NodeId GraphBuilder::Buffer(uint64_t index, uint64_t at) {
  if (!Begin()) return 0;
  PutAt(at);
  *p_++ = kTagBuffer;
  p_ = base::PutVarint(p_, index);
  ledger_.Add(NodeKind::kBuffer);
  return Done();
}

NodeId GraphBuilder::Readonly(NodeId buffer) {
  if (!Begin()) return 0;
  *p_++ = kTagReadonly;
  PutRef(buffer);
  ledger_.AddReadonly(buffer);
  return Done();
}

// A change of one item (a pair for a dict) has the tag `one`, of several
// consecutive nodes `run`, of any others `many`.
void GraphBuilder::PutChange(Tag one, Tag many, Tag run, NodeId target,
                             absl::Span<const NodeId> items,
                             uint64_t per_item) {
  if (items.size() == per_item) {
    *p_++ = one;
    PutRef(target);
    PutRefs(items);
    return;
  }
  const bool consecutive = IsRun(items);
  *p_++ = consecutive ? run : many;
  PutRef(target);
  p_ = base::PutVarint(p_, items.size() / per_item);
  if (consecutive) {
    PutRef(items[0]);
  } else {
    PutList(items);
  }
}

void GraphBuilder::Append(NodeId target, absl::Span<const NodeId> items,
                          uint64_t at) {
  if (!Begin(items.size() * kMaxReference)) return;
  if (ledger_.kind(target) != NodeKind::kList) PutAt(at);
  PutChange(kTagAppend, kTagAppendMany, kTagAppendRun, target, items, 1);
  ledger_.Use(items);
  ledger_.AddChange(NodeKind::kAppend, target, at);
}

bool GraphBuilder::AppendPlain(NodeId list, absl::Span<const NodeId> items) {
  if (ledger_.full()) return false;
  Pen pen(*this);
  if (!pen.Append(list, items)) return false;
  pen.Lift();
  return true;
}

bool GraphBuilder::SetPlainItems(NodeId dict, absl::Span<const NodeId> pairs) {
  if (ledger_.full()) return false;
  Pen pen(*this);
  if (!pen.SetItems(dict, pairs)) return false;
  pen.Lift();
  return true;
}

void GraphBuilder::SetItems(NodeId target, absl::Span<const NodeId> pairs,
                            uint64_t at) {
  if (!Begin(pairs.size() * kMaxReference)) return;
  const bool native = ledger_.kind(target) == NodeKind::kDict;
  if (!native) PutAt(at);
  PutChange(kTagSetItem, kTagSetMany, kTagSetRun, target, pairs, 2);
  for (size_t i = 0; i < pairs.size(); i += 2) {
    if (native) {
      ledger_.UseKey(target, pairs[i], ledger_.HashOf(pairs[i]));
    } else {
      ledger_.Use(pairs[i]);
    }
    ledger_.Use(pairs[i + 1]);
  }
  ledger_.AddChange(NodeKind::kSetItems, target, at);
}

void GraphBuilder::AddItems(NodeId target, absl::Span<const NodeId> items,
                            uint64_t at) {
  if (!Begin(items.size() * kMaxReference)) return;
  const bool native = ledger_.kind(target) == NodeKind::kSet;
  if (!native) PutAt(at);
  *p_++ = kTagAddItems;
  PutRef(target);
  p_ = base::PutVarint(p_, items.size());
  PutList(items);
  for (const NodeId item : items) {
    if (native) {
      ledger_.UseKey(kNoNode, item, ledger_.HashOf(item));
    } else {
      ledger_.Use(item);
    }
  }
  ledger_.AddChange(NodeKind::kAddItems, target, at);
}

void GraphBuilder::Build(NodeId target, NodeId state, uint64_t at) {
  if (!Begin()) return;
  PutAt(at);
  *p_++ = kTagBuild;
  PutRef(target);
  PutRef(state);
  ledger_.AddBuild(target, state, at);
}

}  // namespace picklebox::graph
