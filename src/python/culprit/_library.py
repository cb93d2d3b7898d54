# SPDX-License-Identifier: LGPL-2.1-or-later
"""libculprit, as ctypes sees it: structs and functions of culprit.h, in its order.

A struct's layout is that of one version of the library. tests/python compares each member's place with
what a compiler says, and load() refuses a library of another version.
"""

from __future__ import annotations

import ctypes
import os
from ctypes import POINTER, c_bool, c_char_p, c_int, c_int32, c_int64, c_size_t, c_uint32, c_uint64, c_void_p
from pathlib import Path

SONAME = "libculprit.so.0"
# MAJOR.MINOR of culprit.h when the structs below were written.
VERSION = "0.2"


class Frame(ctypes.Structure):
    _fields_ = [
        ("function", c_char_p),
        ("module", c_char_p),
        ("build_id", c_char_p),
        ("file", c_char_p),
        ("offset", c_uint64),
        ("size", c_uint64),
        ("address", c_uint64),
        ("line", c_uint32),
        ("text_line", c_uint32),
        ("flags", c_uint32),
    ]


FRAME_UNRELIABLE = 0x01
FRAME_INLINE = 0x02
FRAME_EXACT = 0x04
FRAME_HAS_OFFSET = 0x08
FRAME_HAS_ADDRESS = 0x10


class Stack(ctypes.Structure):
    _fields_ = [
        ("role", c_int),
        ("header", c_char_p),
        ("text_line", c_uint32),
        ("n_frames", c_size_t),
        ("frames", POINTER(Frame)),
    ]


class Executor(ctypes.Structure):
    _fields_ = [("present", c_bool), ("proc", c_uint32), ("id", c_uint32)]


class Report(ctypes.Structure):
    _fields_ = [
        ("title", c_char_p),
        ("alt_titles", POINTER(c_char_p)),
        ("n_alt_titles", c_size_t),
        ("type", c_char_p),
        ("frame", c_char_p),
        ("file_guilty", c_char_p),
        ("pattern", c_char_p),
        ("corrupted_reason", c_char_p),
        ("corrupted", c_bool),
        ("suppressed_reason", c_char_p),
        ("suppressed", c_bool),
        ("panicked", c_bool),
        ("truncated", c_bool),
        ("kind", c_int),
        ("phase", c_int),
        ("boot", c_uint32),
        ("executor", Executor),
        ("file_name", c_char_p),
        ("start_line", c_uint64),
        ("end_line", c_uint64),
        ("start_offset", c_uint64),
        ("end_offset", c_uint64),
        ("time_us", c_int64),
        ("kernel_version", c_char_p),
        ("kernel_build", c_char_p),
        ("kernel_build_id", c_char_p),
        ("has_kernel_offset", c_bool),
        ("kernel_offset", c_uint64),
        ("cpu", c_int32),
        ("pid", c_int32),
        ("task", c_char_p),
        ("hardware", c_char_p),
        ("taint", c_char_p),
        ("text", c_void_p),  # text_len bytes; a c_char_p would be copied up to the first NUL
        ("text_len", c_size_t),
        ("n_text_lines", c_uint32),
        ("prefix_lines", c_uint32),
        ("stacks", POINTER(Stack)),
        ("n_stacks", c_size_t),
    ]


class ParserOptions(ctypes.Structure):
    _fields_ = [("file_name", c_char_p), ("detect_boot_failures", c_bool), ("max_report_bytes", c_size_t)]


class Summary(ctypes.Structure):
    _fields_ = [
        ("n_bytes", c_uint64),
        ("n_lines", c_uint64),
        ("n_reports", c_uint64),
        ("n_boots", c_uint32),
        ("phase", c_int),
        ("phase_best", c_int),
        ("panicked", c_bool),
        ("kernel_version", c_char_p),
    ]


# name: (result, arguments). Errors, pattern sets and parsers are opaque.
FUNCTIONS = {
    "culprit_version": (c_char_p, []),
    "culprit_error_code": (c_int, [c_void_p]),
    "culprit_error_message": (c_char_p, [c_void_p]),
    "culprit_error_destroy": (None, [c_void_p]),
    "culprit_patterns_load": (c_void_p, [POINTER(c_char_p), c_size_t, POINTER(c_void_p)]),
    "culprit_patterns_destroy": (None, [c_void_p]),
    "culprit_report_destroy": (None, [POINTER(Report)]),
    "culprit_kind_name": (c_char_p, [c_int]),
    "culprit_phase_name": (c_char_p, [c_int]),
    "culprit_role_name": (c_char_p, [c_int]),
    "culprit_parser_create_sized": (c_void_p, [c_void_p, POINTER(ParserOptions), c_size_t, POINTER(c_void_p)]),
    "culprit_parser_destroy": (None, [c_void_p]),
    "culprit_parser_feed": (c_void_p, [c_void_p, c_char_p, c_size_t]),
    "culprit_parser_flush": (c_void_p, [c_void_p]),
    "culprit_parser_finish": (c_void_p, [c_void_p]),
    "culprit_parser_take": (POINTER(Report), [c_void_p]),
    "culprit_parser_summary_sized": (None, [c_void_p, POINTER(Summary), c_size_t]),
}


def _path() -> str:
    """CULPRIT_LIBRARY; else the library that was installed with this module (PREFIX/lib/python3*/*-packages/culprit
    beside PREFIX/lib/libculprit.so.0); else the one that the dynamic linker knows."""
    named = os.environ.get("CULPRIT_LIBRARY")
    if named:
        return named
    parents = Path(__file__).resolve().parents
    beside = parents[3] / SONAME if len(parents) > 3 else None
    return str(beside) if beside is not None and beside.is_file() else SONAME


def load() -> ctypes.CDLL:
    """The library with its functions declared. ImportError: there is none, or one of another version."""
    path = _path()
    try:
        library = ctypes.CDLL(path)
        for name, (result, arguments) in FUNCTIONS.items():
            function = getattr(library, name)
            function.restype = result
            function.argtypes = arguments
    except (OSError, AttributeError) as error:
        raise ImportError(f"libculprit cannot be used: {error}") from error
    version = library.culprit_version().decode()
    if not version.startswith(VERSION + "."):
        raise ImportError(f"{path} is version {version}; this module is for {VERSION}")
    return library
