# SPDX-License-Identifier: LGPL-2.1-or-later
"""Find and name crash reports in Linux console logs.

    import culprit

    for report in culprit.parse("console.log"):
        print(report.title)

Names and words are those of culprit parse --format json (culprit-report.schema.json): what is not known is None.
"""

from __future__ import annotations

import ctypes
import os
import re
import select
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import IO, Any, NamedTuple, Union

from . import _archive, _library

__all__ = [
    "Error", "ErrorCode", "Executor", "Frame", "Parser", "Patterns", "Report", "Stack", "Summary", "parse", "version",
]

_lib = _library.load()
_CHUNK = 1 << 20
# A log that has been silent for so long has said what it had to say: that of culprit parse --follow.
_SILENCE_MS = 500
_NOT_UTF8 = re.compile("[\udc80-\udcff]")

_Path = Union[str, "os.PathLike[str]"]


class ErrorCode(IntEnum):
    """enum culprit_error_code of culprit.h."""

    NO_MEMORY = 1
    OS = 2
    USAGE = 3
    SYNTAX = 4
    FORMAT = 5
    LIMIT = 6
    NOT_FOUND = 7
    MISMATCH = 8
    CANCELLED = 9


class Error(Exception):
    """What the library says went wrong. str() of it is the message, with its place."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return self.message


def version() -> str:
    """Of the library: "0.2.0"."""
    return _text(_lib.culprit_version()) or ""


def _check(err: int | None) -> None:
    """Raise what a function of the library returned."""
    if err:
        error = Error(ErrorCode(_lib.culprit_error_code(err)), _text(_lib.culprit_error_message(err)) or "")
        _lib.culprit_error_destroy(err)
        raise error


def _text(data: bytes | None) -> str | None:
    """U+FFFD for each byte that is no part of a character, as in the JSON."""
    if data is None:
        return None
    return _NOT_UTF8.sub("\ufffd", data.decode("utf-8", "surrogateescape"))


def _exact(number: int | None) -> int | None:
    """Numbers that every reader of JSON can hold; what is larger is left out."""
    return number if number is not None and number < 1 << 53 else None


class Frame(NamedTuple):
    """One entry of a stack."""

    function: str | None  # as printed, compiler's suffix included; None for a bare address
    offset: int | None  # bytes from the start of the function
    size: int | None  # bytes of the function
    address: int | None
    module: str | None  # None for the kernel itself, or not said
    build_id: str | None  # of the module, hexadecimal
    reliable: bool  # False: left over on the stack, perhaps no caller
    inline: bool  # inlined: offset and size are those of the next frame that is not
    exact: bool  # a faulting instruction; otherwise a return address
    file: str | None  # source file, where the log has source lines
    line: int | None
    text_line: int  # 0-based line of the report's text

    def to_dict(self) -> dict[str, Any]:
        address = None if self.address is None else f"0x{self.address:x}"
        return {**self._asdict(), "offset": _exact(self.offset), "size": _exact(self.size), "address": address}


class Stack(NamedTuple):
    role: str  # "call-trace", "allocated", "freed" ...: see culprit-report.schema.json
    header: str  # the line that opens it; may be empty
    text_line: int  # of that header
    frames: tuple[Frame, ...]  # innermost first

    def to_dict(self) -> dict[str, Any]:
        return {**self._asdict(), "frames": [frame.to_dict() for frame in self.frames]}


class Executor(NamedTuple):
    """Process of syzkaller's executor, from the task's name."""

    proc: int
    id: int


@dataclass(frozen=True)
class Report:
    """One crash report. It owns what it holds: it can be kept, pickled, and used in any thread."""

    title: str
    alt_titles: tuple[str, ...]  # sorted, without title
    kind: str  # "crash", "boot-failure", "infrastructure"
    type: str | None  # "KASAN-READ", "LOCKDEP", "HANG" ...
    frame: str | None  # guilty function, suffixes stripped
    guilty_file: str | None  # needs source lines in the log
    pattern: str | None  # name of the pattern that recognised it
    corrupted: bool
    corrupted_reason: str | None
    suppressed: bool  # a real message that is no kernel bug
    suppressed_reason: str | None
    panicked: bool  # "Kernel panic - not syncing" was seen up to the report's end
    truncated: bool  # the report was longer than max_report_bytes
    executor: Executor | None
    file: str | None  # as told to the parser
    start_line: int  # lines of the log, from 1, both ends inclusive
    end_line: int
    start_offset: int  # bytes of the decompressed log, [start, end)
    end_offset: int
    boot: int  # 0-based index of the boot within the log
    phase: str  # how far the boot had come: "init", "userspace" ...
    time_us: int | None  # printk time of the first line
    kernel_version: str | None
    kernel_build: str | None
    kernel_build_id: str | None
    kernel_offset: int | None  # how far KASLR moved the kernel, bytes
    cpu: int | None
    pid: int | None
    task: str | None
    hardware: str | None
    taint: str | None  # "" for not tainted
    stacks: tuple[Stack, ...]  # in the order of the text
    text_bytes: bytes  # the cleaned report, lines end in \n
    prefix_lines: int  # how many lines of the text stood before the banner

    @property
    def text(self) -> str:
        """text_bytes, with U+FFFD for what is not UTF-8. Do not print it to a terminal unfiltered."""
        return _text(self.text_bytes) or ""

    def to_dict(self) -> dict[str, Any]:
        """The object that culprit parse --format json writes, for json.dumps()."""
        offset = None if self.kernel_offset is None else f"0x{self.kernel_offset:x}"
        kernel = {"version": self.kernel_version, "build": self.kernel_build, "build_id": self.kernel_build_id, "offset": offset}
        taken = {"alt_titles", "executor", "stacks", "text_bytes", "kernel_version", "kernel_build", "kernel_build_id", "kernel_offset"}
        return {
            "object": "report",
            "schema_version": 1,
            **{name: value for name, value in vars(self).items() if name not in taken},
            "alt_titles": list(self.alt_titles),
            "executor": self.executor._asdict() if self.executor else None,
            "kernel": kernel,
            "stacks": [stack.to_dict() for stack in self.stacks],
            "report": self.text,
            "symbolized": None,
        }


def _frame_of(c: Any) -> Frame:
    flags = c.flags
    has_offset = flags & _library.FRAME_HAS_OFFSET
    return Frame(
        function=_text(c.function),
        offset=c.offset if has_offset else None,
        size=c.size if has_offset else None,
        address=c.address if flags & _library.FRAME_HAS_ADDRESS else None,
        module=_text(c.module),
        build_id=_text(c.build_id),
        reliable=not flags & _library.FRAME_UNRELIABLE,
        inline=bool(flags & _library.FRAME_INLINE),
        exact=bool(flags & _library.FRAME_EXACT),
        file=_text(c.file),
        line=c.line or None,
        text_line=c.text_line,
    )


def _stack_of(c: Any) -> Stack:
    return Stack(
        role=_lib.culprit_role_name(c.role).decode(),
        header=_text(c.header) or "",
        text_line=c.text_line,
        frames=tuple(_frame_of(frame) for frame in c.frames[: c.n_frames]),
    )


def _report_of(c: Any) -> Report:
    """A copy: the library's own may be destroyed behind it."""
    return Report(
        title=_text(c.title) or "",
        alt_titles=tuple(_text(title) or "" for title in c.alt_titles[: c.n_alt_titles]) if c.n_alt_titles else (),
        kind=_lib.culprit_kind_name(c.kind).decode(),
        type=_text(c.type),
        frame=_text(c.frame),
        guilty_file=_text(c.file_guilty),
        pattern=_text(c.pattern),
        corrupted=c.corrupted,
        corrupted_reason=_text(c.corrupted_reason),
        suppressed=c.suppressed,
        suppressed_reason=_text(c.suppressed_reason),
        panicked=c.panicked,
        truncated=c.truncated,
        executor=Executor(c.executor.proc, c.executor.id) if c.executor.present else None,
        file=_text(c.file_name),
        start_line=c.start_line,
        end_line=c.end_line,
        start_offset=c.start_offset,
        end_offset=c.end_offset,
        boot=c.boot,
        phase=_lib.culprit_phase_name(c.phase).decode(),
        time_us=c.time_us if c.time_us >= 0 else None,
        kernel_version=_text(c.kernel_version),
        kernel_build=_text(c.kernel_build),
        kernel_build_id=_text(c.kernel_build_id),
        kernel_offset=c.kernel_offset if c.has_kernel_offset else None,
        cpu=c.cpu if c.cpu >= 0 else None,
        pid=c.pid if c.pid >= 0 else None,
        task=_text(c.task),
        hardware=_text(c.hardware),
        taint=_text(c.taint),
        stacks=tuple(_stack_of(stack) for stack in c.stacks[: c.n_stacks]) if c.n_stacks else (),
        text_bytes=ctypes.string_at(c.text, c.text_len),
        prefix_lines=c.prefix_lines,
    )


