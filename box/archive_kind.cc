#include "box/archive_kind.h"

namespace picklebox::box {
namespace {

struct Row {
  absl::string_view first;  // both are members of it
  absl::string_view second;
  absl::string_view kind;
};

constexpr Row kRows[] = {
    {"config.json", "model.weights.h5",
     "a Keras model: its Lambda layers are Python code, in config.json"},
    {"model.ini", "domains/",
     "an H2O MOJO: it holds trees and numbers, no pickle"},
    {"model.ini", "model.ini",
     "an H2O MOJO: it holds trees and numbers, no pickle"},
    {"saved_model.pb", "saved_model.pb",
     "a TensorFlow SavedModel: it holds a graph of operations, among which are "
     "some that read and write files"},
    {"META-INF/MANIFEST.MF", "META-INF/MANIFEST.MF",
     "a Java archive: it holds programs"},
    {"[Content_Types].xml", "[Content_Types].xml",
     "an Office document: it may hold macros"},
    {"AndroidManifest.xml", "classes.dex",
     "an Android package: it holds programs"},
    {"Manifest.json", "Data/",
     "a Core ML package: it holds a model, no pickle"},
};

}  // namespace

absl::string_view ArchiveKind(const Members& members, uint32_t archive) {
  for (const Row& row : kRows) {
    if (members.Find(archive, row.first) != Members::kNone &&
        members.Find(archive, row.second) != Members::kNone) {
      return row.kind;
    }
  }
  return "";
}

}  // namespace picklebox::box
