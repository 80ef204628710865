#!/bin/bash -eu
exec "$SRC/picklebox/fuzz/build.sh"