@dataclass(frozen=True)
class Summary:
    """What is known of a log as a whole."""

    n_bytes: int
    n_lines: int
    n_reports: int  # suppressed ones not counted
    n_boots: int
    phase: str  # reached by the last boot
    phase_best: str  # the furthest that any boot reached
    panicked: bool
    kernel_version: str | None  # of the last boot


class Patterns:
    """An immutable set of patterns: the built-in ones, overridden and extended by the *.yaml files of directories
    (culprit-patterns(5)). Any number of parsers may use it, in any threads. Error: a file has a mistake."""

    def __init__(self, *directories: _Path) -> None:
        dirs = (ctypes.c_char_p * len(directories))(*(os.fsencode(directory) for directory in directories))
        handle = ctypes.c_void_p()
        _check(_lib.culprit_patterns_load(dirs, len(directories), ctypes.byref(handle)))
        self._handle = handle
        weakref.finalize(self, _lib.culprit_patterns_destroy, handle)


_built_in: Patterns | None = None


def _patterns_of(patterns: Patterns | None) -> Patterns:
    global _built_in
    if patterns is not None:
        return patterns
    if _built_in is None:
        _built_in = Patterns()
    return _built_in


def _destroy_parser(handle: ctypes.c_void_p, patterns: Patterns) -> None:
    """patterns: held until here, whatever order the collector of garbage takes things in."""
    _lib.culprit_parser_destroy(handle)


