// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <linux/openat2.h>
#include <malloc.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

// Calls of Linux that glibc hides from Swift: they are variadic, or declared only for GNU sources.
// Each answers as its manual page says: -1 with `errno`. There is no logic in this file.

/// Opens the last component of a path below `folder` and refuses symbolic links in any of them:
/// `openat` can only refuse one at the end.
static inline int clinux_open_beneath(int folder, const char *path, int flags) {
    struct open_how how = {
        .flags = (unsigned int)flags,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
    };
    return (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
}

/// Renames, but never over something that is there.
static inline int clinux_rename_new(int from, const char *old, int to, const char *new_name) {
    return (int)syscall(SYS_renameat2, from, old, to, new_name, 1u /* RENAME_NOREPLACE */);
}

/// Reads many entries of a folder at once, in the form of `struct linux_dirent64`.
static inline long clinux_entries(int folder, void *buffer, unsigned long size) {
    return syscall(SYS_getdents64, folder, buffer, size);
}

/// Opens a folder only as a place to start from, which needs no right to read it.
static inline int clinux_path_flag(void) {
    return 010000000; /* O_PATH */
}

/// The kind of file system that an open file is on: `f_type` of `fstatfs(2)`; 0 where it is not told.
static inline unsigned int clinux_file_system(int file) {
    struct statfs status;
    return fstatfs(file, &status) == 0 ? (unsigned int)status.f_type : 0;
}

/// Has pieces of memory of this many bytes and more mapped one by one, which the kernel has back when
/// they are freed; else the C library stops doing so after the first that is freed.
static inline int clinux_map_pieces(int bytes) {
#ifdef __GLIBC__
    return mallopt(M_MMAP_THRESHOLD, bytes);
#else
    return 1;
#endif
}

/// Gives the kernel back what was freed and glibc keeps for later, a heap for each thread; others keep
/// less.
static inline int clinux_trim_memory(void) {
#ifdef __GLIBC__
    return malloc_trim(0);
#else
    return 0;
#endif
}

/// Makes a pipe that no child inherits.
static inline int clinux_pipe(int ends[2]) {
    return (int)syscall(SYS_pipe2, ends, 02000000 /* O_CLOEXEC */);
}

#ifdef __GLIBC__
extern int clinux_add_close_from(void *actions, int first)
    __asm__("posix_spawn_file_actions_addclosefrom_np");
#endif

/// Has a child (`posix_spawn_file_actions_t`) begin without our open files from `first` on, whoever
/// opened them and how.
static inline int clinux_close_from(void *actions, int first) {
#ifdef __GLIBC__
    return clinux_add_close_from(actions, first);
#else
    return 0;
#endif
}
