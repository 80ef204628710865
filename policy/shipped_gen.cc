// Build step: writes the shipped profiles, as text and compiled, as C++.
//
//   policy_gen OUTPUT PROFILE.toml...
//
// The one called default is what is used without --policy. Compiling it here
// makes starting up free of charge.
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "policy/compiler.h"

namespace picklebox::policy {
namespace {

std::string Stem(const std::string& path) {
  const std::string file = path.substr(path.rfind('/') + 1);
  return file.substr(0, file.rfind('.'));
}

bool ReadFile(const std::string& path, std::string* text) {
  std::ifstream in(path, std::ios::binary);
  text->assign(std::istreambuf_iterator<char>(in), {});
  return in.good() || in.eof();
}

std::string Words(std::vector<uint8_t> block) {
  block.resize((block.size() + 7) / 8 * 8);
  std::string words;
  for (size_t i = 0; i < block.size(); i += 8) {
    absl::StrAppendFormat(&words, "%s0x%x,", i % 64 == 0 ? "\n    " : " ",
                          base::LoadLittle<uint64_t>(block.data() + i));
  }
  return words;
}

// A chunk of a raw string literal each, since compilers need not take long
// ones.
std::string Literal(const std::string& text) {
  std::string literal;
  for (size_t i = 0; i < text.size(); i += 8192) {
    absl::StrAppend(&literal, "\n    R\"PROFILE(", text.substr(i, 8192),
                    ")PROFILE\"");
  }
  return literal;
}

int Generate(const std::string& output,
             const std::map<std::string, std::string>& profiles) {
  const Opener opener = [&](const std::string& what,
                            const std::string&) -> absl::StatusOr<Source> {
    const auto profile = profiles.find(what);
    if (profile == profiles.end())
      return absl::NotFoundError("no such profile");
    return Source{profile->second, what + ".toml", what, {}};
  };
  const absl::StatusOr<Source> source = opener("default", "");
  if (!source.ok()) {
    std::fprintf(stderr, "no default.toml\n");
    return 1;
  }
  const absl::StatusOr<std::vector<uint8_t>> block = Compile(*source, opener);
  if (!block.ok()) {
    std::fprintf(stderr, "%s\n", std::string(block.status().message()).c_str());
    return 1;
  }
  std::ofstream out(output, std::ios::binary);
  out << "// Made by policy_gen of policy/profiles.\n"
      << "constexpr ShippedProfile kShippedProfiles[] = {\n";
  for (const auto& [name, text] : profiles) {
    out << "    {\"" << name << "\"," << Literal(text) << "},\n";
  }
  out << "};\nconstexpr uint64_t kDefaultWords[] = {" << Words(*block)
      << "\n};\n"
      << "constexpr size_t kDefaultSize = " << block->size() << ";\n";
  out.close();
  return out.good() ? 0 : 1;
}

int Main(int argc, char** argv) {
  std::map<std::string, std::string> profiles;
  for (int i = 2; i < argc; ++i) {
    if (!ReadFile(argv[i], &profiles[Stem(argv[i])])) {
      std::fprintf(stderr, "cannot read %s\n", argv[i]);
      return 1;
    }
  }
  return profiles.empty() ? 1 : Generate(argv[1], profiles);
}

}  // namespace
}  // namespace picklebox::policy

int main(int argc, char** argv) { return picklebox::policy::Main(argc, argv); }