class Parser:
    """Reads one log, as its bytes come in; belongs to one thread at a time.

    boot_failures: also make reports of what the log lacks (a boot that never came up), in finish().
    max_report_bytes: 0 for 1 MiB. file_name: for Report.file.
    """

    def __init__(
        self,
        patterns: Patterns | None = None,
        *,
        file_name: str | None = None,
        boot_failures: bool = True,
        max_report_bytes: int = 0,
    ) -> None:
        if max_report_bytes < 0:
            raise ValueError("max_report_bytes is negative")
        patterns = _patterns_of(patterns)
        # Borrowed by the library for the parser's life: the options hold the bytes, and the parser the options.
        self._options = _library.ParserOptions(
            None if file_name is None else os.fsencode(file_name), boot_failures, max_report_bytes
        )
        handle = ctypes.c_void_p()
        size = ctypes.sizeof(self._options)
        _check(
            _lib.culprit_parser_create_sized(patterns._handle, ctypes.byref(self._options), size, ctypes.byref(handle))
        )
        self._handle = handle
        self._ended = False
        weakref.finalize(self, _destroy_parser, handle, patterns)

    def _change(self, function: Any, *arguments: Any) -> None:
        """Behind finish() and behind an error only take() and summary() may follow."""
        if self._ended:
            raise ValueError("the log has ended")
        try:
            _check(function(self._handle, *arguments))
        except Error:
            self._ended = True
            raise

    def feed(self, data: bytes) -> None:
        """The next bytes of the log, cut anywhere."""
        data = bytes(data)
        self._change(_lib.culprit_parser_feed, data, len(data))

    def flush(self) -> None:
        """The log has been silent for a while (not its end): what looks complete can be taken."""
        self._change(_lib.culprit_parser_flush)

    def finish(self) -> None:
        """The log has ended."""
        self._change(_lib.culprit_parser_finish)
        self._ended = True

    def take(self) -> Report | None:
        """The next complete report, in the order of their first lines."""
        pointer = _lib.culprit_parser_take(self._handle)
        if not pointer:
            return None
        try:
            return _report_of(pointer.contents)
        finally:
            _lib.culprit_report_destroy(pointer)

    def reports(self) -> Iterator[Report]:
        """All that are complete now."""
        while (report := self.take()) is not None:
            yield report

    @property
    def summary(self) -> Summary:
        c = _library.Summary()
        _lib.culprit_parser_summary_sized(self._handle, ctypes.byref(c), ctypes.sizeof(c))
        return Summary(
            n_bytes=c.n_bytes,
            n_lines=c.n_lines,
            n_reports=c.n_reports,
            n_boots=c.n_boots,
            phase=_lib.culprit_phase_name(c.phase).decode(),
            phase_best=_lib.culprit_phase_name(c.phase_best).decode(),
            panicked=c.panicked,
            kernel_version=_text(c.kernel_version),
        )


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    """What is there is read, not a whole chunk waited for: the file may be a console. b"": it has been silent."""
    read = getattr(file, "read1", file.read)
    try:
        poll = select.poll()
        poll.register(file.fileno(), select.POLLIN)
    except (AttributeError, OSError):  # no file of the system's, or a system without poll
        poll = None
    told = True  # not before the first read: the file's buffer may hold what poll does not know of
    while True:
        if not told and poll and not poll.poll(_SILENCE_MS):
            told = True
            yield b""
        chunk = read(_CHUNK)
        if not isinstance(chunk, bytes):
            raise TypeError("the file has to be open for bytes: open(path, 'rb')")
        if not chunk:
            return
        told = False
        yield chunk


