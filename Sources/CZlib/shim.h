// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <zlib.h>

/// Begins to inflate gzip or zlib data, told by their headers: inflateInit2 is a macro, which Swift
/// cannot import.
static inline int czlib_inflate_init(z_streamp stream) {
    return inflateInit2(stream, 15 + 32);
}
