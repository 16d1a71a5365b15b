// SPDX-License-Identifier: Apache-2.0
#pragma once

// Calls of SQLite that are variadic, which Swift can't make. There is no logic in this file. SQLite's
// own header stays out of it: its types would be found in two modules then.
extern int sqlite3_config(int option, ...);

/// Has SQLite not count the memory that it takes, which it locks a mutex for at each piece; to be
/// called before a database is opened, and answers 21 (SQLITE_MISUSE) afterwards.
/// <https://www.sqlite.org/c3ref/c_config_covering_index_scan.html>
static inline int csqlite_without_memory_counts(void) {
    return sqlite3_config(9 /* SQLITE_CONFIG_MEMSTATUS */, 0);
}
