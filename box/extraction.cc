#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "box/vetting.h"
#include "box/walk.h"

namespace picklebox::box {
namespace {

// Tells the bytes that were asked for; false if `source` has not got them.
bool Tell(const Request& request, base::Source& source, ReplyWriter* reply) {
  const uint64_t size = source.size();
  if (request.offset > size || request.length > size - request.offset)
    return false;
  uint8_t* const to = reply->Content(request.length);
  // Without room the reply says so itself.
  return to == nullptr || source.ReadAt(request.offset, to, request.length);
}

}  // namespace

void Read(Shared* shared, std::shared_ptr<base::Source> file) {
  const Request& request = shared->request;
  Notes notes(shared, 0);
  bool found = false;
  shared->quiet = true;  // what there is to say was said when it was vetted
  WalkTo(shared, std::move(file), request.member, [&](Opened& opened, Notes*) {
    if (shared->members.Path(opened.item.member) != request.member) return true;
    found = Tell(request, *opened.source, &shared->reply);
    return false;
  });
  shared->quiet = false;
  if (!found) {
    notes.Add(Code::kInputUnreadable, 0,
              absl::StrCat("there are no ", request.length, " bytes at ",
                           request.offset, " to be read"));
  }
}

}  // namespace picklebox::box