def parse(
    log: _Path | bytes | IO[bytes],
    patterns: Patterns | Sequence[_Path] | None = None,
    *,
    boot_failures: bool = True,
    max_report_bytes: int = 0,
) -> Iterator[Report]:
    """The crash reports of a log, in their order, as soon as each is complete, or looks so when a pipe, terminal or
    socket falls silent.

    log: a path, a file that is open for bytes (sys.stdin.buffer, a pipe's end), or bytes. gzip, bzip2, xz and zstd are
    decompressed. patterns: a set, or directories of pattern files besides the built-in ones. boot_failures: also tell
    of a boot that never came up, at the log's end.

    Error (FORMAT) behind the last report where an archive is damaged: what could be read was read. OSError from
    reading a file.
    """
    pattern_set = patterns if patterns is None or isinstance(patterns, Patterns) else Patterns(*patterns)
    if isinstance(log, (bytes, bytearray, memoryview)):
        return _parse(iter([bytes(log)]), Parser(pattern_set, boot_failures=boot_failures, max_report_bytes=max_report_bytes))
    if isinstance(log, (str, os.PathLike)):
        path = os.fspath(log)
        parser = Parser(pattern_set, file_name=path, boot_failures=boot_failures, max_report_bytes=max_report_bytes)
        return _parse_file(open(path, "rb"), parser)
    name = getattr(log, "name", None)
    parser = Parser(
        pattern_set,
        file_name=name if isinstance(name, str) else None,
        boot_failures=boot_failures,
        max_report_bytes=max_report_bytes,
    )
    return _parse(_chunks(log), parser)


def _parse_file(file: IO[bytes], parser: Parser) -> Iterator[Report]:
    with file:
        yield from _parse(_chunks(file), parser)


def _parse(chunks: Iterator[bytes], parser: Parser) -> Iterator[Report]:
    damage = None
    try:
        for data in _archive.decompress(chunks):
            if data:
                parser.feed(data)
            else:
                parser.flush()
            yield from parser.reports()
    except _archive.DamagedError as error:
        damage = error
    parser.finish()
    yield from parser.reports()
    if damage is not None:
        raise Error(ErrorCode.FORMAT, f"{parser._options.file_name.decode(errors='replace')}: {damage}"
                    if parser._options.file_name else str(damage))
