#include "cli/targets.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

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

}  // namespace picklebox::cli
