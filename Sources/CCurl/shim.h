// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <curl/curl.h>

// libcurl takes its options through variadic functions and macros, which Swift can't call. Each
// function here gives one of them a type; there is no logic in this file.

typedef size_t (*ccurl_receiver)(char *bytes, size_t size, size_t count, void *context);

/// Flags and numbers are read as `long` from the argument list, so an `int` would be half garbage.
static inline CURLcode ccurl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

/// Sizes that may pass 2 GiB, of the type that the `_LARGE` options read.
static inline CURLcode ccurl_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}

/// Texts; libcurl keeps its own copy.
static inline CURLcode ccurl_set_text(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

/// A list of header fields; the caller keeps it until the transfer ends.
static inline CURLcode ccurl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(handle, option, value);
}

/// Pointers that libcurl hands back or writes to; the caller keeps what they point to.
static inline CURLcode ccurl_set_data(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}

/// The functions that take in header lines and body bytes have the same type.
static inline CURLcode ccurl_set_receiver(CURL *handle, CURLoption option, ccurl_receiver value) {
    return curl_easy_setopt(handle, option, value);
}

/// Numbers of a finished transfer, such as its status.
static inline CURLcode ccurl_get_long(CURL *handle, CURLINFO info, long *value) {
    return curl_easy_getinfo(handle, info, value);
}

/// Limits of a whole multi handle.
static inline CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

/// `CURL_GLOBAL_DEFAULT` is an expression of macros.
static inline CURLcode ccurl_global_start(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }
