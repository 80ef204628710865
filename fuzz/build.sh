#!/usr/bin/env bash
# Builds the fuzz targets in OSS-Fuzz's form: what its images call, ClusterFuzzLite's
# too, and what runs without either.
#
#   OUT=FOLDER fuzz/build.sh
#
# Writes to OUT, for each target: TARGET, TARGET_seed_corpus.zip, and TARGET.dict
# where there is a dictionary.
#
# Environment, as OSS-Fuzz sets it; in brackets what is taken if it is not set:
#   OUT                  where the targets go
#   CC, CXX              clang [clang, clang++]
#   CFLAGS, CXXFLAGS     with the sanitizer [AddressSanitizer and UBSan]
#   LIB_FUZZING_ENGINE   what is linked in [-fsanitize=fuzzer]
#   SRC                  where picklebox/ lies [the folder of this script]
#   WORK                 where the build goes [a folder that is removed]
#   JOBS                 how many jobs side by side [one a core]
set -euo pipefail

: "${OUT:?OUT, where the targets go, is not set}"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
root=${SRC:+$SRC/picklebox}
[ -n "$root" ] && [ -f "$root/fuzz/build.sh" ] || root=$here
sanitize="-O1 -gline-tables-only -fsanitize=address,undefined -fno-sanitize-recover=all"
export CC=${CC:-clang} CXX=${CXX:-clang++}
CXXFLAGS=${CXXFLAGS:-$sanitize -fsanitize=fuzzer-no-link}
engine=${LIB_FUZZING_ENGINE:--fsanitize=fuzzer}
# Abseil and RE2 are the distribution's, and so of libstdc++.
export CXXFLAGS=${CXXFLAGS//-stdlib=libc++/}
unset LDFLAGS
if [ -z "${WORK:-}" ]; then
  WORK=$(mktemp -d)
  trap 'rm -rf "$WORK"' EXIT
fi
build=$WORK/picklebox

ccache=()
if command -v ccache >/dev/null; then ccache=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
# A machine that runs the targets need not have a C++ library.
cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=None -DPICKLEBOX_TESTS=OFF \
  -DPICKLEBOX_FUZZ=ON -DPICKLEBOX_FUZZ_ENGINE="$engine" \
  -DCMAKE_EXE_LINKER_FLAGS="-static-libstdc++ -static-libgcc" "${ccache[@]}"
# The leaks of a program that only makes the seeds are nobody's concern.
ASAN_OPTIONS=detect_leaks=0 ninja -C "$build" -j "${JOBS:-$(getconf _NPROCESSORS_ONLN)}" fuzz_targets

mkdir -p "$OUT"
for path in "$build"/*_fuzz; do
  target=$(basename "$path")
  cp "$path" "$OUT/"
  [ ! -f "$build/$target.dict" ] || cp "$build/$target.dict" "$OUT/"
  (cd "$build/seeds/$target" && /usr/bin/python3 -m zipfile -c "$OUT/${target}_seed_corpus.zip" ./*)
done
echo "$(find "$OUT" -maxdepth 1 -name '*_fuzz' | wc -l) fuzz targets in $OUT"
