#include "cli/targets.h"

#include <fnmatch.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace picklebox::cli {
namespace {

namespace fs = std::filesystem;

void AddFolder(const std::string& folder, std::vector<std::string>* files) {
  const size_t first = files->size();
  std::error_code error;
  fs::recursive_directory_iterator it(folder, fs::directory_options::none,
                                      error);
  if (error) {
    files->push_back(folder);  // the scan says what is wrong with it
    return;
  }
  for (; it != fs::recursive_directory_iterator(); it.increment(error)) {
    if (error) break;
    std::error_code of_entry;
    if (it->is_directory(of_entry) && !it->is_symlink(of_entry)) {
      // A folder that cannot be opened must not be passed over in silence.
      if (access(it->path().c_str(), R_OK | X_OK) != 0) {
        files->push_back(it->path().string());
        it.disable_recursion_pending();
      }
      continue;
    }
    if (!it->is_directory(of_entry)) files->push_back(it->path().string());
  }
  std::sort(files->begin() + static_cast<ptrdiff_t>(first), files->end());
}

}  // namespace

std::vector<std::string> Expand(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (path != kStandardInput && fs::is_directory(path, error)) {
      AddFolder(path, &files);
    } else {
      files.push_back(path);
    }
  }
  return files;
}

bool IsExcluded(const std::string& path,
                const std::vector<std::string>& patterns) {
  const auto matches = [](const std::string& pattern, const std::string& text) {
    return fnmatch(pattern.c_str(), text.c_str(), FNM_PATHNAME) == 0;
  };
  for (const std::string& pattern : patterns) {
    const bool names = pattern.find('/') == std::string::npos;
    for (size_t begin = 0; begin < path.size();) {
      const size_t end = std::min(path.find('/', begin), path.size());
      // Of "a/b/c": a, b, c, or a, a/b, a/b/c.
      const size_t from = names ? begin : 0;
      if (end > from && matches(pattern, path.substr(from, end - from))) {
        return true;
      }
      begin = end + 1;
    }
  }
  return false;
}

bool Shard::Has(const std::string& path) const {
  uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a
  for (const char c : path) {
    hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3u;
  }
  // Its low bits depend on little of the end of a path.
  hash ^= hash >> 32;
  return hash * 0x9e3779b97f4a7c15u % count == index;
}

absl::StatusOr<Shard> ParseShard(const std::string& text) {
  const std::pair<std::string, std::string> parts =
      absl::StrSplit(text, absl::MaxSplits('/', 1));
  Shard shard;
  if (!absl::SimpleAtoi(parts.first, &shard.index) ||
      !absl::SimpleAtoi(parts.second, &shard.count) || shard.index == 0 ||
      shard.index > shard.count) {
    return absl::InvalidArgumentError(
        absl::StrCat("--shard wants I/N, such as 2/5; got '", text, "'"));
  }
  --shard.index;
  return shard;
}

absl::StatusOr<std::vector<std::string>> ReadList(const std::string& path) {
  std::ifstream file;
  if (path != kStandardInput) {
    file.open(path);
    if (!file) {
      return absl::NotFoundError(absl::StrCat(
          path, ": cannot read the list of files: ", std::strerror(errno)));
    }
  }
  std::istream& in = path == kStandardInput ? std::cin : file;
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

absl::StatusOr<std::string> ReadStandardInput(uint64_t limit) {
  std::string all;
  char buffer[64 << 10];
  while (all.size() <= limit) {
    const ssize_t got = read(STDIN_FILENO, buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return absl::UnavailableError(
          absl::StrCat("standard input: ", std::strerror(errno)));
    }
    if (got == 0) break;
    all.append(buffer, static_cast<size_t>(got));
  }
  return all;
}

MemberTarget SplitMember(const std::string& path) {
  std::error_code error;
  if (std::filesystem::exists(path, error)) return {path, ""};
  for (size_t at = path.find('!'); at != std::string::npos;
       at = path.find('!', at + 1)) {
    const std::string file = path.substr(0, at);
    if (std::filesystem::exists(file, error))
      return {file, path.substr(at + 1)};
  }
  return {path, ""};
}

}  // namespace picklebox::cli
